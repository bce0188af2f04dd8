"""The `authError` of Google's error pages: a small protocol-buffer message in URL-safe base64 (google.md 2.6).

Only what this message needs of the encoding (https://protobuf.dev/programming-guides/encoding):
varints and length-delimited fields.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass

_VARINT, _BYTES = 0, 2


@dataclass(frozen=True, slots=True)
class AuthError:
    """What an error page tells: code and status, message, help, and the "Request details"."""

    code: str
    status: int
    message: str = ""
    help_url: str = ""
    details: tuple[tuple[str, str], ...] = ()


def encode(error: AuthError) -> str:
    """Return the error as Google's URLs carry it."""
    message = _text(1, error.code) + _text(2, error.message) + _text(3, error.help_url) + _number(4, error.status)
    for name, value in error.details:
        message += _field(5, _text(1, name) + _text(2, value))
    message += _field(6, _number(1, 1) + _text(2, error.message))
    return base64.urlsafe_b64encode(message).decode()


def decode(text: str) -> AuthError:
    """Read the error back. ValueError when the text is not such a message."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise ValueError("authError is not base64") from error
    texts: dict[int, str] = {}
    status = 0
    details = []
    for number, value in _fields(data):
        if number == 4 and isinstance(value, int):
            status = value
        elif number == 5 and isinstance(value, bytes):
            pair = {key: part.decode() for key, part in _fields(value) if isinstance(part, bytes)}
            details.append((pair.get(1, ""), pair.get(2, "")))
        elif isinstance(value, bytes) and number in (1, 2, 3):
            texts[number] = value.decode()
    if 1 not in texts or not status:
        raise ValueError("authError has no code or no status")
    return AuthError(texts[1], status, texts.get(2, ""), texts.get(3, ""), tuple(details))


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(value)) + value


def _text(number: int, value: str) -> bytes:
    return _field(number, value.encode()) if value else b""


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3 | _VARINT) + _varint(value)


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each field. ValueError when the message breaks off or holds another wire type."""
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        value, at = _read_varint(data, at)
        if key & 7 == _VARINT:
            yield key >> 3, value
        elif key & 7 == _BYTES and at + value <= len(data):
            yield key >> 3, data[at : at + value]
            at += value
        else:
            raise ValueError("authError breaks off")


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number that starts at `at`, and where it ends."""
    value = shift = 0
    while at < len(data):
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("authError breaks off")
