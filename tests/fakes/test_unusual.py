"""Legal but unusual behaviour: the same seed does the same, and a client that obeys RFC 3501 sees the same mail."""

from __future__ import annotations

import base64
import imaplib
import poplib
import re
from collections.abc import Callable
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.actions import Send
from fakes.google import SimulatedGoogle
from fakes.imap.session import ImapSession
from fakes.imap.variations import Variations
from fakes.smtp import replies
from fakes.smtp.variations import Variations as SmtpVariations
from fakes.unusual import Unusual
from fakes.world import World

ALICE = "alice@contoso.com"
RAW = b'From: "A \\"B\\" C" <a@b.example>\r\nSubject: Gr\xc3\xbc\xc3\x9fe {3} "x"\r\nMessage-ID: <1@b>\r\n\r\nhello\r\n'
COMMANDS = (
    'LIST "" *',
    "SELECT INBOX",
    "UID FETCH 1:* (UID FLAGS INTERNALDATE ENVELOPE BODYSTRUCTURE X-GM-LABELS BODY.PEEK[])",
    "UID SEARCH ALL",
    "NOOP",
    "UID FETCH 1:* (UID FLAGS)",
    "STATUS INBOX (UIDNEXT)",
)


def conversation(seed: int | None, *, before: tuple[str, ...] = ()) -> list[bytes]:
    """Return what each command is answered, and at the end the pieces in which all came."""
    world = World(unusual=seed)
    account = world.add_account(ALICE)
    for _ in range(8):
        account.mail.add(RAW, labels=["\\Inbox", 'Kunden "x"'])
    password = world.set_app_password(ALICE)
    session = ImapSession(world)
    session.connected()
    answers = []
    for command in (f"LOGIN {ALICE} {password}", *before, *COMMANDS):
        actions = session.receive(f"a {command}\r\n".encode())
        answers.append(b"".join(action.data for action in actions if isinstance(action, Send)))
    return answers[-len(COMMANDS) :]


def test_the_same_seed_does_the_same_and_another_does_not() -> None:
    """Nothing comes from chance or the machine."""
    assert conversation(3) == conversation(3)
    assert conversation(3) != conversation(4)
    assert conversation(None) == conversation(None)


def test_every_unusual_way_is_taken_by_some_seed() -> None:
    """Over some seeds; none of them without one."""
    usual = conversation(None)
    heard = [conversation(seed) for seed in range(12)]

    def some(place: int, sign: bytes) -> bool:
        assert not re.search(sign, usual[place])
        return any(re.search(sign, answers[place]) for answers in heard)

    assert some(0, rb'"/" \{\d+\}\r\n')
    assert some(1, rb"UIDNEXT (?!9\])\d+")
    assert some(2, rb"\{5\}\r\n<1@b>")
    assert some(2, rb"\* \d+ FETCH \(BODY\[\]")
    assert some(3, rb"\* \d+ FETCH")
    assert {answers[3].count(b" ") for answers in heard} != {usual[3].count(b" ")}
    assert some(4, rb"\* \d+ FETCH|Still here")


@given(seed=st.integers(0, 1 << 32), data=st.binary(max_size=60), cuts=st.integers(1, 5))
def test_chopping_changes_no_byte(seed: int, data: bytes, cuts: int) -> None:
    """However often."""
    dice = Unusual(seed).session("imap")

    for _ in range(cuts):
        assert b"".join(piece.data for piece in dice.chopped([Send(data)]) if isinstance(piece, Send)) == data


