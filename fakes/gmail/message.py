r"""One message of a Gmail account, and the flags that it can carry.

What belongs to the message shows in every folder: `\Seen`, `\Answered`, keywords. `\Flagged` is
the label Starred and `\Draft` the label Drafts (google.md 3.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from fakes.gmail import headers
from fakes.gmail.folders import DRAFT, STARRED

SEEN = "\\Seen"
ANSWERED = "\\Answered"
FLAGGED = "\\Flagged"
DRAFT_FLAG = "\\Draft"
DELETED = "\\Deleted"
RECENT = "\\Recent"

FLAG_OF_LABEL: Mapping[str, str] = MappingProxyType({STARRED: FLAGGED, DRAFT: DRAFT_FLAG})
"""Flags that are labels by another name."""

SYSTEM_FLAGS: Mapping[str, str] = MappingProxyType(
    {flag.lower(): flag for flag in (SEEN, ANSWERED, FLAGGED, DRAFT_FLAG, DELETED, RECENT)}
)
"""Flags in their own spelling, by any."""


@dataclass(frozen=True, slots=True)
class Message:
    r"""One message. `raw` is what arrived, byte for byte; `internal_date` is in UTC.

    `labels` are system ones such as `\Inbox` and the user's own by name. `flags` never hold
    `\Deleted`, which belongs to a folder.
    """

    gm_msgid: int
    gm_thrid: int
    raw: bytes = field(repr=False)
    internal_date: datetime
    labels: frozenset[str]
    flags: frozenset[str]
    modseq: int


def message_ids(raw: bytes) -> list[str]:
    """Return the Message-ID of a message as a list of one; of none when it has none."""
    return headers.message_ids(headers.first_values(headers.split(raw)[0]), "message-id")[:1]
