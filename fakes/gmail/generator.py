"""Made-up mail that looks like what people get, the same for the same seed.

Each message is drawn by its own number, not from one stream of dice, so the first hundred of a
thousand are the hundred that one gets when asking for a hundred. Lines end with CRLF.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

SENDERS = (
    ("Bob Brown", "bob@fabrikam.example"),
    ("Carol Chen", "carol@fabrikam.example"),
    ("Dave O'Neil", "dave.oneil@northwind.example"),
    ("Erika Mustermann", "erika@adatum.example"),
    ("佐藤 花子", "hanako.sato@tailspin.example"),
    ("Shop", "orders@shop.northwind.example"),
)
SUBJECTS = (
    "Quarterly report",
    "Invoice 2025-118",
    "Lunch on Friday?",
    "Site visit",
    "Contract, second draft",
    "Your order",
)
JAPANESE_SUBJECTS = ("見積書の件", "会議の日程について", "ご注文ありがとうございます", "年末のご挨拶")
SENTENCES = (
    "Thank you for the quick reply.",
    "Please find the figures below.",
    "We could meet on Tuesday or Wednesday.",
    "The delivery is planned for next week.",
    "Let me know what you think.",
    "I have added two paragraphs at the end.",
)
JAPANESE_SENTENCES = (
    "いつもお世話になっております。",
    "添付の資料をご確認ください。",
    "来週の火曜日はいかがでしょうか。",
    "ご不明な点がございましたらお知らせください。",
)
FIRST_DATE = datetime(2024, 1, 8, 7, 30, tzinfo=UTC)
STEP = timedelta(minutes=7)
SPAN = timedelta(days=700)
"""Dates begin anew after this, so that however much is made, nothing is sent in the future of a new world."""

# One pixel, as in many a signature.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What all kinds of message have in common, before one of them gives it a body."""

    number: int
    seed: int
    to: str
    dice: random.Random

    @property
    def message_id(self) -> str:
        """Return the Message-ID."""
        return _message_id(self.seed, self.number)

    @property
    def date(self) -> str:
        """Return the Date."""
        return format_datetime(FIRST_DATE + (self.number * STEP) % SPAN)

    def headers(self, subject: str, *more: str) -> list[str]:
        """Return the usual header fields and further ones."""
        name, address = self.dice.choice(SENDERS)
        return [
            f"From: {_phrase(name)} <{address}>",
            f"To: <{self.to}>",
            f"Subject: {subject}",
            f"Date: {self.date}",
            f"Message-ID: {self.message_id}",
            *more,
        ]

    def subject(self) -> str:
        """Return a subject in English."""
        return self.dice.choice(SUBJECTS)

    def text(self, sentences: tuple[str, ...] = SENTENCES) -> str:
        """Return a few lines of text, with CRLF."""
        return "".join(f"{self.dice.choice(sentences)}\r\n" for _ in range(self.dice.randint(2, 12)))

    def boundary(self) -> str:
        """Return a boundary between parts."""
        return f"=_{self.seed}_{self.number}_{self.dice.randrange(10**9)}"


def generate(seed: int, count: int, *, to: str) -> Iterator[bytes]:
    """Yield `count` messages to an address."""
    for number in range(count):
        dice = random.Random(f"{seed}/{number}")  # noqa: S311 - made-up mail, not secrets
        kind = KINDS[number % len(KINDS)] if number < len(KINDS) else dice.choice(KINDS)
        yield kind(Draft(number, seed, to, dice))


# --- kinds -----------------------------------------------------------------------------------


def plain(draft: Draft) -> bytes:
    """Make a text in ASCII."""
    return _message(
        draft.headers(draft.subject(), "MIME-Version: 1.0", "Content-Type: text/plain; charset=us-ascii"), draft.text()
    )


def html(draft: Draft) -> bytes:
    """Make a text with an HTML alternative, in quoted-printable."""
    text = draft.text()
    boundary = draft.boundary()
    lines = "".join(f'<p style=3D"margin:0">{line}</p>=\r\n\r\n' for line in text.splitlines())
    body = (
        f"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        f"--{boundary}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        f"<html><body>\r\n{lines}</body></html>\r\n--{boundary}--\r\n"
    )
    kind = f'Content-Type: multipart/alternative; boundary="{boundary}"'
    return _message(draft.headers(draft.subject(), "MIME-Version: 1.0", kind), body)


def attachment(draft: Draft) -> bytes:
    """Make a text with a picture and a file of random bytes, named in Japanese."""
    boundary = draft.boundary()
    name = "資料.pdf".encode()
    encoded_name = "".join(f"%{byte:02X}" for byte in name)
    body = (
        f"--{boundary}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n{draft.text()}\r\n"
        f'--{boundary}\r\nContent-Type: image/png; name="pixel.png"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: inline; filename="pixel.png"\r\n\r\n{_base64(PICTURE)}'
        f"--{boundary}\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment; filename*=UTF-8''{encoded_name}\r\n\r\n"
        f"{_base64(draft.dice.randbytes(draft.dice.randint(500, 20000)))}--{boundary}--\r\n"
    )
    kind = f'Content-Type: multipart/mixed; boundary="{boundary}"'
    return _message(draft.headers(draft.subject(), "MIME-Version: 1.0", kind), body)


