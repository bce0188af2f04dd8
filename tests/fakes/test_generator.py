from __future__ import annotations

import email
import email.policy
from itertools import islice

import pytest

from fakes.clock import START
from fakes.gmail import headers
from fakes.gmail.generator import KINDS, generate

TO = "alice@contoso.com"


def test_the_same_seed_gives_the_same_mail() -> None:
    """Another seed gives other mail."""
    first, again, other = (list(generate(seed, 50, to=TO)) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_fewer_are_the_beginning_of_more() -> None:
    """Asking for more does not change what comes first."""
    assert list(generate(1, 20, to=TO)) == list(islice(generate(1, 1000, to=TO), 20))


@pytest.fixture(scope="module")
def mail() -> list[bytes]:
    """Return enough mail to hold every kind many times over."""
    return list(generate(7, 400, to=TO))


def test_lines_end_with_crlf(mail: list[bytes]) -> None:
    """There is no bare CR or LF in any message."""
    assert all(b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b"") for raw in mail)


def test_each_message_goes_to_its_recipient(mail: list[bytes]) -> None:
    """To is what was asked for."""
    assert all(b"To: <alice@contoso.com>\r\n" in raw for raw in mail)


def test_nothing_is_sent_in_the_future(mail: list[bytes]) -> None:
    """Every Date there is lies before a new world begins."""
    dates = [headers.date(headers.first_values(headers.split(raw)[0])) for raw in mail]

    assert all(date < START for date in dates if date)
    assert any(date is None for date in dates)


def test_a_small_mailbox_has_every_kind() -> None:
    """The first messages are one of each kind, in order."""
    mail = list(generate(3, len(KINDS), to=TO))

    types = [email.message_from_bytes(raw).get_content_type() for raw in mail]

    assert len(set(mail)) == len(KINDS)
    assert {"text/plain", "multipart/alternative", "multipart/mixed"} <= set(types)
    assert sum(b"charset=ISO-2022-JP" in raw and b"\x1b$B" in raw for raw in mail) == 1
    assert sum(b"Message-ID:" not in raw for raw in mail) == 1
    assert sum(b"Date:" not in raw for raw in mail) == 1
    assert sum(raw.endswith(b"\r\n\r\n") and headers.split(raw)[1] == b"" for raw in mail) == 1
    assert sum(max(map(len, raw.split(b"\r\n"))) > 998 for raw in mail) == 1
    assert sum(any(byte > 127 for byte in headers.split(raw)[0]) for raw in mail) == 1


def test_real_parsers_take_it(mail: list[bytes]) -> None:
    """The standard library reads every message, by its old and its new policy."""
    for raw in mail:
        old = email.message_from_bytes(raw)
        new = email.message_from_bytes(raw, policy=email.policy.default)
        assert old.get_content_type() == new.get_content_type()
        assert [part.get_payload(decode=True) for part in old.walk()]


def test_replies_refer_to_mail_that_came_before(mail: list[bytes]) -> None:
    """Every message that a reply names is an earlier one."""
    known: set[str] = set()
    replies = 0
    for number, raw in enumerate(mail):
        head = headers.first_values(headers.split(raw)[0])
        known.add(f"<7.{number}@mail.fabrikam.example>")
        named = headers.message_ids(head, "references")
        replies += bool(named)
        assert set(named) <= known - {f"<7.{number}@mail.fabrikam.example>"}
    assert replies > 10
