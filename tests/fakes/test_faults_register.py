"""Faults as values: what can be said, what cannot, whose turn it is, and the dice."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.faults import Fault, Faults, InvalidFault, Where
from fakes.faults.effects import Answer, At, Delay, Drop, Figure, LoseReply, Omit, Tell, TlsFlaw, Truncate, parse
from fakes.faults.fault import COMMANDS
from fakes.faults.spoiling import responses
from fakes.google import SimulatedGoogle
from fakes.imap.rules import RULES
from fakes.oauth.failing import endpoint_of
from fakes.oauth.handler import ENDPOINTS
from fakes.world import World

WORDS = {
    "close": Drop(),
    "reset@after": Drop(reset=True, at=At.AFTER),
    "close@12": Drop(at=12),
    "stall=90s": Delay(timedelta(seconds=90)),
    "stall=0.5s": Delay(timedelta(seconds=0.5)),
    "truncate=7": Truncate(7),
    "lose-reply": LoseReply(),
    "lose-reply=silent": LoseReply(silent=True),
    "answer=NO [LIMIT] a=b": Answer("NO [LIMIT] a=b"),
    "omit=3,5": Omit(frozenset({3, 5})),
    "uidvalidity=none": Tell(Figure.UIDVALIDITY, "none"),
    "highestmodseq=-10": Tell(Figure.HIGHESTMODSEQ, "-10"),
}


@pytest.mark.parametrize("words", WORDS)
def test_words_become_values_and_words_again(words) -> None:
    """What somebody writes at a keyboard is what is shown to him later."""
    effect = parse(words)

    assert effect == WORDS[words]
    assert str(effect) == words


@pytest.mark.parametrize("word", ["refuse", "repeat", "reorder", *TlsFlaw])
def test_words_that_stand_alone_do_too(word) -> None:
    """No argument, no surprise."""
    assert str(parse(word)) == word


@pytest.mark.parametrize("words", ["", "explode", "close@never", "stall", "stall=5", "truncate=-1", "omit=", "close=1"])
def test_other_words_are_refused_with_those_that_are_allowed(words) -> None:
    """One line that names the field and its value."""
    with pytest.raises(InvalidFault, match=r"^what: '.*' is not possible; allowed are refuse, .*$"):
        parse(words)


REFUSED = {
    "where": (("ftp", "any", "close"), {}, "where: 'ftp' is not possible; allowed are oauth, imap, pop, smtp"),
    "when": (("pop", "FETCH", "close"), {}, "when: 'FETCH' is not possible; for pop allowed are"),
    "tls without tls": (("imap", "FETCH", "expired"), {}, "what: 'expired' is not possible; expired, wrong-name"),
    "tls without a flaw": (("imap", "tls", "close"), {}, "what: 'close' is not possible; expired, wrong-name"),
    "nothing to answer": (("imap", "connect", "truncate=1"), {}, "at connect allowed are refuse, close, reset, stall"),
    "no after": (("imap", "connect", "close@after"), {}, "at connect there is no after"),
    "no bytes": (("smtp", "MAIL", "close@3"), {}, "bytes are counted in IMAP's commands and in SMTP's message"),
    "no UIDs": (("smtp", "MAIL", "omit=1"), {}, "only imap has UIDs"),
    "no search": (("imap", "STORE", "omit=1"), {}, "UIDs are omitted from FETCH and SEARCH"),
    "not told": (("imap", "FETCH", "uidvalidity=1"), {}, "the number is told by SELECT, EXAMINE and STATUS"),
    "no status": (("oauth", "token", "answer=busy"), {}, "for oauth an answer is a status"),
    "never": (("imap", "FETCH", "close"), {"times": 0}, "times: 0 is not possible; allowed is a number, at least 1"),
    "back": (("imap", "FETCH", "close"), {"skip": -1}, "skip: -1 is not possible; allowed is a number, at least 0"),
    "too likely": (("imap", "FETCH", "close"), {"chance": 2}, "chance: 2 is not possible; allowed is a number above 0"),
    "nobody": (
        ("imap", "FETCH", "close"),
        {"account": "alice"},
        "account: 'alice' is not possible; allowed is an email",
    ),
    "too early": (("imap", "greeting", "close"), {"account": "a@b.c"}, "nobody has signed in at 'greeting' yet"),
}


@pytest.mark.parametrize(("words", "options", "complaint"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_in_one_line(words, options, complaint) -> None:
    """Field, value, and what is allowed; the register stays as it was."""
    faults = World().faults

    with pytest.raises(InvalidFault) as refused:
        faults.add(*words, **options)

    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)
    assert faults.list() == ()


def test_a_fault_is_saved_as_json_and_read_again() -> None:
    """Only what somebody has chosen is written; `what` stays in words."""
    fault = Fault.from_json({"where": "imap", "when": "fetch", "what": "stall=30s", "times": 2, "account": "a@b.c"})

    saved = fault.to_json()

    assert saved == {"where": "imap", "when": "FETCH", "what": "stall=30s", "times": 2, "account": "a@b.c"}
    assert Fault.from_json(saved) == fault


@pytest.mark.parametrize("values", [{"where": "imap", "when": "any"}, {"colour": "red"}])
def test_json_that_is_no_fault_is_refused(values) -> None:
    """What is missing or unknown is named."""
    with pytest.raises(InvalidFault, match=r"^(what: None|field: 'colour') is not possible; "):
        Fault.from_json(values)


def test_every_command_that_is_served_can_be_waited_for() -> None:
    """The words of the register cover IMAP's commands and the endpoints of OAuth."""
    imap = {"ID" if kind.__name__ == "Identify" else kind.__name__.upper() for kind in RULES}
    oauth = {endpoint_of(path) for _, path in ENDPOINTS}

    assert imap <= COMMANDS[Where.IMAP]
    assert oauth <= COMMANDS[Where.OAUTH]