def japanese_jis(draft: Draft) -> bytes:
    """Make a Japanese text as older programs send it: ISO-2022-JP in seven bits."""
    subject = _encoded_word(draft.dice.choice(JAPANESE_SUBJECTS), "iso-2022-jp")
    kind = ("MIME-Version: 1.0", "Content-Type: text/plain; charset=ISO-2022-JP", "Content-Transfer-Encoding: 7bit")
    return _message(draft.headers(subject, *kind), draft.text(JAPANESE_SENTENCES), "iso-2022-jp")


def japanese_utf8(draft: Draft) -> bytes:
    """Make a Japanese text in UTF-8 and base64."""
    subject = _encoded_word(draft.dice.choice(JAPANESE_SUBJECTS), "utf-8")
    kind = ("MIME-Version: 1.0", "Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: base64")
    return _message(draft.headers(subject, *kind), _base64(draft.text(JAPANESE_SENTENCES).encode()))


def reply(draft: Draft) -> bytes:
    """Make an answer to an earlier message, with References back to the thread's beginning."""
    latest = draft.number - 1
    first = latest - latest % 10
    answered = draft.dice.randint(first, latest)
    references = list(dict.fromkeys([_message_id(draft.seed, first), _message_id(draft.seed, answered)]))
    fields = (
        f"In-Reply-To: {references[-1]}",
        "References: " + "\r\n ".join(references),
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii; format=flowed",
    )
    quoted = "".join(f"> {line}\r\n" for line in draft.text().splitlines())
    return _message(draft.headers(f"Re: {draft.subject()}", *fields), f"{draft.text()}\r\n{quoted}")


def folded(draft: Draft) -> bytes:
    """Make a header that is folded in every way that is allowed, with many recipients."""
    recipients = ",\r\n\t".join(f'"Guest {number}" <guest{number}@fabrikam.example>' for number in range(20))
    fields = draft.headers(f"{draft.subject()}\r\n  with a second\r\n\tand a third line", f"Cc: {recipients}")
    return _message([*fields, "X-Empty:", "X-Odd  : blanks before the colon"], draft.text())


def no_message_id(draft: Draft) -> bytes:
    """Make a message without Message-ID."""
    return _message(
        [field for field in draft.headers(draft.subject()) if not field.startswith("Message-ID")], draft.text()
    )


def no_date(draft: Draft) -> bytes:
    """Make a message without Date."""
    return _message(_without("Date", draft.headers(draft.subject())), draft.text())


def raw_eight_bit(draft: Draft) -> bytes:
    """Make a header with bytes that no standard allows there: Latin-1, neither encoded nor declared."""
    return _message(
        draft.headers("Grüße aus Köln", "X-Greeting: schöne Grüße"), draft.text() + "Viele Grüße\r\n", "latin-1"
    )


def long_lines(draft: Draft) -> bytes:
    """Make a body with lines far beyond the 998 characters of RFC 5322."""
    return _message(draft.headers(draft.subject()), f"{'All work and no play. ' * 400}\r\n{draft.text()}")


def empty_body(draft: Draft) -> bytes:
    """Make a message that ends with its header."""
    return _message(draft.headers(draft.subject()), "")


def broken_words(draft: Draft) -> bytes:
    """Make a subject whose encoded words are wrong: cut base64, an unknown charset, one within a word."""
    subject = "=?UTF-8?B?5aW944?= =?x-unknown?Q?caf=E9?= pre=?UTF-8?Q?fix=C3?="
    return _message(draft.headers(subject), draft.text())


KINDS: tuple[Callable[[Draft], bytes], ...] = (
    plain,
    html,
    attachment,
    japanese_jis,
    japanese_utf8,
    reply,
    folded,
    no_message_id,
    no_date,
    raw_eight_bit,
    long_lines,
    empty_body,
    broken_words,
)
"""Every kind; a mailbox of this size or larger has them all."""


# --- parts -----------------------------------------------------------------------------------


def _message(fields: list[str], body: str, charset: str = "utf-8") -> bytes:
    """Put header and body together."""
    return "".join(f"{line}\r\n" for line in fields).encode(charset) + b"\r\n" + body.encode(charset)


def _without(name: str, fields: list[str]) -> list[str]:
    """Return header fields but for one."""
    return [field for field in fields if not field.startswith(f"{name}:")]


def _message_id(seed: int, number: int) -> str:
    """Return the Message-ID of a message, which those that answer it name."""
    return f"<{seed}.{number}@mail.fabrikam.example>"


def _phrase(name: str) -> str:
    """Return a display name as a header may hold it."""
    return f'"{name}"' if name.isascii() else _encoded_word(name, "utf-8")


def _encoded_word(text: str, charset: str) -> str:
    """Return an encoded word (RFC 2047)."""
    return f"=?{charset.upper()}?B?{base64.b64encode(text.encode(charset)).decode()}?="


def _base64(data: bytes) -> str:
    """Return data as base64 in lines of 76 characters, with CRLF."""
    return base64.encodebytes(data).decode().replace("\n", "\r\n")
