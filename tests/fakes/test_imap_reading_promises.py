"""What is true of every FETCH and SEARCH, however they are put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.actions import Action, Send
from fakes.imap.session import ImapSession
from fakes.world import World

ALICE = "alice@contoso.com"
BEGAN = datetime(2025, 1, 1, 12, tzinfo=UTC)
Open = Callable[[World], ImapSession]


def bytes_of(actions: Iterable[Action]) -> bytes:
    """Return what actions send, and where they close."""
    return b"".join(action.data if isinstance(action, Send) else b"(closes)" for action in actions)


# --- an oracle that knows no IMAP: a list of messages, and what is true of each ---

Facts = dict[str, bool]
mailboxes = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans(), st.integers(0, 4)), max_size=6)
KEYS: dict[str, Callable[[tuple[bool, bool, bool, int]], bool]] = {
    "ALL": lambda _: True,
    "SEEN": lambda it: it[0],
    "UNSEEN": lambda it: not it[0],
    "FLAGGED": lambda it: it[1],
    "X-GM-LABELS Work": lambda it: it[2],
    "SUBJECT work": lambda it: it[2],
    "SINCE 3-Jan-2025": lambda it: it[3] >= 2,
    "BEFORE 2-Jan-2025": lambda it: it[3] < 1,
    "ON 3-Jan-2025": lambda it: it[3] == 2,
    "SENTSINCE 3-Jan-2025": lambda it: it[3] >= 2,
    'X-GM-RAW "is:unread -is:starred"': lambda it: not it[0] and not it[1],
    "X-GM-RAW after:2025/01/03": lambda it: it[3] >= 2,
    "MODSEQ 1": lambda _: True,
    "MODSEQ 1000": lambda _: False,
}
keys = st.recursive(
    st.sampled_from(list(KEYS)).map(lambda key: (key, KEYS[key])),
    lambda inner: st.one_of(
        inner.map(lambda one: (f"NOT {one[0]}", lambda it: not one[1](it))),
        st.tuples(inner, inner).map(
            lambda two: (f"OR {two[0][0]} {two[1][0]}", lambda it: two[0][1](it) or two[1][1](it))
        ),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda several: (f"({' '.join(one[0] for one in several)})", lambda it: all(one[1](it) for one in several))
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=60)
@given(mailboxes, keys, st.booleans(), st.sampled_from(["", "RETURN () ", "RETURN (MIN MAX COUNT) "]))
def test_search_agrees_with_a_list(
    open_imap: Open,
    mailbox: list[tuple[bool, bool, bool, int]],
    key: tuple[str, Callable[[tuple[bool, bool, bool, int]], bool]],
    by_uid: bool,
    returns: str,
) -> None:
    """Any combination of keys finds what the same combination of facts is true of, in every form of the answer."""
    world = World()
    mail = world.add_account(ALICE).mail
    gone = mail.add(b"gone", labels=["\\Inbox"])
    for seen, flagged, work, day in mailbox:
        arrived = BEGAN + timedelta(days=day)
        raw = f"Subject: {'work' if work else 'play'}\r\nDate: {arrived:%d %b %Y %H:%M:%S} +0000\r\n\r\n"
        flags = [flag for flag, given in (("\\Seen", seen), ("\\Flagged", flagged)) if given]
        labels = ["\\Inbox", *(["Work"] if work else [])]
        mail.add(raw.encode(), labels=labels, flags=flags, internal_date=arrived)
    mail.delete(gone.gm_msgid)
    session = open_imap(world)
    session.receive(b"s SELECT INBOX\r\n")

    answer = bytes_of(session.receive(f"a {'UID ' if by_uid else ''}SEARCH {returns}{key[0]}\r\n".encode())).decode()

    found = [place + (1 if by_uid else 0) for place, facts in enumerate(mailbox, 1) if key[1](facts)]
    first, last = answer.splitlines()
    assert last == "a OK SEARCH completed (Success)"
    bare = re.sub(r" \(?MODSEQ \d+\)?", "", first)
    if not returns:
        assert bare == " ".join(("* SEARCH", *map(str, found)))
    elif "COUNT" in returns:
        ends = f" MIN {found[0]} MAX {found[-1]}" if found else ""
        assert bare == f'* ESEARCH (TAG "a"){" UID" if by_uid else ""}{ends} COUNT {len(found)}'
    else:
        named = re.search(r" ALL (\S+)$", bare)
        assert _numbers(named[1] if named else "") == found


def _numbers(text: str) -> list[int]:
    """Return the numbers of a sequence set."""
    ranges = [part.split(":") for part in text.split(",") if part]
    return [number for part in ranges for number in range(int(part[0]), int(part[-1]) + 1)]


ITEMS = ["UID", "FLAGS", "RFC822.SIZE", "INTERNALDATE", "MODSEQ", "ENVELOPE", "BODY", "BODYSTRUCTURE", "X-GM-MSGID"]
SECTIONS = [
    "",
    "HEADER",
    "TEXT",
    "1",
    "1.MIME",
    "2.HEADER",
    "2.1",
    "9",
    "HEADER.FIELDS (From)",
    "2.HEADER.FIELDS.NOT (From)",
]
sections = st.builds(
    lambda section, cut: (section, cut),
    st.sampled_from(SECTIONS),
    st.none() | st.tuples(st.integers(0, 60), st.integers(1, 60)),
)
FORWARD = (
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n"
    b"Content-Type: message/rfc822\r\n\r\nFrom: \xe4 <c@d>\r\nTo: x\r\n\r\ninner\r\n--b--\r\n"
)
mails = st.sampled_from(
    [
        b"",
        b"From: a@b\r\n\r\ntext",
        FORWARD,
    ]
) | st.binary(max_size=60)


@settings(max_examples=60)
@given(
    st.lists(mails, min_size=1, max_size=3),
    st.lists(st.sampled_from(ITEMS), max_size=4),
    st.lists(sections, max_size=4),
    st.sampled_from(["", " (CHANGEDSINCE 2)"]),
)
def test_fetch_answers_whole_and_in_gmails_order(
    open_imap: Open,
    messages: list[bytes],
    items: list[str],
    wanted: list[tuple[str, tuple[int, int] | None]],
    modifier: str,
) -> None:
    """Each message once, each item once, literals of their length, and a range is that piece of the whole section."""
    world = World()
    mail = world.add_account(ALICE).mail
    for raw in messages:
        mail.add(raw, labels=["\\Inbox"])
    session = open_imap(world)
    session.receive(b"s EXAMINE INBOX\r\n")
    asked = [*items, *(f"BODY.PEEK[{name}]" + (f"<{cut[0]}.{cut[1]}>" if cut else "") for name, cut in wanted)] or [
        "UID"
    ]

    answer = bytes_of(session.receive(f"a FETCH 1:* ({' '.join(asked)}){modifier}\r\n".encode()))

    responses = _responses(answer)
    assert [seq for seq, _ in responses] == list(range(1 if not modifier else 2, len(messages) + 1))
    for seq, found in responses:
        names = [name for name, _ in found]
        plain = [name for name in names if not name.startswith("BODY[")]
        assert plain == [name for name in _ORDER if name in {*asked, *(["MODSEQ"] if modifier else [])}]
        for name, cut in dict.fromkeys(wanted):
            whole = _whole(session, seq, name)
            value = dict(found)[f"BODY[{name}]" + (f"<{cut[0]}>" if cut else "")]
            if cut is None:
                assert value == whole
            else:
                pieces = {
                    other: None if whole is None else whole[cut[0] : cut[0] + other[1]]
                    for written, other in wanted
                    if written == name and other and other[0] == cut[0]
                }
                assert value in pieces.values()


_ORDER = ["X-GM-MSGID", "UID", "RFC822.SIZE", "MODSEQ", "INTERNALDATE", "FLAGS", "ENVELOPE", "BODY", "BODYSTRUCTURE"]


def _whole(session: ImapSession, seq: int, name: str) -> bytes | None:
    answer = bytes_of(session.receive(f"w FETCH {seq} BODY.PEEK[{name}]\r\n".encode()))
    return _responses(answer)[0][1][0][1]


def _responses(answer: bytes) -> list[tuple[int, list[tuple[str, bytes | None]]]]:
    """Return the FETCH responses: sequence number, and names with what literals hold; fails on what is not whole."""
    found = []
    position = 0
    while start := re.compile(rb"\* (\d+) FETCH \(").match(answer, position):
        position = start.end()
        items: list[tuple[str, bytes | None]] = []
        while True:
            name = re.compile(rb"(BODY\[[^\]]*\](?:<\d+>)?|[A-Z0-9.-]+) ").match(answer, position)
            assert name, answer[position : position + 60]
            value, position = _value(answer, name.end())
            items.append((name[1].decode(), value))
            if answer[position : position + 1] == b")":
                break
            assert answer[position : position + 1] == b" "
            position += 1
        assert answer[position : position + 3] == b")\r\n"
        position += 3
        found.append((int(start[1]), items))
    assert re.fullmatch(rb"\w OK Success\r\n", answer[position:])
    return found


def _value(answer: bytes, position: int) -> tuple[bytes | None, int]:
    """Return what a literal holds, None for anything else, and where it ends."""
    depth = 0
    token = re.compile(rb'\{(\d+)\}\r\n|"(?:[^"\\]|\\.)*"|[()]| |[^()" {]+')
    while True:
        match = token.match(answer, position)
        assert match, answer[position : position + 60]
        position = match.end()
        literal = None
        if match[1]:
            literal = answer[position : position + int(match[1])]
            position += len(literal)
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
        if depth == 0:
            return literal, position


TOKENS = rb"""FETCH UID SEARCH ( ) 1:* BODY[ ] 1.2.MIME <0.5> ENVELOPE NOT X-GM-RAW " -{( RETURN MODSEQ
    (CHANGEDSINCE CHARSET 99999999999999999999999999 ENABLE UTF8=ACCEPT OR /flags/ STORE (UNCHANGEDSINCE"""
tokens = st.sampled_from([*TOKENS.split(), b" ", b"\x00", b"\xff", b"{3+}\r\nabc", b"{5}\r\n", b"\r\n"])
hostile = st.lists(tokens | st.binary(max_size=6)).map(b"".join)


@settings(max_examples=100)
@given(st.lists(hostile, max_size=8))
def test_hostile_commands_end_in_an_answer(open_imap: Open, pieces: list[bytes]) -> None:
    """Every line of any bytes is answered by OK, NO, BAD or BYE, or waits for more; nothing raises."""
    world = World()
    world.add_account(ALICE)
    world.deliver(ALICE, b"From: a@b\r\n\r\ntext")
    session = open_imap(world)
    session.receive(b"s SELECT INBOX\r\n")

    answer = b"".join(bytes_of(session.receive(b"a " + piece + b"\r\n")) for piece in pieces)

    assert not answer or answer.endswith((b"\r\n", b"(closes)"))


def test_nested_parentheses_and_parts_cost_bounded_work(open_imap: Open) -> None:
    """A megabyte of openings is refused like any other mistake."""
    world = World()
    world.add_account(ALICE)
    session = open_imap(world)
    session.receive(b"s SELECT INBOX\r\n")

    for command in (
        b"SEARCH " + b"(" * 60_000,
        b"FETCH 1 BODY[" + b"1." * 30_000 + b"1]",
        b"SEARCH " + b"OR " * 20_000,
    ):
        assert bytes_of(session.receive(b"a " + command + b"\r\n")) == b"a BAD Could not parse command\r\n"
