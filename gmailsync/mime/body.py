"""What a stored message says: the text to read, HTML that is safe to show, and the files that came with it.

Read when somebody asks and never kept, so that a better reader reads what is already stored.
"""

from __future__ import annotations

import hashlib
import html
import mimetypes
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gmailsync.mime.attached import clean_name, is_file, is_text, related
from gmailsync.mime.charsets import Decoded, decode
from gmailsync.mime.flowed import unflowed
from gmailsync.mime.headers import read_headers
from gmailsync.mime.html import sanitised, text_of
from gmailsync.mime.storable import storable_lines
from gmailsync.mime.tree import Part, read_tree
from gmailsync.model.content import Attachment, Content, Source

_META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META_WITHIN = 2_048
"""Octets of HTML in which its own note of the charset is looked for; browsers look through 1,024."""

_MESSAGES = {"message/rfc822", "message/global"}
_TYPES = mimetypes.MimeTypes()  # of the standard library alone, so that a name is the same on every machine


@dataclass(frozen=True, slots=True)
class _Passage:
    """A stretch of the text: plain, HTML, or both, which say the same."""

    plain: Decoded | None = None
    html: Decoded | None = None


def read_content(raw: bytes) -> Content:
    """Return what a message says. Never raises, whatever the bytes; `raw` is only looked at.

    Plain text is preferred, passage by passage; HTML is read as text where it stands alone. Text parts that follow each
    other are joined; what has a filename, and everything that is not text, is an attachment.
    """
    root = read_tree(raw)
    passages, files = _sorted(root)
    if not passages:
        # Some programs give a name to the text itself: then it is both, a file and what the message says.
        passages = [_passage(file) for file in files if is_text(file) and file.disposition != "attachment"]
    plain = [passage.plain for passage in passages if passage.plain]
    rich = [passage.html for passage in passages if passage.html and not passage.plain]
    return Content(
        text="\n\n".join(filter(None, (_shown(passage) for passage in passages))),
        source=Source.PLAIN if plain else Source.HTML if rich else Source.NOTHING,
        html=_html(passages),
        charset=next((text.charset for text in (*plain, *rich)), ""),
        doubts=tuple(dict.fromkeys(text.doubt for text in (*plain, *rich) if text.doubt)),
        attachments=tuple(_attachment(number, part) for number, part in enumerate(files, 1)),
    )


def _sorted(part: Part, *, is_related: bool = False) -> tuple[list[_Passage], list[Part]]:
    """Tell the passages of the text from the files."""
    if not part.children:
        return ([], [part]) if is_file(part, is_related=is_related) else ([_passage(part)], [])
    found = [_sorted(child, is_related=shown) for child, shown in related(part)]
    passages = [passage for ours, _files in found for passage in ours]
    files = [file for _ours, theirs in found for file in theirs]
    if part.media_type == "multipart/alternative":
        passages = _one_of([ours for ours, _files in found if ours])
    return passages, files


def _one_of(alternatives: Sequence[Sequence[_Passage]]) -> list[_Passage]:
    """Return one passage for all: the first plain text that says something, and the last HTML (RFC 2046, 5.1.4)."""
    plain = next((joined for ours in alternatives if (joined := _joined(p.plain for p in ours)).text.strip()), None)
    rich = next((joined for ours in reversed(alternatives) if (joined := _joined(p.html for p in ours)).text), None)
    return [_Passage(plain, rich)] if plain or rich else []


def _joined(texts: Iterable[Decoded | None]) -> Decoded:
    found = [text for text in texts if text]
    doubt = next((text.doubt for text in found if text.doubt), None)
    return Decoded("\n\n".join(text.text for text in found), found[0].charset if found else "", doubt)


def _passage(part: Part) -> _Passage:
    octets, label = part.octets, part.parameters.get("charset", "")
    if part.media_type == "text/html":
        meta = _META_CHARSET.search(octets, 0, _META_WITHIN)
        found = decode(octets, label, meta[1].decode() if meta else "")
        return _Passage(html=_with_text(found, sanitised(storable_lines(found.text))))
    found = decode(octets, label)
    text = storable_lines(found.text)
    if part.parameters.get("format", "").lower() == "flowed":
        text = unflowed(text, deletes_space=part.parameters.get("delsp", "").lower() == "yes")
    return _Passage(plain=_with_text(found, text.rstrip()))


def _with_text(found: Decoded, text: str) -> Decoded:
    return Decoded(text, found.charset, found.doubt)


def _shown(passage: _Passage) -> str:
    if passage.plain:
        return passage.plain.text
    return text_of(passage.html.text) if passage.html else ""


def _html(passages: Sequence[_Passage]) -> str:
    """Return all passages as HTML where one of them is; an email of plain text has none."""
    if not any(passage.html for passage in passages):
        return ""
    shown = [passage.html.text if passage.html else _preformatted(passage.plain) for passage in passages]
    return "\n".join(filter(None, shown))


def _preformatted(plain: Decoded | None) -> str:
    return f"<pre>{html.escape(plain.text)}</pre>" if plain and plain.text else ""


def _attachment(number: int, part: Part) -> Attachment:
    octets = part.octets
    return Attachment(
        number=number,
        name=_name(number, part, octets),
        media_type=part.media_type,
        size=len(octets),
        sha256=hashlib.sha256(octets).hexdigest(),
        content_id=part.content_id,
        is_inline=bool(part.content_id) and part.disposition != "attachment",
        content=octets,
    )


def _name(number: int, part: Part, octets: bytes) -> str:
    """Return a filename that is only a name, and never empty."""
    name = part.filename
    if not name and part.media_type in _MESSAGES:
        subject = read_headers(octets).subject.replace("/", "-").replace("\\", "-")
        name = f"{subject[:100] or 'message'}.eml"
    name = clean_name(name)
    if name in {"", ".", ".."}:
        return f"attachment-{number}{_TYPES.guess_extension(part.media_type) or ''}"
    return name
