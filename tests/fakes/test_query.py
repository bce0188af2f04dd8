from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.gmail import query
from fakes.gmail.contents import Contents
from fakes.gmail.mail import MailStore
from fakes.gmail.message import Message
from fakes.gmail.query import parse
from fakes.gmail.query_terms import AllOf, AnyOf, Everything, Labelled, Not, Query, Text, Unknown
from fakes.world import World

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
REPORT = (
    b"From: Bob Brown <bob@fabrikam.example>\r\nTo: alice@contoso.com\r\nCc: carol@fabrikam.example\r\n"
    b"Subject: Quarterly report\r\nMessage-ID: <1.a+b@fabrikam.example>\r\nList-ID: <news.fabrikam.example>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nPlease find the figures below, not above.\r\n"
    b'--b\r\nContent-Disposition: attachment; filename="Sales 2026.pdf"\r\n\r\n' + b"x" * 3000 + b"\r\n--b--\r\n"
)


@pytest.fixture
def message(world: World) -> Message:
    """Return a report of the 28th of February, unread, starred, and under a label."""
    mail: MailStore = world.add_account("alice@contoso.com").mail
    arrived = datetime(2026, 1, 5, 9, tzinfo=UTC)
    return mail.add(REPORT, labels=["\\Inbox", "\\Starred", "Big Clients/Fabrikam"], internal_date=arrived)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", True),
        ("figures", True),
        ("figure", False),
        ("quarterly bob", True),
        ("quarterly nobody", False),
        ('"quarterly report"', True),
        ('"report quarterly"', False),
        ('"never closed quarterly', False),
        ('"quarterly report', True),
        ("from:bob", True),
        ("FROM:bob@fabrikam.example", True),
        ("from:carol", False),
        ('from:"bob brown"', True),
        ("to:alice", True),
        ("to:carol", True),
        ("cc:carol", True),
        ("cc:alice", False),
        ("subject:report", True),
        ("subject:(quarterly report)", True),
        ("subject:(quarterly OR nothing)", True),
        ("subject:{nothing report}", True),
        ("subject:(quarterly nothing)", False),
        ("from:(bob -carol)", True),
        ("list:news.fabrikam.example", True),
        ("has:attachment", True),
        ("-has:attachment", False),
        ("is:unread", True),
        ("is:read", False),
        ("is:starred", True),
        ("is:important", False),
        ("in:inbox", True),
        ("in:unread", True),
        ("in:anywhere", True),
        ("in:trash", False),
        ("in:spam", False),
        ("in:sent", False),
        ("label:big-clients-fabrikam", True),
        ('label:"Big Clients/Fabrikam"', True),
        ("label:inbox", True),
        ("label:other", False),
        ("rfc822msgid:1.a+b@fabrikam.example", True),
        ("rfc822msgid:<1.a+b@fabrikam.example>", True),
        ("rfc822msgid:2@fabrikam.example", False),
        ("after:2026/01/05", True),
        ("after:2026/1/6", False),
        ("before:2026/01/05", False),
        ("before:2026-01-06", True),
        ("older:2026/01/06 newer:2026/01/05", True),
        ("after:1767603600", True),
        ("after:1767603601", False),
        ("older_than:85d", True),
        ("older_than:86d", False),
        ("newer_than:86d", True),
        ("older_than:2m", True),
        ("older_than:3m", False),
        ("newer_than:1y", True),
        ("older_than:9999y", False),
        ("larger:3K", True),
        ("larger:3400", True),
        ("larger:1M", False),
        ("smaller:1mb", True),
        ("smaller:100", False),
        ("size:100", True),
        ("filename:pdf", True),
        ('filename:"Sales 2026.pdf"', True),
        ("filename:sales", True),
        ("filename:doc", False),
        ("nothing OR figures", True),
        ("nothing OR nobody OR figures", True),
        ("nothing OR nobody", False),
        ("figures nothing OR below", True),
        ("{nothing figures}", True),
        ("{nothing nobody}", False),
        ("(figures below) OR nothing", True),
        ("figures AND below", True),
        ("-(nothing OR nobody)", True),
        ("-figures", False),
        ("--figures", True),
        ("-{nothing figures}", False),
        ("...", False),
        ("http://figures", False),
    ],
)
def test_queries_find_what_gmail_would(message: Message, text: str, found: bool) -> None:
    """Operators, phrases, negation, either-or, and words wherever they stand."""
    asked = parse(text)

    assert list(query.unknown(asked)) == []
    assert query.holds(asked, Contents(message), NOW) is found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", Everything()),
        (" () {} ", AllOf((Everything(), Everything()))),
        ("a b OR c d", AllOf((Text("a"), AnyOf((Text("b"), Text("c"))), Text("d")))),
        ("OR a OR", Text("a")),
        ("a-b -c", AllOf((Text("a-b"), Not(Text("c"))))),
        ("a ) b }", AllOf((Text("a"), Text("b")))),
        ("(a (b", AllOf((Text("a"), Text("b")))),
        ('"OR" or', AllOf((Text("OR"), Text("or")))),
        ("from:", Everything()),
        ('from:""', Text("", ("from",))),
        ("from:(a subject:b)", AllOf((Text("a", ("from",)), Text("b", ("subject",))))),
        ("in:My-Label", Labelled("My-Label")),
        ("category:social -has:drive x", AllOf((Unknown("category:social"), Not(Unknown("has:drive")), Text("x")))),
        ("before:2026/13/01", Unknown("before:2026/13/01")),
        ("larger:big", Unknown("larger:big")),
    ],
)
def test_queries_become_values(text: str, wanted: Query) -> None:
    """OR binds more tightly than words in a row; brackets and quotes end with the query; the unknown is named."""
    assert parse(text) == wanted