@given(
    seed=st.integers(0, 1 << 32),
    strings=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0")), min_size=1),
)
def test_a_literal_is_the_string_that_it_stands_for(seed: int, strings: list[str]) -> None:
    """Quotes and backslashes too; literals that are there already stay."""
    variations = Variations(Unusual(seed).session("imap"))
    quoted = ['"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in strings]
    piece = f'X-GM-LABELS ({" ".join(quoted)} {{5}}\r\n"a" b)'.encode()

    (written,) = variations.fetched(1, [piece])

    rest = written.removeprefix(b"X-GM-LABELS (")
    for text, usual in zip(strings, quoted, strict=True):
        literal = b"{%d}\r\n%b" % (len(text.encode()), text.encode())
        form = literal if rest.startswith(literal) else usual.encode()
        assert rest.startswith(form)
        rest = rest[len(form) :].removeprefix(b" ")
    assert rest == b'{5}\r\n"a" b)'


def test_one_command_more_moves_no_other_throw() -> None:
    """Which messages are left out depends on session and message alone."""
    variations = [Variations(Unusual(5).session("imap")) for _ in range(2)]
    for _ in range(3):
        variations[0].turn()

    assert [uid in variations[0].once for uid in range(99)] == [uid in variations[1].once for uid in range(99)]
    assert not any(uid in variations[0].once for uid in range(99))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_standard_library_gets_the_whole_mail(seed: int) -> None:
    """By IMAP when it asks twice, by POP at once: over sockets, chopped."""
    with SimulatedGoogle(unusual=seed) as google:
        google.world.add_account(ALICE, pop=True)
        for number in range(5):
            google.deliver(ALICE, RAW + b"%d\r\n" % number)
        response = f"user={ALICE}\x01auth=Bearer {google.access_token(ALICE)}\x01\x01".encode()
        network = google.network
        host, _, port = network.hosts["imap.gmail.com:993"].rpartition(":")
        context = network.ssl_context()
        context.check_hostname = False
        with imaplib.IMAP4_SSL(host, int(port), ssl_context=context) as imap:
            imap.authenticate("XOAUTH2", lambda _: response)
            imap.select("INBOX")
            found = b"".join(
                part[1] for _ in range(2) for part in imap.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(part, tuple)
            )
        host, _, port = network.hosts["pop.gmail.com:995"].rpartition(":")
        pop = poplib.POP3_SSL(host, int(port), context=context)
        pop._shortcmd("AUTH XOAUTH2 " + base64.b64encode(response).decode())  # type: ignore[attr-defined]  # no method for it
        popped = [b"\r\n".join(pop.retr(number + 1)[1]) + b"\r\n" for number in range(5)]
        pop.quit()

    assert all(RAW + b"%d\r\n" % number in found for number in range(5))
    assert popped == [RAW + b"%d\r\n" % number for number in range(5)]


def smtp_dialogue(seed: int | None) -> list[bytes]:
    """Return the answers over a socket to EHLO and two commands, and those of a whole transaction at the end."""
    said = (
        "EHLO client.example", "NOOP", "NOOP", "{auth}", f"MAIL FROM:<{ALICE}>", f"RCPT TO:<{ALICE}>", "DATA",
        "Message-ID: <1@b>\r\n\r\nhello\r\n.", "QUIT",
    )  # fmt: skip
    with SimulatedGoogle(unusual=seed) as google:
        google.add_account(ALICE)
        token = google.access_token(ALICE)
        auth = base64.b64encode(f"user={ALICE}\x01auth=Bearer {token}\x01\x01".encode()).decode()
        context = google.network.ssl_context()
        with (
            google.network.dial("smtp.gmail.com", 465) as plain,
            context.wrap_socket(plain, server_hostname="smtp.gmail.com") as client,
            client.makefile("rb") as lines,
        ):
            answers = [smtp_reply(lines)]
            for line in said:
                client.sendall(line.format(auth=f"AUTH XOAUTH2 {auth}").encode() + b"\r\n")
                answers.append(smtp_reply(lines))
        google.check()
        assert [b"hello\r\n" in message.raw for message in google.account(ALICE).mail.messages()] == [True]
    return answers


def smtp_reply(lines: BinaryIO) -> bytes:
    """Read one reply of however many lines."""
    reply = line = lines.readline()
    while line[3:4] == b"-":
        line = lines.readline()
        reply += line
    return reply


def test_smtp_says_the_same_in_other_forms() -> None:
    """Codes, enhanced codes and extensions stay; their order, their case and the number of lines do not."""
    usual = smtp_dialogue(None)
    heard = [smtp_dialogue(seed) for seed in range(8)]

    assert smtp_dialogue(3) == heard[3]
    for answers in heard:
        assert [answer[:3] for answer in answers] == [answer[:3] for answer in usual]
        assert {line[4:].upper() for line in answers[1].splitlines()} == {
            line[4:].upper() for line in usual[1].splitlines()
        }
        for reply in answers[2:-1]:
            assert len({line[4:9] for line in reply.splitlines()}) == 1
    assert any(re.search(rb"250.size 35882577", answers[1]) for answers in heard)
    assert any(not answers[1].endswith(b"250 SMTPUTF8\r\n") for answers in heard)
    assert any(re.match(rb"250-2\.0\.0 OK\r\n250 2\.0\.0 OK ", answers[2]) for answers in heard)
    assert any(answers[2].count(b"\r\n") != answers[3].count(b"\r\n") for answers in heard)


def test_one_smtp_command_more_moves_no_other_reply() -> None:
    """A throw depends on the reply and how often it was given."""
    variations = [SmtpVariations(Unusual(5).session("smtp")) for _ in range(2)]
    for _ in range(9):
        variations[0].reply(replies.DONE_NOTHING)

    assert [variations[0].reply(replies.FLUSHED) for _ in range(20)] == [
        variations[1].reply(replies.FLUSHED) for _ in range(20)
    ]


def https_answer(seed: int | None) -> tuple[bytes, bytes]:
    """Return the head and the body that one request is answered, as they came over the socket."""
    with SimulatedGoogle(unusual=seed) as google:
        context = google.network.ssl_context()
        with (
            google.network.dial("oauth2.googleapis.com", 443) as plain,
            context.wrap_socket(plain, server_hostname="oauth2.googleapis.com") as client,
            client.makefile("rb") as answer,
        ):
            client.sendall(
                b"POST /token HTTP/1.1\r\nHost: oauth2.googleapis.com\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            head, _, body = answer.read().partition(b"\r\n\r\n")
    return head, body


def test_https_frames_the_same_body_in_other_ways() -> None:
    """By length or in chunks, with names in either case."""
    usual_head, usual_body = https_answer(None)
    heard = [https_answer(seed) for seed in range(8)]

    assert https_answer(3) == heard[3]
    for head, body in heard:
        chunked = b"transfer-encoding: chunked" in head.lower()
        assert chunked is (b"content-length:" not in head.lower())
        assert (unchunked(body) if chunked else body) == usual_body
        assert head.splitlines()[0] == usual_head.splitlines()[0]
    assert {body == usual_body for _, body in heard} == {True, False}
    assert any(re.search(rb"\r\n[A-Z-]{4,}: ", head) for head, _ in heard)
    assert any(re.search(rb"\r\n[a-z-]{4,}: ", head) for head, _ in heard)


def unchunked(body: bytes) -> bytes:
    """Return a body without its chunks (RFC 9112 section 7.1)."""
    told = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        if not int(size, 16):
            return told
        told, body = told + body[: int(size, 16)], body[int(size, 16) + 2 :]


@settings(max_examples=15)
@given(seed=st.integers(0, 1 << 32))
def test_news_comes_late_and_comes(seed: int, open_imap: Callable[[World], ImapSession]) -> None:
    """At the second command at the latest."""
    world = World(unusual=seed)
    world.add_account(ALICE)
    session = open_imap(world)
    session.receive(b"a SELECT INBOX\r\n")
    world.deliver(ALICE, RAW)

    heard = [
        b"".join(action.data for action in session.receive(b"b NOOP\r\n") if isinstance(action, Send)) for _ in range(2)
    ]

    assert sum(b"* 1 EXISTS\r\n" in answer for answer in heard) == 1
