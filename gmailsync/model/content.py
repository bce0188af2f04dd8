"""What a stored email says, as it is read when somebody asks: its text, its attachments, and what is doubtful."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Doubt(StrEnum):
    """Why a text may not be what its writer meant."""

    GUESSED = "guessed"  # no charset was declared
    MISLABELLED = "mislabelled"  # the octets contradict the charset that was declared
    UNKNOWN_CHARSET = "unknown_charset"
    DAMAGED = "damaged"  # something could not be read, and is a replacement character


class Source(StrEnum):
    """What a readable text was taken from."""

    PLAIN = "plain"
    HTML = "html"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in an email. `number` counts from 1; `size` and `sha256` (in hex) are of the decoded `content`.

    `is_inline` tells of a picture that the HTML shows; `content_id` is without its angle brackets, or empty.
    """

    number: int
    name: str
    media_type: str
    size: int
    sha256: str
    content_id: str = ""
    is_inline: bool = False
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file in an email before anybody reads it; `size` is in octets, decoded. The name may be empty."""

    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Outline:
    """What a message consists of: its files, and how long its longest text is, in octets."""

    files: tuple[AttachedFile, ...]
    longest_text: int


@dataclass(frozen=True, slots=True)
class Content:
    """What an email says. `html` is safe to show; `doubts` are those of the text that is shown."""

    text: str
    source: Source
    html: str = ""
    charset: str = ""
    doubts: tuple[Doubt, ...] = ()
    attachments: tuple[Attachment, ...] = ()
