from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.imap import grammar
from fakes.imap.numbers import SequenceSet
from fakes.imap.search_keys import And, Dated, Everything, Flagged, InHeader, Not, Numbered, Or, SearchKey, Sized
from fakes.imap.values import (
    Append,
    Authenticate,
    BadCommand,
    Command,
    Fetch,
    How,
    Item,
    List,
    Listing,
    Login,
    Noop,
    Part,
    Request,
    Search,
    Section,
    Select,
    Status,
    Store,
)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b"a1 nOOp", Noop()),
        (b"a1 LOGIN alice {6}\r\nsecret", Login("alice", "secret")),
        (b'a1 LOGIN "al\\"ice" secret', Login('al"ice', "secret")),
        (b"a1 AUTHENTICATE xoauth2", Authenticate("XOAUTH2")),
        (b"a1 AUTHENTICATE XOAUTH2 =", Authenticate("XOAUTH2", b"")),
        (b"a1 SELECT {5}\r\nINBOX", Select("INBOX", read_only=False)),
        (b"a1 EXAMINE [Gmail]/Spam", Select("[Gmail]/Spam", read_only=True)),
        (b'a1 LIST "" %', List(Listing.LIST, "", ("%",))),
        (b'a1 STATUS "x y" (messages)', Status("x y", ("MESSAGES",))),
        (
            b'a1 APPEND x (\\seen $k) " 5-Jan-2026 08:00:00 -0100" {3}\r\na\r\n',
            Append("x", ("\\Seen", "$k"), datetime(2026, 1, 5, 9, tzinfo=UTC), b"a\r\n"),
        ),
        (
            b"a1 UID FETCH 1,3:* (FLAGS BODY.PEEK[TEXT]<1.2>)",
            Fetch(
                SequenceSet(((1, 1), (3, None))),
                frozenset({Item.FLAGS}),
                (Section("BODY[TEXT]<1>", Part.TEXT, origin=1, count=2),),
                uid=True,
            ),
        ),
        (
            b"a1 STORE * -flags.silent \\Seen x",
            Store(SequenceSet(((None, None),)), How.REMOVE, ("\\Seen", "x"), labels=False, silent=True, uid=False),
        ),
        (
            b'a1 UID STORE 1 +X-GM-LABELS (\\Inbox "\\\\Sent" &TtVOiw-)',
            Store(SequenceSet(((1, 1),)), How.ADD, ("\\Inbox", "\\Sent", "仕事"), labels=True, silent=False, uid=True),
        ),
    ],
)
def test_commands_become_values(line: bytes, command: Command) -> None:
    """Case, quoting and literals make no difference to what was meant."""
    assert grammar.parse(line) == Request("a1", command)


@pytest.mark.parametrize(
    "line", [b"", b" ", b"a1", b"a1 ", b"(a NOOP", b"+ NOOP", b"\xff NOOP", b"a1  NOOP", b"a1 NOOP "]
)
def test_what_is_no_command_is_a_value_too(line: bytes) -> None:
    """Nothing is known of it but that it could not be read."""
    assert grammar.parse(line).command == BadCommand()


def test_an_unknown_verb_is_told_apart() -> None:
    """Gmail says something else to it, and it is remembered by its name."""
    assert grammar.parse(b"a1 uid sort 1 x") == Request("a1", BadCommand(unknown=True, unimitated="UID SORT"))


@pytest.mark.parametrize(
    "line",
    [
        b"a1 SELECT {7}\r\nIN\r\nBOX",
        b'a1 SELECT "IN\x00BOX"',
        b"a1 SELECT",
        b'a1 SELECT "INBOX',
        b'a1 LIST "" "a\x07"',
        b"a1 AUTHENTICATE",
        b'a1 ID ("name" "x" "version")',
        b"a1 ID x",
        b'a1 APPEND x "32-Jan-2026 08:00:00 +0000" {0}\r\n',
        b'a1 APPEND x "01-Jan-0001 00:00:00 +2359" {0}\r\n',
        b"a1 APPEND x message",
        b"a1 STATUS INBOX (NONSENSE)",
    ],
)
def test_wrong_arguments_are_no_command(line: bytes) -> None:
    """Control characters in names are refused too, since they would break the replies that repeat the name."""
    assert grammar.parse(line).command == BadCommand()


# --- rendering, as a client would write it ---

