"""IMAP conversations in which something goes wrong on purpose, without sockets."""

from __future__ import annotations

import base64
from itertools import count

import pytest

from fakes.actions import Send
from fakes.faults.addresses import TAGS
from fakes.faults.effects import Figure, Tell
from fakes.faults.spoiling import spoiled
from fakes.imap.session import ImapSession
from fakes.world import World

ALICE = "alice@contoso.com"


@pytest.fixture
def inbox(alice, imap, talk) -> ImapSession:
    """Three messages, UIDs 1 to 3, in a folder that is selected."""
    for number in (1, 2, 3):
        alice.mail.add(b"Subject: %d\r\n\r\nhello\r\n" % number, labels=["\\Inbox"], flags=["\\Seen"])
    imap.receive(b"A1 SELECT INBOX\r\n")
    return imap


FETCHED = """
    S: * 1 FETCH (UID 1)
    S: * 2 FETCH (UID 2)
    S: * 3 FETCH (UID 3)
"""

OUTCOMES = {
    "refuse": "S: A2 NO [UNAVAILABLE] Temporary System Problem. Please try again later. (Failure)",
    "close": "S: (closes)",
    "reset": "S: (resets)",
    "close@after": f"{FETCHED}S: A2 OK Success\nS: (closes)",
    "reset@after": f"{FETCHED}S: A2 OK Success\nS: (resets)",
    "stall=30s": f"S: (stalls 30 s)\n{FETCHED}S: A2 OK Success",
    "truncate=22": "S: * 1 FETCH (UID 1)\nS: * 2(closes)",
    "lose-reply": "S: (closes)",
    "lose-reply=silent": "",
    "answer=NO [LIMIT] slower": "S: A2 NO [LIMIT] slower",
    r"answer=* 3 EXISTS\nOK done": "S: * 3 EXISTS\nS: A2 OK done",
    "answer=* BYE": "S: * BYE\nS: (closes)",
    "omit=2": "S: * 1 FETCH (UID 1)\nS: * 3 FETCH (UID 3)\nS: A2 OK Success",
    "repeat": "".join(f"S: * {n} FETCH (UID {n})\n" * 2 for n in (1, 2, 3)) + "S: A2 OK Success",
    "reorder": "".join(f"S: * {n} FETCH (UID {n})\n" for n in (3, 2, 1)) + "S: A2 OK Success",
}


@pytest.mark.parametrize(("what", "outcome"), OUTCOMES.items(), ids=OUTCOMES)
def test_a_fetch_goes_wrong_as_told(world, inbox, talk, what, outcome) -> None:
    """Each word has its effect once, and then the next command is answered if the connection lives."""
    world.faults.add("imap", "FETCH", what, name="it", times=1)

    talk(inbox, f"C: A2 UID FETCH 1:* (UID)\n{outcome}")

    assert world.faults.fired("it") == 1
    closed = "closes" in outcome or "resets" in outcome
    talk(inbox, "C: A3 NOOP" if closed else f"C: A3 FETCH 1:* (UID)\n{FETCHED}S: A3 OK Success")


def test_a_refused_command_is_not_carried_out_and_a_lost_reply_is_of_one_that_was(world, alice, inbox, talk) -> None:
    """The difference between a fault at the act and a fault at the reply."""
    world.faults.add("imap", "STORE", "refuse", times=1)
    world.faults.add("imap", "STORE", "lose-reply")

    talk(inbox, "C: A2 STORE 1 -FLAGS (\\Seen)\nS: A2 NO [UNAVAILABLE] …")
    before = alice.mail.folder("INBOX").uids[1]
    flags = [alice.mail.message(before).flags]
    talk(inbox, "C: A3 STORE 1 -FLAGS (\\Seen)\nS: (closes)")
    flags.append(alice.mail.message(before).flags)

    assert flags == [{"\\Seen"}, frozenset()]


def test_commands_sent_together_suffer_one_by_one(world, inbox, said) -> None:
    """The replies to those before the fault are sent as they are; those behind it are never read."""
    world.faults.add("imap", "CHECK", "close")

    heard = said(inbox.receive(b"A2 NOOP\r\nA3 CHECK\r\nA4 NOOP\r\n"))

    assert heard == "A2 OK Success\r\n(closes)\r\n"