def test_names_are_given_and_told_apart() -> None:
    """A name of one's own must be new; without one the words are the name."""
    faults = World().faults
    first, second = faults.add("imap", "NOOP", "close"), faults.add("imap", "noop", "close")

    with pytest.raises(InvalidFault, match="name: 'imap NOOP close' is not possible; another fault has this name"):
        faults.add("pop", "any", "close", name="imap NOOP close")

    assert [first.name, second.name] == ["imap NOOP close", "imap NOOP close (2)"]
    assert faults.list() == (first, second)


def test_a_fault_fires_as_often_as_told_and_is_counted() -> None:
    """`skip` lets matches pass first, `times` is the end of it, `fired` counts."""
    faults = World().faults
    faults.add("imap", "FETCH", "close", name="twice", times=2, skip=1)

    hits = [faults.meets(Where.IMAP, "FETCH", "imap-1") is not None for _ in range(5)]

    assert hits == [False, True, True, False, False]
    assert faults.fired("twice") == 2


def test_a_fault_of_one_account_spares_the_others() -> None:
    """Whatever the case of the address."""
    faults = World().faults
    faults.add("imap", "any", "close", account="Alice@contoso.com")

    assert faults.meets(Where.IMAP, "FETCH", "imap-1", "bob@contoso.com") is None
    assert faults.meets(Where.SMTP, "MAIL", "smtp-1", "alice@contoso.com") is None
    assert faults.meets(Where.IMAP, "NOOP", "imap-1", "alice@contoso.com") is not None


def test_a_removed_fault_is_gone() -> None:
    """And a name that nobody has is told with those that there are."""
    faults = World().faults
    faults.add("imap", "any", "close", name="gone")

    faults.remove("gone")

    assert not faults.armed
    for verb in (faults.remove, faults.fired):
        with pytest.raises(InvalidFault, match="name: 'gone' is not possible; allowed are none: there is no fault"):
            verb("gone")


def test_check_complains_of_a_fault_that_never_fired() -> None:
    """A test whose fault did not happen has tested nothing; dice and optional faults may come or not."""
    google = SimulatedGoogle()
    google.faults.add("imap", "FETCH", "close", name="idle")
    google.faults.add("imap", "FETCH", "close", name="dice", chance=0.5)
    google.faults.add("imap", "FETCH", "close", name="spare", optional=True)

    with pytest.raises(AssertionError) as complaint:
        google.check()

    assert str(complaint.value).splitlines()[1:] == ["the fault 'idle' never fired"]


SESSIONS = st.lists(st.sampled_from(["imap-1", "imap-2", "imap-3"]), max_size=40)


def thrown(faults: Faults, sessions: list[str]) -> dict[str, list[bool]]:
    """Let the sessions say NOOP in this order; return what became of each one's commands."""
    outcomes: dict[str, list[bool]] = defaultdict(list)
    for session in sessions:
        faults.meets(Where.IMAP, "CHECK", session)  # of no interest to the fault
        outcomes[session].append(faults.meets(Where.IMAP, "NOOP", session) is not None)
    return outcomes


@given(SESSIONS, SESSIONS, st.integers(0, 99))
def test_dice_fall_for_a_command_as_they_would_have_without_the_others(one, other, seed) -> None:
    """The k-th match of a session has its outcome by seed and fault, whatever else is said by whom."""
    outcomes = []
    for sessions in (one, other):
        faults = World(seed=seed).faults
        faults.add("imap", "NOOP", "close", chance=0.3)
        outcomes.append(thrown(faults, sessions))

    for session in outcomes[0].keys() & outcomes[1].keys():
        pairs = zip(outcomes[0][session], outcomes[1][session], strict=False)
        assert all(first == second for first, second in pairs)


def test_dice_are_fair_enough() -> None:
    """A chance of one in four is about that over a thousand throws."""
    faults = World().faults
    faults.add("imap", "NOOP", "close", chance=0.25)

    hits = sum(thrown(faults, ["imap-1"] * 1000)["imap-1"])

    assert 200 < hits < 300


@given(st.lists(st.sampled_from([b"* 1 EXISTS\r\n", b"* 1 FETCH (BODY[] {9}\r\n* 2 X\r\n* )\r\n", b"A1 OK\r\n"])))
def test_replies_are_cut_at_responses_and_never_in_a_literal(parts) -> None:
    """Cut and joined they are what they were."""
    assert responses(b"".join(parts)) == parts
