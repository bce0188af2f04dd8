"""What is noted of an attachment: nothing is taken out of an email, but people are told before they open it.

The limits are those of server-side synchronisation: 5,120 KB unless set otherwise, and the extensions that a
business system blocks by default.
"""

from __future__ import annotations

from enum import StrEnum

from gmailsync.model.content import Attachment
from gmailsync.model.settings import BLOCKED_EXTENSIONS, DEFAULT_ATTACHMENT_LIMIT

DEFAULT_LIMIT = DEFAULT_ATTACHMENT_LIMIT

_TNEF_TYPES = {"application/ms-tnef", "application/vnd.ms-tnef"}


class Note(StrEnum):
    """Something to know about an attachment before it is opened."""

    BLOCKED_EXTENSION = "blocked_extension"
    TOO_LARGE = "too_large"
    WINMAIL = "winmail"  # Outlook's own format (TNEF): other attachments may be inside


def notes(attachment: Attachment, *, limit: int = DEFAULT_LIMIT) -> tuple[Note, ...]:
    """Return what is to be noted of an attachment; `limit` is in octets."""
    # Windows drops dots and blanks at the end of a name: `run.exe. ` is `run.exe`.
    name = attachment.name.lower().rstrip(". ")
    extension = name.rpartition(".")[2] if "." in name else ""
    is_tnef = attachment.media_type in _TNEF_TYPES or name == "winmail.dat"
    found = {
        Note.BLOCKED_EXTENSION: extension in BLOCKED_EXTENSIONS,
        Note.TOO_LARGE: attachment.size > limit,
        Note.WINMAIL: is_tnef,
    }
    return tuple(note for note, holds in found.items() if holds)
