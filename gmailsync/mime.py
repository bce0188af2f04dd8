"""Raw bytes <-> email: the header fields we keep of a message, and the messages we write.

Reading never fails, because mail is what the world sends: what is illegible comes out with replacement characters
or empty. Writing refuses what would not arrive as it was meant.
"""

from __future__ import annotations

import binascii
import codecs
import mimetypes
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email import policy
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, parsedate_to_datetime
from pathlib import Path

from gmailsync.errors import BadInput
from gmailsync.model.email import Headers

_HEADER_LIMIT = 1 << 20
"""Octets looked through for header fields; real ones end after a few thousand, a broken message may never end."""

_HEADER_END = re.compile(rb"(?:\A|\r\n|\r(?!\n)|\n)(?:\r\n|\r|\n)")
_FIELD = re.compile(
    rb"(?:\A|[\r\n])(message-id|subject|from|sender|to|cc|bcc|date|in-reply-to)[ \t]*:([^\r\n]*)", re.IGNORECASE
)
_FOLD = re.compile(rb"(?:\r\n|\r|\n)(?=[ \t])")
_BLANKS = re.compile(r"[\r\n]+|[\t\v\f\x85\u2028\u2029]")
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_MESSAGE_ID = re.compile(r"<[^<>]*>")

# RFC 2047 section 2, but with blanks in the text, as some programs write them, and RFC 2231's language after "*".
_ENCODED_WORD = re.compile(r"=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?\r\n]*)\?=")
_QUOTED_OCTET = re.compile(rb"=([0-9A-Fa-f]{2})")

_SUPERSETS = {
    # Mail is labelled with the standard and written in the maker's superset of it (①, ~, and the like).
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "gb2312": "gb18030",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "iso-8859-1": "cp1252",
}
_NO_CHARSETS = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
"""Python's codecs that turn octets into text but are no charset of mail: slow, noisy, or a way to smuggle."""

# What we write ourselves: RFC 5322's msg-id and mailbox without their obsolete forms; Gmail has no other addresses.
_OUR_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_ATOM = r"[!#-'*+/-9=?A-Z^-~-]+"
_ADDRESS = rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
_MAILBOX = re.compile(rf'(?:(?:"((?:[^"\\]|\\.)*)"|([^"(),:;<>@\[\\\]]*?))\s*<({_ADDRESS})>)|({_ADDRESS})')
_PLAIN_MAILBOX = re.compile(rf'(?:"[^"\\<>]*"|[^"(),:;<>@\[\\\]]*) ?<({_ADDRESS})>|({_ADDRESS})')
_QUOTED_PAIR = re.compile(r"\\(.)")
_NEEDS_QUOTING = re.compile(r'["\\]')


def storable(text: str) -> str:
    """Return `text` without what PostgreSQL or SQLite cannot store or a terminal should not see.

    Tabs and line breaks become blanks; other control characters, NUL among them, and lone surrogates go.
    """
    # Nothing that is printable needs it, and most text is.
    return text if text.isprintable() else _UNSTORABLE.sub("", _BLANKS.sub(" ", text))


# --- Reading ---------------------------------------------------------------------------------


def read_headers(raw: bytes) -> Headers:
    """Return what we keep of a message's header fields. Never raises, whatever the bytes.

    Of a field that is there twice the first counts. `sender` and `recipients` (of To, Cc and Bcc, each once) are bare
    addresses; a From without a legible address is kept as its text. The date is in UTC.
    """
    fields = _fields(raw)
    recipients = _addresses(fields, "to", "cc", "bcc")
    sender = _addresses(fields, "from", "sender")
    return Headers(
        message_id=_message_id(fields.get("message-id", "")),
        subject=_decoded(fields.get("subject", "")),
        sender=sender[0] if sender else _decoded(fields.get("from", "")),
        recipients=tuple(dict.fromkeys(recipients)),
        date=_date(fields.get("date", "")),
        in_reply_to=_message_id(fields.get("in-reply-to", "")),
    )


def _decoded(value: str) -> str:
    """Return an unfolded value as people read it: RFC 2047 decoded, as far as that can be done."""
    if "=?" not in value:
        return value
    text, end = "", 0
    charset, octets = "", b""  # of encoded words not yet turned into text
    for word in _ENCODED_WORD.finditer(value):
        content = _word_octets(word[2], word[3])
        if content is None:
            continue
        between = value[end : word.start()]
        # Only blanks between two encoded words: they belong together (RFC 2047 section 6.2), and some programs cut
        # a character in two.
        if not octets or between.strip() or word[1].lower() != charset:
            text += _text(octets, charset) + ("" if octets and not between.strip() else between)
            octets = b""
        charset, octets, end = word[1].lower(), octets + content, word.end()
    return storable(text + _text(octets, charset) + value[end:]).strip()


def _fields(raw: bytes) -> Mapping[str, str]:
    """Return {lower-case name: unfolded value} of the fields we keep, the first of each name.

    By hand, because the stdlib's parser takes the first line that is no field for the beginning of the body.
    """
    end = _HEADER_END.search(raw, 0, _HEADER_LIMIT)
    block = raw[: end.start() if end else _HEADER_LIMIT]
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(_FOLD.sub(b"", block)):
        fields.setdefault(name.decode().lower(), storable(_unencoded(value)).strip())
    return fields


def _unencoded(value: bytes) -> str:
    """Decode what was sent without RFC 2047: old Japanese mail by its escape sequences, the rest as UTF-8."""
    return value.decode("iso2022_jp" if b"\x1b$" in value else "utf-8", "replace")


