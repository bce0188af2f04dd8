"""Attachments that Gmail does not send: programs and scripts, by the names of the files, in zip archives too.

The list is that of Google's help page "File types blocked in Gmail", as recalled.
"""

from __future__ import annotations

import binascii
import io
import re
import zipfile
from collections.abc import Iterator

from fakes.gmail import contents, headers, mime_tree
from fakes.gmail.mime_tree import Part

_KINDS = """
ade adp apk appx appxbundle bat cab chm cmd com cpl diagcab diagcfg diagpkg dll dmg ex ex_ exe hta img ins iso isp jar
jnlp js jse lib lnk mde mjs msc msi msix msixbundle msp mst nsh pif ps1 scr sct shb sys vb vbe vbs vhd vxd wsc wsf wsh
xll
"""
BLOCKED = frozenset(_KINDS.split())
"""What follows the last dot in the names of such files."""

# Only a message that has such a parameter somewhere can have an attachment with a name.
_NAME = re.compile(rb"name[*0-9]*[ \t\r\n]*=", re.IGNORECASE)


def blocked(raw: bytes) -> str | None:
    """Return the name of the first file for which Gmail refuses the message; None when there is none."""
    if not _NAME.search(raw):
        return None
    attached = contents.attachments(mime_tree.parse(raw))
    return next((name for file, part in attached for name in _names(file, part) if _extension(name) in BLOCKED), None)


def _names(file: str, part: Part) -> Iterator[str]:
    """Yield the name of an attachment, and the names in it when it is a zip archive."""
    yield file
    if _extension(file) == "zip":
        is_encoded = headers.text(part.head(), "content-transfer-encoding").lower() == "base64"
        try:
            content = binascii.a2b_base64(part.body_bytes) if is_encoded else part.body_bytes
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                yield from archive.namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):  # binascii's error is a ValueError
            return


def _extension(name: str) -> str:
    """Return what follows the last dot, in small letters; Windows passes over blanks and dots at the end."""
    return name.rstrip(". ").rpartition(".")[2].lower()
