"""The files of a message by name, type and size, without decoding any: what each message is asked when it is stored."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gmailsync.mime import transfer
from gmailsync.mime.storable import storable
from gmailsync.mime.tree import Part, read_tree
from gmailsync.model.content import AttachedFile, Outline

_TEXTS = {"text/plain", "text/html"}
_STEERING = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that turn the direction of writing: in a filename they make `exe.txt` of what ends in `txt.exe`."""

_LONGEST_NAME = 255
_LONGEST_HEADER = 65_536
"""Octets of a header without an end that are looked through for the words below."""


def read_outline(raw: bytes) -> Outline:
    """Return a message's files, and how long its longest text is in octets. Never raises, whatever the bytes.

    Sizes are exact but for base64 that is broken.
    """
    end = raw.find(b"\r\n\r\n")
    header = raw[: end if end >= 0 else _LONGEST_HEADER].lower()
    if b"multipart/" not in header and b"name" not in header:
        return Outline((), len(raw))  # most mail; reading its parts would take longer than all else
    texts, files = [0], []
    for part, is_a_file in _leaves(read_tree(raw)):
        size = transfer.size(part.raw, part.start, part.stop, part.encoding)
        if is_a_file:
            files.append(AttachedFile(clean_name(part.filename), part.media_type, size))
        else:
            texts.append(size)
    return Outline(tuple(files), max(texts))


def is_text(part: Part) -> bool:
    """Tell whether a part is of a kind that people read."""
    return part.media_type in _TEXTS


def is_file(part: Part, *, is_related: bool) -> bool:
    """Tell whether a part without children is a file; `is_related` when another part shows it."""
    return not is_text(part) or bool(part.filename) or part.disposition == "attachment" or is_related


def related(part: Part) -> Iterator[tuple[Part, bool]]:
    """Yield a part's children, and whether the first one shows each (RFC 2387)."""
    for index, child in enumerate(part.children):
        yield child, part.media_type == "multipart/related" and index > 0


def clean_name(name: str) -> str:
    """Return a filename that is only a name: no folders, nothing that steers. May be empty."""
    return _STEERING.sub("", storable(name)).replace("\\", "/").rpartition("/")[2].strip()[-_LONGEST_NAME:]


def _leaves(part: Part, *, is_related: bool = False) -> Iterator[tuple[Part, bool]]:
    """Yield the parts without children, and whether each is a file."""
    if not part.children:
        yield part, is_file(part, is_related=is_related)
    for child, shown in related(part):
        yield from _leaves(child, is_related=shown)