def _addresses(fields: Mapping[str, str], *names: str) -> list[str]:
    values = [fields[name] for name in names if name in fields]
    plain = [_plain_addresses(value) for value in values]
    if None not in plain:
        return [address for addresses in plain for address in addresses or ()]
    return [address for _name, address in getaddresses(values) if "@" in address]


def _plain_addresses(value: str) -> list[str] | None:
    """Return the addresses of a list without any subtlety, as nearly all are; None for another. Ten times faster."""
    found = [_PLAIN_MAILBOX.fullmatch(part.strip()) for part in value.split(",")]
    return None if None in found else [mailbox[1] or mailbox[2] for mailbox in found if mailbox]


def _message_id(value: str) -> str:
    """Return the first <id@host> of a value, or the value itself where there is none."""
    found = _MESSAGE_ID.search(value)
    return "".join(found[0].split()) if found else value


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
        # "-0000" says nothing of the sender's zone (RFC 5322 section 3.3); the time itself is UTC.
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (IndexError, OverflowError, TypeError, ValueError):
        return None


def _word_octets(encoding: str, text: str) -> bytes | None:
    """Return the octets of an encoded word, or None when its base64 is broken."""
    if encoding in "bB":
        try:
            return binascii.a2b_base64(text.encode("ascii", "ignore") + b"==")
        except binascii.Error:
            return None
    return _QUOTED_OCTET.sub(lambda octet: bytes.fromhex(octet[1].decode()), text.replace("_", " ").encode())


def _text(octets: bytes, charset: str) -> str:
    """Decode, with replacement characters where it must be; an unknown charset is taken for UTF-8."""
    try:
        codec = codecs.lookup(_SUPERSETS.get(charset, charset))
        if codec.name in _NO_CHARSETS:
            raise LookupError(charset)
        return octets.decode(codec.name, "replace")
    except (LookupError, ValueError):
        return octets.decode("utf-8", "replace")


# --- Writing ---------------------------------------------------------------------------------


def bare_address(field: str, text: str) -> str:
    """Return the address in `alice@example.com` or `Alice <alice@example.com>`, or raise `BadInput` for `field`."""
    return _address(field, text)[1]


def compose(
    *,
    sender: str,
    to: Sequence[str],
    subject: str,
    body: str,
    message_id: str,
    date: datetime,
    cc: Sequence[str] = (),
    attachments: Sequence[Path] = (),
) -> bytes:
    """Write an email, with CRLF line ends, ready for SMTP and for keeping.

    Addresses may carry names (`Bob <bob@example.com>`); `date` is aware. Raises `BadInput` for what would not arrive
    as it was meant, such as a line break in the subject, and for a file that cannot be read.
    """
    if not _OUR_MESSAGE_ID.fullmatch(message_id):
        raise BadInput("Message-ID", message_id, "must be <id@host> in printable ASCII")
    # Our own lines: the stdlib's folds an email in two where a name is long, and decodes a subject that looks encoded.
    fields = {
        "From": _phrase_and_address(_address("from", sender)),
        "To": ",\r\n ".join(_phrase_and_address(_address("to", recipient)) for recipient in to),
        "Cc": ",\r\n ".join(_phrase_and_address(_address("cc", recipient)) for recipient in cc),
        "Subject": _encoded("Subject", _one_line("subject", subject)),
        "Date": format_datetime(date),
        "Message-ID": message_id,
    }
    message = EmailMessage(policy=policy.SMTP)
    message.set_content(_body_text(body))
    for path in attachments:
        _attach(message, path)
    header = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value or name == "Subject")
    return header.encode("ascii") + message.as_bytes()


def _address(field: str, text: str) -> tuple[str, str]:
    """Return name and address, strictly: the stdlib's parser would drop what comes after it, a second recipient say."""
    found = _MAILBOX.fullmatch(_one_line(field, text).strip())
    if not found:
        raise BadInput(field, text, "must be an address such as bob@example.com or Bob <bob@example.com>")
    quoted, plain, named, bare = found.groups(default="")
    return _QUOTED_PAIR.sub(r"\1", quoted) or plain, named or bare


def _phrase_and_address(mailbox: tuple[str, str]) -> str:
    """Write a name and address (RFC 5322 section 3.4); the name as a quoted string where it can be one."""
    name, address = mailbox
    if not name:
        return address
    if _fits(name):
        quoted = _NEEDS_QUOTING.sub(r"\\\g<0>", name)
        return f'"{quoted}" <{address}>'
    return f"{_encoded('To', name)} <{address}>"


def _encoded(field: str, text: str) -> str:
    """Write a text as it is, or as encoded words (RFC 2047) over as many lines as it takes."""
    return text if _fits(text) else Header(text, "utf-8", header_name=field).encode(linesep="\r\n")


def _fits(text: str) -> bool:
    """Tell whether a text fits a line of 78 characters and will be read as it is."""
    return text.isascii() and len(text) <= 60 and "=?" not in text


def _one_line(field: str, text: str) -> str:
    if text != storable(text):
        raise BadInput(field, text, "must be one line without control characters")
    return text


def _body_text(body: str) -> str:
    try:
        body.encode()
    except UnicodeEncodeError as error:
        raise BadInput("body", body[error.start : error.end], "must be text that UTF-8 can carry") from error
    return body


def _attach(message: EmailMessage, path: Path) -> None:
    """Attach a file by its name's type; mail within mail as plain octets, since base64 may not wrap it otherwise."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput("attach", str(path), f"cannot be read: {error.strerror}") from error
    kind, encoding = mimetypes.guess_type(path.name)
    main, _, sub = (kind or "").partition("/")
    if encoding or main in ("", "message", "multipart"):
        main, sub = "application", "octet-stream"
    message.add_attachment(content, maintype=main, subtype=sub, filename=_one_line("attach", path.name))