numbers = st.none() | st.integers(1, 2**32 - 1)
sets = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=4).map(lambda ranges: SequenceSet(tuple(ranges)))
days = st.dates(date(1970, 1, 1), date(2100, 1, 1))
words = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
keywords = st.text("abcXYZ$-_", min_size=1, max_size=8).filter(lambda text: not text.startswith("-"))

leaves: st.SearchStrategy[SearchKey] = st.one_of(
    st.just(Everything()),
    st.builds(Numbered, sets, st.booleans()),
    st.builds(Flagged, keywords),
    st.builds(InHeader, st.sampled_from(["FROM", "TO", "CC", "BCC", "SUBJECT"]), words),
    st.builds(Dated, days, st.none(), st.booleans()),
    st.builds(Sized, st.integers(0, 2**64 - 1)),
)
keys: st.SearchStrategy[SearchKey] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(Or, inner, inner),
        st.lists(inner, min_size=2, max_size=4).map(lambda several: And(tuple(several))),
    ),
    max_leaves=12,
)


def rendered_set(messages: SequenceSet) -> str:
    """Return a sequence set as text."""
    return ",".join(f"{low or '*'}:{high or '*'}" for low, high in messages.ranges)


def rendered(key: SearchKey) -> str:
    """Return a search key as text."""
    match key:
        case Numbered(messages, uid):
            return f"UID {rendered_set(messages)}" if uid else rendered_set(messages)
        case Flagged(flag):
            return f"KEYWORD {flag}"
        case InHeader(name, text):
            escaped = text.replace("\\", "\\\\").replace('"', '\\"')
            return f'{name} "{escaped}"'
        case Dated(first, _, sent):
            assert first is not None
            month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][
                first.month - 1
            ]
            return f"{'SENT' if sent else ''}SINCE {first.day}-{month}-{first.year}"
        case Sized(more_than, _):
            return f"LARGER {more_than}"
        case Not(inner):
            return f"NOT {rendered(inner)}"
        case Or(one, other):
            return f"OR {rendered(one)} {rendered(other)}"
        case And(several):
            return f"({' '.join(map(rendered, several))})"
        case _:
            return "ALL"


@given(keys, st.booleans())
def test_a_search_is_read_as_it_was_written(key: SearchKey, uid: bool) -> None:
    """Parsing is the inverse of rendering."""
    line = f"t {'UID ' if uid else ''}SEARCH {rendered(key)}"

    assert grammar.parse(line.encode()) == Request("t", Search(key, uid))


@given(
    sets,
    st.frozensets(st.sampled_from(Item), min_size=1),
    st.lists(st.sampled_from(["BODY.PEEK[]", "BODY[HEADER]", "BODY.PEEK[TEXT]<3.7>", "RFC822.HEADER"]), unique=True),
)
def test_a_fetch_is_read_as_it_was_written(messages: SequenceSet, items: frozenset[Item], sections: list[str]) -> None:
    """Items in any order, sections in the order asked."""
    asked = " ".join([*(item.value for item in items), *sections])

    command = grammar.parse(f"t FETCH {rendered_set(messages)} ({asked})".encode()).command

    assert isinstance(command, Fetch)
    assert (command.messages, command.items, len(command.sections)) == (messages, items, len(sections))


@given(st.binary())
def test_any_bytes_give_a_value(data: bytes) -> None:
    """Nothing that a client sends raises."""
    assert isinstance(grammar.parse(data), Request)


@given(st.sampled_from(sorted(grammar.COMMANDS)), st.text(st.sampled_from(' "(){}\\%*1:,[]<>.ab\r\n\0é'), max_size=30))
def test_any_arguments_give_a_value(verb: str, arguments: str) -> None:
    """Nor does any argument to a known verb."""
    assert isinstance(grammar.parse(f"t {verb} {arguments}".encode()), Request)


@given(sets, st.lists(st.integers(1, 40), unique=True).map(sorted))
def test_a_set_names_each_message_once_and_in_order(messages: SequenceSet, there: list[int]) -> None:
    """However ranges overlap or run, the answer rises; it is what the definition says."""
    named = list(messages.among(there))

    last = there[-1] if there else 0
    bounds = [sorted((low or last, high or last)) for low, high in messages.ranges]
    assert named == [number for number in there if any(low <= number <= high for low, high in bounds)]