def test_a_search_omits_uids(world, inbox, talk) -> None:
    """By UID or by number; a UID that was not found anyway leaves the fault unfired."""
    world.faults.add("imap", "SEARCH", "omit=2", name="it", times=1)

    talk(inbox, "C: A2 SEARCH 3\nS: * SEARCH 3\nS: A2 OK SEARCH completed (Success)")
    missed = world.faults.fired("it")
    talk(inbox, "C: A3 UID SEARCH ALL\nS: * SEARCH 1 3\nS: A3 OK SEARCH completed (Success)")
    talk(inbox, "C: A4 UID SEARCH ALL\nS: * SEARCH 1 2 3\nS: A4 OK SEARCH completed (Success)")

    assert (missed, world.faults.fired("it")) == (0, 1)


def test_select_and_status_tell_another_uidvalidity(world, imap, said) -> None:
    """Lower, higher, a number of one's own, or none at all."""
    told = []
    for change in ("+1", "-1", "0", "none"):
        world.faults.add("imap", "any", f"uidvalidity={change}", name=change)
        lines = said(imap.receive(b"A1 SELECT INBOX\r\nA2 STATUS INBOX (UIDVALIDITY UIDNEXT)\r\n")).splitlines()
        told.append([line for line in lines if "UIDVALIDITY" in line or "STATUS" in line])
        world.faults.remove(change)

    assert told == [
        ["* OK [UIDVALIDITY 2] UIDs valid.", '* STATUS "INBOX" (UIDNEXT 1 UIDVALIDITY 2)'],
        ["* OK [UIDVALIDITY 0] UIDs valid.", '* STATUS "INBOX" (UIDNEXT 1 UIDVALIDITY 0)'],
        ["* OK [UIDVALIDITY 0] UIDs valid.", '* STATUS "INBOX" (UIDNEXT 1 UIDVALIDITY 0)'],
        ['* STATUS "INBOX" (UIDNEXT 1)'],
    ]


MODSEQS = {
    "-10": b'* OK [HIGHESTMODSEQ 490]\r\n* STATUS "INBOX" (MESSAGES 3 HIGHESTMODSEQ 490)\r\n',
    "1": b'* OK [HIGHESTMODSEQ 1]\r\n* STATUS "INBOX" (MESSAGES 3 HIGHESTMODSEQ 1)\r\n',
    "none": b'* STATUS "INBOX" (MESSAGES 3)\r\n',
}


@pytest.mark.parametrize("change", MODSEQS)
def test_a_highestmodseq_falls_or_is_missing(change) -> None:
    """In the form that Gmail gives it, without a text after the bracket."""
    told = b'* OK [HIGHESTMODSEQ 500]\r\n* STATUS "INBOX" (MESSAGES 3 HIGHESTMODSEQ 500)\r\n'

    changed = spoiled(Tell(Figure.HIGHESTMODSEQ, change), [Send(told)])

    assert changed == [Send(MODSEQS[change])]


GREETINGS = {
    "refuse": "S: * BYE Temporary System Problem. Please try again later.\nS: (closes)",
    "close": "S: (closes)",
    "answer=* OK hello": "S: * OK hello",
    "truncate=6": "S: * OK G(closes)",
    "stall=5s": "S: (stalls 5 s)\nS: * OK Gimap ready for requests from 127.0.0.1 s1",
}


@pytest.mark.parametrize(("what", "outcome"), GREETINGS.items(), ids=GREETINGS)
def test_a_greeting_goes_wrong_as_told(world, said, what, outcome) -> None:
    """The server's first words are a reply like any other."""
    world.faults.add("imap", "greeting", what)

    heard = said(ImapSession(world, session_id="s1").connected())

    assert heard == "".join(f"{line[3:]}\r\n" for line in outcome.splitlines())


def credentials(token: str, address: str = ALICE) -> bytes:
    return base64.b64encode(f"user={address}\x01auth=Bearer {token}\x01\x01".encode())