WORDS = [
    "figures",
    "nothing",
    "OR",
    "AND",
    "-",
    "(",
    ")",
    "{",
    "}",
    '"',
    "from:",
    "subject:",
    "is:unread",
    "is:x",
    "older_than:1m",
    "older_than:9999y",
    "before:0001/01/01",
    "after:9999/12/31",
    "larger:1K",
    "label:a",
    "\x00",
    "é",
]
words = st.sampled_from(WORDS)


@given(st.lists(words).map("".join) | st.lists(words).map(" ".join) | st.text())
def test_no_query_raises(text: str) -> None:
    """Whatever is typed has a meaning, and what has one is found or not."""
    message = World().add_account("a@b").mail.add(REPORT, labels=["\\Inbox"])

    asked = parse(text)

    assert query.holds(asked, Contents(message), NOW) in (True, False)
    assert all(isinstance(term, str) for term in query.unknown(asked))


@pytest.mark.parametrize("text", ["(" * 5000, "-" * 5000 + "a", "{(" * 200 + "a" + ")}" * 200, "a OR " * 5000])
def test_hostile_queries_end(text: str) -> None:
    """Nesting without end costs neither stack nor time."""
    parse(text)


simple = st.sampled_from(["figures", "nothing", "from:bob", "from:eve", "is:unread", "larger:1M"])
TRUE = {"figures", "from:bob", "is:unread"}
programs = st.recursive(
    simple.map(lambda term: (term, term in TRUE)),
    lambda inner: st.one_of(
        inner.map(lambda one: (f"-({one[0]})", not one[1])),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]} {two[1][0]})", two[0][1] and two[1][1])),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}) OR ({two[1][0]})", two[0][1] or two[1][1])),
        st.tuples(inner, inner).map(lambda two: (f"{{{two[0][0]} ({two[1][0]})}}", two[0][1] or two[1][1])),
    ),
    max_leaves=6,
)


@given(programs)
def test_combinations_mean_what_they_say(program: tuple[str, bool]) -> None:
    """Negation, rows and alternatives, however they are nested."""
    text, wanted = program
    message = World().add_account("a@b").mail.add(REPORT, labels=["\\Inbox"])

    assert query.holds(parse(f"({text})"), Contents(message), NOW) is wanted


@given(st.integers(1, 9999), st.sampled_from("dmy"), st.integers(0, 20_000))
def test_older_and_newer_are_opposites(number: int, unit: str, days: int) -> None:
    """Every message is one of the two, and the older the message the sooner it is older."""
    world = World()
    message = world.add_account("a@b").mail.add(b"x", labels=[], internal_date=NOW - timedelta(days=days, hours=1))
    contents = Contents(message)
    later = NOW + timedelta(days=1)

    older = query.holds(parse(f"older_than:{number}{unit}"), contents, NOW)

    assert query.holds(parse(f"newer_than:{number}{unit}"), contents, NOW) is not older
    assert query.holds(parse(f"older_than:{number}{unit}"), contents, later) or not older
