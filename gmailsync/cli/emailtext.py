"""How `gmailsync email show` presents what an email says: for people, and for programs."""

from __future__ import annotations

from typing import Any

import typer

from gmailsync.cli.output import show_table
from gmailsync.model.content import Attachment, Content, Doubt, Source
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules.attachments import Note, notes

_DOUBTS = {
    Doubt.GUESSED: "no charset was declared; this one is a guess",
    Doubt.MISLABELLED: "what was declared is another charset than what was written",
    Doubt.UNKNOWN_CHARSET: "the charset declared is unknown; this one is a guess",
    Doubt.DAMAGED: "some characters could not be read",
}
_NOTES = {
    Note.BLOCKED_EXTENSION: "blocked extension",
    Note.TOO_LARGE: "larger than the limit",
    Note.WINMAIL: "Outlook's own format; other attachments may be inside",
}


def content_document(content: Content, settings: DecidingSettings) -> dict[str, Any]:
    """Return what an email says for JSON; the attachments' bytes are asked for one by one."""
    return {
        "text": content.text,
        "text_from": content.source,
        "html": content.html,
        "charset": content.charset,
        "doubts": list(content.doubts),
        "attachments": [_attachment(attachment, settings) for attachment in content.attachments],
    }


def _attachment(attachment: Attachment, settings: DecidingSettings) -> dict[str, Any]:
    return {
        "number": attachment.number,
        "name": attachment.name,
        "type": attachment.media_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "content_id": attachment.content_id or None,
        "inline": attachment.is_inline,
        "notes": list(_noted(attachment, settings)),
    }


def _noted(attachment: Attachment, settings: DecidingSettings) -> tuple[Note, ...]:
    return notes(attachment, limit=settings.attachment_limit, blocked=settings.blocked_extensions)


def show_content(content: Content, settings: DecidingSettings) -> None:
    """Print the text under its fields, then what may be wrong with it, then the attachments."""
    typer.echo()
    typer.echo(content.text or "(no text)")
    if content.source == Source.HTML:
        typer.echo("\n[taken from the HTML]")
    for doubt in content.doubts:
        typer.echo(f"\n[{content.charset}: {_DOUBTS[doubt]}]")
    if content.attachments:
        typer.echo()
        show_table(
            ("Attachment", "Name", "Type", "Size", "Note"),
            [
                (each.number, each.name, each.media_type, each.size, ", ".join(map(_NOTES.__getitem__, noted)))
                for each in content.attachments
                for noted in [_noted(each, settings)]
            ],
            nothing="",
        )
