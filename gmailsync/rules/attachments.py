"""What is noted of an attachment: nothing is taken out of an email, but people are told before they open it.

The limits are those of server-side synchronisation: 5,120 KB unless set otherwise, and the extensions that a
business system blocks by default.
"""

from __future__ import annotations

from collections.abc import Set
from enum import StrEnum

from gmailsync.model.content import AttachedFile, Attachment, Outline
from gmailsync.model.email import Notification
from gmailsync.model.settings import BLOCKED_EXTENSIONS, DEFAULT_ATTACHMENT_LIMIT

DEFAULT_TEXT_LIMIT = 128_000 * 1024
"""Octets of a text; a business system keeps no more of it, here it stays whole."""

_TNEF_TYPES = {"application/ms-tnef", "application/vnd.ms-tnef"}


class Note(StrEnum):
    """Something to know about an attachment before it is opened."""

    BLOCKED_EXTENSION = "blocked_extension"
    TOO_LARGE = "too_large"
    WINMAIL = "winmail"  # Outlook's own format (TNEF): other attachments may be inside


def notes(
    attachment: Attachment | AttachedFile,
    *,
    limit: int = DEFAULT_ATTACHMENT_LIMIT,
    blocked: Set[str] = BLOCKED_EXTENSIONS,
) -> tuple[Note, ...]:
    """Return what is to be noted of an attachment; `limit` is in KB, `blocked` are extensions in lower case."""
    # Windows drops dots and blanks at the end of a name: `run.exe. ` is `run.exe`.
    name = attachment.name.lower().rstrip(". ")
    extension = name.rpartition(".")[2] if "." in name else ""
    is_tnef = attachment.media_type in _TNEF_TYPES or name == "winmail.dat"
    found = {
        Note.BLOCKED_EXTENSION: extension in blocked,
        Note.TOO_LARGE: attachment.size > limit * 1024,
        Note.WINMAIL: is_tnef,
    }
    return tuple(note for note, holds in found.items() if holds)


def notification(
    outline: Outline,
    *,
    limit: int = DEFAULT_ATTACHMENT_LIMIT,
    blocked: Set[str] = BLOCKED_EXTENSIONS,
    text_limit: int = DEFAULT_TEXT_LIMIT,
) -> Notification:
    """Return what is noted on the email itself; of two things the one that concerns what people read first."""
    if outline.longest_text > text_limit:
        return Notification.TRUNCATED
    found = {note for file in outline.files for note in notes(file, limit=limit, blocked=blocked)}
    return Notification.ATTACHMENTS if found & {Note.BLOCKED_EXTENSION, Note.TOO_LARGE} else Notification.NONE
