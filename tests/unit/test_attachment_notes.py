from __future__ import annotations

from dataclasses import replace

import pytest

from gmailsync.model.content import AttachedFile, Attachment, Outline
from gmailsync.model.email import Notification
from gmailsync.model.settings import DEFAULT_ATTACHMENT_LIMIT
from gmailsync.rules.attachments import DEFAULT_TEXT_LIMIT, Note, notes, notification

DEFAULT_LIMIT = DEFAULT_ATTACHMENT_LIMIT * 1024


def attachment(name: str = "a.pdf", media_type: str = "application/pdf", size: int = 1) -> Attachment:
    """Return an attachment with its name, type and size."""
    return Attachment(1, name, media_type, size, "0" * 64)


@pytest.mark.parametrize(
    ("given", "noted"),
    [
        (attachment(), ()),
        (attachment("run.EXE"), (Note.BLOCKED_EXTENSION,)),
        (attachment("run.exe. "), (Note.BLOCKED_EXTENSION,)),
        (attachment("invoice.pdf.js"), (Note.BLOCKED_EXTENSION,)),
        (attachment("exe"), ()),
        (attachment(size=DEFAULT_LIMIT), ()),
        (attachment("a.bat", size=DEFAULT_LIMIT + 1), (Note.BLOCKED_EXTENSION, Note.TOO_LARGE)),
        (attachment("winmail.dat", "application/octet-stream"), (Note.WINMAIL,)),
        (attachment("x", "application/ms-tnef"), (Note.WINMAIL,)),
    ],
)
def test_an_attachment_is_noted_for_name_size_and_format(given: Attachment, noted: tuple[Note, ...]) -> None:
    """Nothing is taken out; people are told."""
    assert notes(given) == noted


PDF, PROGRAM = AttachedFile("a.pdf", "application/pdf", DEFAULT_LIMIT), AttachedFile("run.exe", "application/pdf", 1)
WINMAIL = AttachedFile("winmail.dat", "application/ms-tnef", 1)


@pytest.mark.parametrize(
    ("outline", "noted"),
    [
        (Outline((), 0), Notification.NONE),
        (Outline((PDF, WINMAIL), DEFAULT_TEXT_LIMIT), Notification.NONE),
        (Outline((PDF, PROGRAM), 1), Notification.ATTACHMENTS),
        (Outline((replace(PDF, size=DEFAULT_LIMIT + 1),), 1), Notification.ATTACHMENTS),
        (Outline((PROGRAM,), DEFAULT_TEXT_LIMIT + 1), Notification.TRUNCATED),
    ],
)
def test_an_email_is_noted_for_its_files_and_its_length(outline: Outline, noted: Notification) -> None:
    """At the limits that hold by default."""
    assert notification(outline) is noted


def test_limits_and_extensions_can_be_others() -> None:
    """As a business system sets them."""
    assert notification(Outline((PDF,), 1), limit=DEFAULT_ATTACHMENT_LIMIT - 1) is Notification.ATTACHMENTS
    assert notification(Outline((PDF,), 1), blocked={"pdf"}) is Notification.ATTACHMENTS
    assert notification(Outline((PROGRAM,), 1), blocked=set()) is Notification.NONE
    assert notification(Outline((), 2), text_limit=1) is Notification.TRUNCATED