@pytest.mark.parametrize("initial", [True, False], ids=["in the command", "after the challenge"])
def test_a_sign_in_of_one_account_fails(world, alice, access_token, said, initial) -> None:
    """Whom a sign-in is for is known when the credentials are there."""
    bob = world.add_account("bob@contoso.com")
    world.faults.add("imap", "AUTHENTICATE", "answer=NO [ALERT] Too many simultaneous connections.", account=ALICE)
    outcomes = []

    for address in (bob.address, alice.address):
        session = ImapSession(world)
        session.connected()
        response = credentials(access_token(world, address), address)
        if initial:
            heard = session.receive(b"A0 AUTHENTICATE XOAUTH2 " + response + b"\r\n")
        else:
            session.receive(b"A0 AUTHENTICATE XOAUTH2\r\n")
            heard = session.receive(response + b"\r\n")
        outcomes.append(said(heard).splitlines()[-1])

    assert outcomes == [
        "A0 OK bob@contoso.com authenticated (Success)",
        "A0 NO [ALERT] Too many simultaneous connections.",
    ]


def test_the_reply_that_an_idle_loses_is_the_last_one(world, imap, talk) -> None:
    """What the command says on its way stays as it is."""
    imap.receive(b"A1 SELECT INBOX\r\n")
    world.faults.add("imap", "IDLE", "lose-reply")

    talk(imap, "C: A2 IDLE\nS: + idling\nC: DONE\nS: (closes)")


@pytest.mark.parametrize("step", [1, 5, 100])
@pytest.mark.parametrize("size", [1, 7, 40])
def test_a_connection_ends_at_a_byte_of_a_command_or_its_literal(world, alice, imap, said, size, step) -> None:
    """However the bytes are chopped; the command is never carried out, and what came before it is answered."""
    world.faults.add("imap", "APPEND", f"close@{size}")
    conversation = b"A1 NOOP\r\nA2 APPEND INBOX {20+}\r\n0123456789\n123456789\r\n"

    heard = "".join(
        said(imap.receive(conversation[start : start + step])) for start in range(0, len(conversation), step)
    )

    assert heard == "A1 OK Success\r\n(closes)\r\n"
    assert not alice.mail.folder("INBOX").uids


def test_a_byte_that_never_arrives_ends_nothing(world, alice, imap, talk) -> None:
    """The command is shorter, so the fault has not fired."""
    world.faults.add("imap", "NOOP", "close@500", name="far")

    talk(imap, "C: A1 NOOP\nS: A1 OK Success")

    assert world.faults.fired("far") == 0


@pytest.mark.parametrize("tag", TAGS)
def test_an_address_brings_the_fault_that_its_tag_names(world, access_token, said, tag) -> None:
    """From the sign-in on, and for this account only; it goes with the account."""
    tagged, plain = f"alice+{tag}@contoso.com", "carol+news@contoso.com"
    heard = {}

    for address in (tagged, plain):
        world.add_account(address)
        session = ImapSession(world)
        session.connected()
        session.receive(b"A0 CAPABILITY\r\n")
        response = credentials(access_token(world, address), address)
        heard[address] = said(session.receive(b"A1 AUTHENTICATE XOAUTH2 " + response + b"\r\n"))

    assert heard[plain].endswith("authenticated (Success)\r\n")
    assert heard[plain].replace(plain, tagged) != heard[tagged]
    world.delete_account(tagged)
    assert not world.faults.armed


PROGRAM = (b"A1 SELECT INBOX\r\n", b"A2 UID FETCH 1:* (UID)\r\n", b"A3 STORE 1 -FLAGS (\\Seen)\r\n", b"A4 LOGOUT\r\n")


def test_failing_at_each_wire_event_in_turn_comes_to_an_end(open_imap) -> None:
    """Each event comes once, in order: before and after each command; the first that nobody meets ends the loop."""
    happened, stored = [], []

    for n in count(1):
        world = World()
        mail = world.add_account(ALICE).mail
        message = mail.add(b"Subject: 1\r\n\r\n", labels=["\\Inbox"], flags=["\\Seen"])
        session = open_imap(world)
        event = world.faults.nth_wire_event(n)
        for command in PROGRAM:
            session.receive(command)
        if not event.fired:
            break
        happened.append(event.happened)
        stored.append(not mail.message(message.gm_msgid).flags)

    commands = ("SELECT", "FETCH", "STORE", "LOGOUT")
    assert happened == [f"{moment} imap {command}" for command in commands for moment in ("before", "after")]
    assert stored == [False] * 5 + [True] * 3
