"""Mail from disk, byte for byte: an mbox file, a Maildir, or a folder of `.eml` files.

Line ends stay as they are, whatever they are. What cannot be read is named and passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fakes.gmail import headers

# https://cr.yp.to/proto/maildir.html: what follows ":2," in a file's name.
MAILDIR_FLAGS = {"S": "\\Seen", "R": "\\Answered", "F": "\\Flagged", "D": "\\Draft"}

# RFC 4155: "From ", an address, a time as ctime() writes it.
_POSTMARK = re.compile(rb"From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:[A-Z][a-z]{2}) +\d{1,2} +\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class SeedMessage:
    """One message: its bytes, where it was found, and the flags that a Maildir has for it."""

    raw: bytes = field(repr=False)
    source: str
    flags: frozenset[str] = frozenset()

    @property
    def internal_date(self) -> datetime | None:
        """Return when it was sent by its own account; None when its Date is missing or is none."""
        return headers.date(headers.first_values(headers.split(self.raw)[0]))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that should be a message and is not, and why."""

    path: Path
    reason: str


def read_messages(path: Path) -> Iterator[SeedMessage | Unreadable]:
    """Return the messages at a path, in the order of the file or of the files' names.

    Raises ValueError when the path is neither an mbox file nor a Maildir nor a folder with `.eml` files.
    """
    try:
        if (path / "cur").is_dir() and (path / "new").is_dir():
            return _read_files(_maildir(path))
        if path.is_dir():
            return _read_files(_eml_files(path))
        if not path.is_file():
            raise ValueError(f"{path}: no such file or folder")
        return _read_mbox(path)
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from error


def _eml_files(path: Path) -> list[Path]:
    """Return the `.eml` files of a folder by name."""
    found = sorted(file for file in path.iterdir() if file.suffix.lower() == ".eml")
    if not found:
        raise ValueError(f"{path}: no Maildir, and no .eml files in it (folders within are not looked into)")
    return found


def _maildir(path: Path) -> list[Path]:
    """Return the files of a Maildir by name, which begins with the time of delivery; `tmp` holds no mail yet."""
    files = [file for folder in ("cur", "new") for file in (path / folder).iterdir()]
    return sorted((file for file in files if not file.name.startswith(".")), key=lambda file: file.name)


def _read_files(files: Iterable[Path]) -> Iterator[SeedMessage | Unreadable]:
    """Yield one message per file."""
    for file in files:
        if file.exists() and not file.is_file():
            yield Unreadable(file, "not a file")
            continue
        try:
            raw = file.read_bytes()
        except OSError as error:
            yield Unreadable(file, error.strerror or str(error))
            continue
        yield SeedMessage(raw, str(file), _flags(file)) if raw else Unreadable(file, "the file is empty")


def _flags(file: Path) -> frozenset[str]:
    """Return the flags in the name of a Maildir's file."""
    if file.parent.name != "cur":
        return frozenset()
    _, _, letters = file.name.rpartition(":2,")
    return frozenset(MAILDIR_FLAGS[letter] for letter in letters if letter in MAILDIR_FLAGS)


def _read_mbox(path: Path) -> Iterator[SeedMessage | Unreadable]:
    """Return the messages of an mbox file. Raises ValueError when it does not begin like one."""
    with path.open("rb") as file:
        start = file.read(5)
    if start != b"From ":
        raise ValueError(f'{path}: no mbox file, since it does not begin with "From "')
    return _mbox_messages(path)


def _mbox_messages(path: Path) -> Iterator[SeedMessage | Unreadable]:
    """Yield the messages between the postmarks; ">From " stays, since whether it was quoted nobody can tell."""
    lines: list[bytes] = []
    number = 0
    try:
        with path.open("rb") as file:
            for line in file:
                if line.startswith(b"From ") and (_blank(lines) or _POSTMARK.match(line)):
                    if number:
                        yield _mbox_message(path, number, lines)
                    number += 1
                    lines = []
                else:
                    lines.append(line)
    except OSError as error:
        yield Unreadable(path, f"after message {number}: {error.strerror or error}")
        return
    yield _mbox_message(path, number, lines)


def _blank(lines: list[bytes]) -> bool:
    """Tell whether what was read so far ends with a blank line, or nothing was read."""
    return not lines or lines[-1] in (b"\n", b"\r\n")


def _mbox_message(path: Path, number: int, lines: list[bytes]) -> SeedMessage | Unreadable:
    """Return a message without the blank line that the format puts behind it."""
    raw = b"".join(lines[:-1] if lines and _blank(lines) else lines)
    if not raw:
        return Unreadable(path, f"message {number} is empty")
    return SeedMessage(raw, f"{path}#{number}")
