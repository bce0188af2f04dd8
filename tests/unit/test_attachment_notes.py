from __future__ import annotations

import pytest

from gmailsync.model.content import Attachment
from gmailsync.rules.attachments import DEFAULT_LIMIT, Note, notes


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
