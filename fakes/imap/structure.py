"""ENVELOPE, BODY and BODYSTRUCTURE (RFC 3501 section 7.4.2), written as Gmail does.

Types, parameter names and encodings are in capital letters; of the extension data Gmail leaves
out what it has no use for, the location (seen in captured sessions of Gmail).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fakes.gmail.addresses import Address, addresses
from fakes.gmail.mime_fields import PLAIN_TEXT, Parameters, disposition, languages, unfolded
from fakes.gmail.mime_tree import Part

NIL = b"NIL"


def string(text: bytes | None, *, utf8: bool = False) -> bytes:
    """Return an nstring: quoted where that is allowed, else a literal. `utf8` allows UTF-8 in quotes (RFC 6855).

    NUL, which neither may hold, is left out.
    """
    if text is None:
        return NIL
    if b"\x00" in text:
        text = text.replace(b"\x00", b"")
    plain = text.isascii() or (utf8 and _is_utf8(text))
    if plain and b"\r" not in text and b"\n" not in text and len(text) <= LONGEST_QUOTED:
        return b'"%b"' % text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b"{%d}\r\n%b" % (len(text), text)


LONGEST_QUOTED = 4000
"""Bytes of a string that is sent in quotes; clients have limits to their lines."""


def envelope(message: Part, *, utf8: bool = False) -> bytes:
    """Return the header summary of a message; Sender and Reply-To are From's where they are missing or empty."""
    head = message.head()

    def text(name: str) -> bytes:
        value = unfolded(head[name]) if name in head else b""
        return string(value or None, utf8=utf8)

    def people(name: str) -> bytes:
        found = addresses(head[name]) if name in head else []
        return b"(%b)" % b"".join(_address(one, utf8) for one in found) if found else NIL

    sender = people("from")
    parts = [text("date"), text("subject"), sender]
    parts += [found if (found := people(name)) != NIL else sender for name in ("sender", "reply-to")]
    parts += [people(name) for name in ("to", "cc", "bcc")]
    parts += [text("in-reply-to"), text("message-id")]
    return b"(%b)" % b" ".join(parts)


def body(part: Part, *, extended: bool, utf8: bool = False) -> bytes:
    """Return the structure of a part or message: BODYSTRUCTURE, or without `extended` BODY."""
    head = part.head()
    if part.parts:
        parts = b"".join(body(one, extended=extended, utf8=utf8) for one in part.parts)
        fields = [parts, _upper(part.type.subtype, utf8)]
        if extended:
            fields += [_parameters(part.type.parameters, utf8), *_manner(head, utf8)]
        return b"(%b)" % b" ".join(fields)
    parameters = part.type.parameters
    if part.type.kind == b"text" and part.type.parameter(b"charset") is None:  # RFC 2046 section 4.1.2
        parameters += PLAIN_TEXT.parameters
    fields = [_upper(part.type.kind, utf8), _upper(part.type.subtype, utf8), _parameters(parameters, utf8)]
    fields += [_text(head, name, utf8) for name in ("content-id", "content-description")]
    fields += [_encoding(head, utf8), b"%d" % part.size]
    if part.message:
        fields += [envelope(part.message, utf8=utf8), body(part.message, extended=extended, utf8=utf8)]
    if part.message or part.type.kind == b"text":
        fields.append(b"%d" % part.lines)
    if extended:
        fields += [_text(head, "content-md5", utf8), *_manner(head, utf8)]
    return b"(%b)" % b" ".join(fields)


def _address(one: Address, utf8: bool) -> bytes:
    return b"(%b)" % b" ".join(string(text, utf8=utf8) for text in (one.name, one.route, one.mailbox, one.host))


def _upper(text: bytes, utf8: bool) -> bytes:
    return string(text.upper(), utf8=utf8)


def _text(head: Mapping[str, bytes], name: str, utf8: bool) -> bytes:
    value = unfolded(head[name]) if name in head else b""
    return string(value or None, utf8=utf8)


def _encoding(head: Mapping[str, bytes], utf8: bool) -> bytes:
    """Return the Content-Transfer-Encoding, a token; 7BIT where there is none (RFC 2045 section 6.1)."""
    words = unfolded(head.get("content-transfer-encoding", b"")).replace(b";", b" ").split()
    return _upper(words[0] if words else b"7BIT", utf8)


def _parameters(given: Parameters, utf8: bool) -> bytes:
    if not given:
        return NIL
    written: Iterable[bytes] = (b"%b %b" % (_upper(name, utf8), string(value, utf8=utf8)) for name, value in given)
    return b"(%b)" % b" ".join(written)


def _manner(head: Mapping[str, bytes], utf8: bool) -> list[bytes]:
    """Return disposition and languages."""
    found = disposition(head["content-disposition"]) if "content-disposition" in head else None
    manner = NIL if found is None else b"(%b %b)" % (_upper(found[0], utf8), _parameters(found[1], utf8))
    tags = languages(head["content-language"]) if "content-language" in head else ()
    return [manner, b"(%b)" % b" ".join(string(tag, utf8=utf8) for tag in tags) if tags else NIL]


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
