"""The crash matrix: killed by a real SIGKILL before and after every commit and every network step, on both databases.

A scenario is a world and a home as they are made ready, the command that is killed at each of its steps in turn, each
time in a new world of the same kind, and what must hold once it was started again. A sync after that does nothing.
The deaths of a worker in hard case 18, around DATA and the final dot, are among the steps of a sync.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from itertools import count

import pytest
from enabling import connect, enable, redirect
from killing import INTERRUPTED
from place import Place

from fakes.gmail.generator import generate
from fakes.gmail.popping import PopWindow
from fakes.grants import AccessToken
from gmailsync.flows import outbox
from gmailsync.flows.audit import audit
from gmailsync.flows.pull import pull
from gmailsync.flows.receiving import receive
from gmailsync.model.profile import GMAIL_INCOMING, IncomingProtocol
from gmailsync.rules.cursor import MAX_MESSAGES
from gmailsync.rules.popping import BETWEEN_LOOKS

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"

SYNC = ("sync", ALICE, "--json")

FAILED = 1
"""The exit status of a sync that leaves something undone."""

POISON = b"Message-ID: <poison@x.example>\r\nSubject: poison\r\n\r\nNobody can read this.\r\n"

BY_IMAP = GMAIL_INCOMING[IncomingProtocol.IMAP]

A_MINUTE = timedelta(minutes=1)
"""How long it takes until somebody starts again what was killed: leases that it held have not run out by then."""

MOVING = ("BODY", "RETR", "DATA", "/token")
"""What a client says who fetches, submits, or renews a token."""


@dataclass(frozen=True)
class Scenario:
    """What is killed, and how it is made good.

    `prepare` makes ready and returns the command, `again` does what one does after it was killed, `holds` asserts.
    `passes` are kinds of steps that the command must have, so that no kind is left out unseen. `ends` is the exit
    status of the command where nobody kills it.
    """

    name: str
    prepare: Callable[[Place], tuple[str, ...]]
    again: Callable[[Place, tuple[str, ...]], None]
    holds: Callable[[Place], None]
    passes: frozenset[str]
    ends: int = 0


# --- made ready ---


def enabled(place: Place) -> None:
    """Alice's mailbox is enabled, and her access token is over."""
    for address in (ALICE, BOB):
        place.google.add_account(address)
    with place.opened() as ports:
        enable(ports, place.google, ALICE)
    place.google.clock.advance(timedelta(hours=2))


def mail_both_ways(place: Place, *, seed: int, emails: int = 1) -> None:
    """Let mail wait in Gmail, and so many emails in the outbox."""
    for raw in generate(seed, 5, to=ALICE):
        place.google.deliver(ALICE, raw)
    with place.opened() as ports:
        for number in range(emails):
            outbox.queue(ports, sender=ALICE, to=[BOB], subject=f"Offer {seed}.{number}", body="As promised.\n")


def first_sync(place: Place) -> tuple[str, ...]:
    """Nothing was synced yet."""
    enabled(place)
    mail_both_ways(place, seed=11, emails=2)
    return SYNC


def next_sync(place: Place) -> tuple[str, ...]:
    """All was in step; since then mail has come, gone, and found another label."""
    first_sync(place)
    assert place.run(*SYNC).status == 0
    place.google.clock.advance(timedelta(hours=2))
    mail_both_ways(place, seed=12)
    with place.google.on_the_web(ALICE) as mail:
        known = [message for message in mail.messages() if "\\Inbox" in message.labels]
        mail.delete(known[0].gm_msgid)
        mail.add_labels(known[1].gm_msgid, ["Customers"])
    return SYNC


def not_tested_yet(place: Place) -> tuple[str, ...]:
    """Nothing was tried yet, but the owner has signed in."""
    place.google.add_account(ALICE)
    with place.opened() as ports:
        connect(ports, place.google, ALICE)
    return ("mailbox", "test", ALICE, "--enable")


def new_sign_in(place: Place) -> tuple[str, ...]:
    """Mail moves, and the owner has just consented once more."""
    enabled(place)
    mail_both_ways(place, seed=13)
    return sign_in(place)


def sign_in(place: Place) -> tuple[str, ...]:
    with place.opened() as ports:
        return ("mailbox", "sign-in", ALICE, "--response", redirect(ports, place.google, ALICE))


def long_first_sync(place: Place) -> tuple[str, ...]:
    """Nothing was synced yet of two folders, and the Inbox takes two commits; some mail lies in both."""
    enabled(place)
    in_two_folders(place)
    mail_both_ways(place, seed=18)
    for number in range(MAX_MESSAGES + 2):
        place.google.deliver(ALICE, b"Message-ID: <%d@x.example>\r\nSubject: %d\r\n\r\n" % (number, number))
    with place.google.on_the_web(ALICE) as mail:
        for message in list(mail.messages())[-3:]:
            mail.add_labels(message.gm_msgid, ["Customers"])
        mail.add(b"Subject: filed\r\n\r\n", labels=["Customers"])
    return SYNC


def failed_before(place: Place) -> tuple[str, ...]:
    """Two messages are in the failure ledger: one could not be read, and Gmail withheld another; now all is mended."""
    enabled(place)
    mail_both_ways(place, seed=14)
    place.google.faults.add("imap", "FETCH", "omit=3", name="withheld")
    with place.opened() as ports:
        with ports.store.begin() as tx:
            mailbox, profile = tx.mailboxes.get(ALICE), tx.profiles.get("Gmail")
        pull(ports, mailbox, profile, receive=choking)
        with ports.store.begin() as tx:
            assert [entry.has_bytes for entry in tx.failures.select()] == [False, True]
    place.google.faults.remove("withheld")
    place.google.clock.advance(timedelta(hours=2))
    mail_both_ways(place, seed=15)
    return SYNC


def fails_now(place: Place) -> tuple[str, ...]:
    """Gmail withholds one message and another cannot be read, so that both are about to enter the failure ledger."""
    enabled(place)
    mail_both_ways(place, seed=19, emails=0)
    place.google.deliver(ALICE, POISON)
    place.google.faults.add("imap", "FETCH", "omit=3", name="withheld")
    place.chokes_on = "poison"
    return SYNC


def choking(tx, mailbox, messages, now):
    """Read mail, with a mistake that one message makes show."""
    if any(message.uid == 5 for message in messages):
        raise ZeroDivisionError
    return receive(tx, mailbox, messages, now)


def sync_by_pop(place: Place) -> tuple[str, ...]:
    """Nothing was synced yet, and the server profile says POP."""
    first_sync(place)
    place.google.set_pop(ALICE, window=PopWindow.ALL_MAIL)
    with place.opened() as ports, ports.store.begin() as tx:
        profile = tx.profiles.get("Gmail")
        incoming = GMAIL_INCOMING[IncomingProtocol.POP]
        tx.profiles.save(replace(profile, protocol=IncomingProtocol.POP, incoming=incoming))
    return SYNC


def other_uids(place: Place) -> tuple[str, ...]:
    """All was in step; since then mail has come and gone, and the UIDs of both folders mean other messages."""
    enabled(place)
    in_two_folders(place)
    mail_both_ways(place, seed=16)
    assert place.run(*SYNC).status == 0
    place.google.clock.advance(timedelta(hours=2))
    mail_both_ways(place, seed=17)
    with place.google.on_the_web(ALICE) as mail:
        known = [message for message in mail.messages() if "\\Inbox" in message.labels]
        mail.delete(known[0].gm_msgid)
        mail.add_labels(known[1].gm_msgid, ["Customers"])
        for name in ("INBOX", "Customers"):
            mail.folder(name).uidvalidity += 7
    return SYNC


def in_two_folders(place: Place) -> None:
    """Let a folder be read besides the Inbox."""
    with place.google.on_the_web(ALICE) as mail:
        mail.create_label("Customers")
    with place.opened() as ports, ports.store.begin() as tx:
        tx.mailboxes.save(replace(tx.mailboxes.get(ALICE), folders=("INBOX", "Customers")))


# --- made good ---


def run_again(place: Place, command: tuple[str, ...]) -> None:
    """Run the same command to its end."""
    again = place.run(*command)
    assert (again.status, again.err) == (0, "")


def mend(place: Place, command: tuple[str, ...]) -> None:
    """Let it fail to its end, find both messages in the ledger once, and run it when all is mended."""
    assert place.run(*command).status == FAILED
    with place.opened() as ports, ports.store.begin() as tx:
        entries = [tx.failures.get(entry.id) for entry in tx.failures.select()]
    _, contents = place.stored("incoming")
    there = place.google.account(ALICE).mail.folder("INBOX").uids
    assert [(one.code, one.raw) for one in entries] == [("message.withheld", None), ("message.unreadable", POISON)]
    assert len(contents) == len(there) - len(entries) - 1  # Test & Enable's own
    place.google.faults.remove("withheld")
    place.chokes_on = ""
    place.google.clock.advance(timedelta(hours=2))
    run_again(place, command)


def sign_in_again(place: Place, command: tuple[str, ...]) -> None:
    """Try the same redirect and, if Google's code or our half of it is used up by now, let the owner sign in anew."""
    if place.run(*command).status != 0:
        run_again(place, sign_in(place))


def look_again_by_pop(place: Place, command: tuple[str, ...]) -> None:
    """Run it when Gmail may be asked by POP again, and once more later: the second look finds nothing."""
    for _ in range(2):
        place.google.clock.advance(BETWEEN_LOOKS)
        run_again(place, command)
    place.google.clock.advance(BETWEEN_LOOKS)


# --- what must hold ---


def mail_is_in_step(place: Place) -> None:
    """Each message is stored once and none is missing, each email came to its recipient once, and all is settled."""
    mail_moved_once(place)
    assert place.contents()["alerts"] == []


def mail_moved_once(place: Place) -> None:
    """Expect the same of mail, whatever was told about it in between."""
    incoming, contents = place.stored("incoming")
    outgoing, _ = place.stored("outgoing")
    tables = place.contents()
    received = [message.raw for message in place.google.account(BOB).mail.messages()]
    there = [m.raw for m in place.google.account(ALICE).mail.messages() if "\\Sent" not in m.labels]

    assert contents == [email.sha256 for email in incoming]
    assert [digest for digest, times in Counter(contents).items() if times > 1] == []
    assert {sha256(raw).hexdigest() for raw in there} <= set(contents)
    assert {email.status for email in outgoing} <= {"sent"}
    assert Counter(map(message_id, received)) == Counter(email.headers.message_id for email in outgoing)
    assert [attempt for attempt in tables["attempts"] if attempt["event"] is None] == []
    newest_token_is_kept(place)


def mail_is_in_its_places(place: Place) -> None:
    """Expect also that each message of both folders lies where it lies in Gmail."""
    mail_is_in_step(place)
    with place.opened() as ports, ports.store.begin() as tx:
        mailbox = tx.mailboxes.get(ALICE)
        for name in ("INBOX", "Customers"):
            there = place.google.account(ALICE).mail.folder(name)
            cursor = tx.folders.cursor(mailbox.id, name)
            assert (cursor.uidvalidity, cursor.backlog_uid) == (there.uidvalidity, 0)
            assert tx.folders.outcomes(mailbox.id, cursor).keys() == there.uids.keys()


def ledger_is_empty(place: Place) -> None:
    """Expect also that nothing is left of what had failed."""
    mail_is_in_step(place)
    assert place.contents()["failures"] == []


def trouble_is_over(place: Place) -> None:
    """Expect nothing in the ledger any more, and no alert that is open."""
    mail_moved_once(place)
    assert place.contents()["failures"] == []
    with place.opened() as ports, ports.store.begin() as tx:
        assert tx.alerts.select() == []


def mail_moves(place: Place) -> None:
    """Mail is put in step by the next sync."""
    run_again(place, SYNC)
    mail_is_in_step(place)


def no_mail_came(place: Place) -> None:
    """Mail would move, and no test message is taken for mail, whoever sent it and was killed."""
    run_again(place, SYNC)
    (mailbox,) = place.contents()["mailboxes"]

    assert (mailbox["incoming_enabled"], mailbox["outgoing_enabled"]) == (True, True)
    assert place.stored("incoming") == ([], [])
    assert place.contents()["alerts"] == []
    newest_token_is_kept(place)


def newest_token_is_kept(place: Place) -> None:
    """Expect the access token that Google issued last in the store."""
    issued = [one.text for one in place.google.world.grants.issued if isinstance(one, AccessToken)]
    with place.opened() as ports, ports.store.begin() as tx:
        (grant,) = tx.grants.all().values()

    assert grant.access_token.reveal() == issued[-1]


def mailbox_is_proven(place: Place) -> None:
    """Expect the audit to find each message of the server where it should be, and nothing to mend.

    POP shows no audit all messages: the mailbox is read by IMAP for it, which folds them onto what POP has brought.
    """
    with place.opened() as ports:
        with ports.store.begin() as tx:
            profile = tx.profiles.get("Gmail")
            tx.profiles.save(replace(profile, protocol=IncomingProtocol.IMAP, incoming=BY_IMAP))
        audited = audit(ports, ALICE)

    assert (audited.error, audited.ok) == (None, True)
    assert (audited.audit.stored, audited.audit.mended) == (audited.audit.expected, 0)


def message_id(raw: bytes) -> str:
    return raw.partition(b"Message-ID: ")[2].partition(b"\r\n")[0].decode()


EVERY_WAY = frozenset(
    f"{verb} {service}" for verb in ("connect", "handshake", "send", "receive") for service in ("https", "imap", "smtp")
) | {"commit", "exit"}
BY_TOKEN_ENDPOINT = frozenset(step for step in EVERY_WAY if not step.endswith(("imap", "smtp")))
BY_FETCHING = frozenset(step for step in EVERY_WAY if not step.endswith("smtp"))
BY_POP = frozenset(step.replace("imap", "pop") for step in EVERY_WAY)

SCENARIOS = (
    Scenario("first sync", first_sync, run_again, mail_is_in_step, EVERY_WAY),
    Scenario("next sync", next_sync, run_again, mail_is_in_step, EVERY_WAY),
    Scenario("test and enable", not_tested_yet, run_again, no_mail_came, EVERY_WAY),
    Scenario("sign-in", new_sign_in, sign_in_again, mail_moves, BY_TOKEN_ENDPOINT),
)
LONGER = (
    Scenario("long first sync", long_first_sync, run_again, mail_is_in_its_places, EVERY_WAY),
    Scenario("out of the failure ledger", failed_before, run_again, ledger_is_empty, EVERY_WAY),
    Scenario("by POP", sync_by_pop, look_again_by_pop, mail_is_in_step, BY_POP),
    Scenario("another UIDVALIDITY", other_uids, run_again, mail_is_in_its_places, EVERY_WAY),
)
"""What only the long proofs have time for."""

INTO_THE_LEDGER = Scenario("into the failure ledger", fails_now, mend, trouble_is_over, BY_FETCHING, ends=FAILED)


# --- killed ---


KILL_POINTS = "kill points: "
"""How the properties of tests begin that tests/conftest.py sums up."""

SHARES = 10
"""How many tests a scenario is dealt out to: each takes every tenth step."""

APART = 30
"""A plain run takes every thirtieth step, on each database others."""


def dealt_out():
    """Return each scenario's shares as parameters; of the longer ones every fifth."""
    for scenario in (*SCENARIOS, *LONGER):
        for share in range(1, SHARES + 1, 5 if scenario in LONGER else 1):
            yield pytest.param(scenario, share, id=f"{scenario.name}-{share}")


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "share"), list(dealt_out()))
def test_hard_case_11_killed_at_any_step(scenario, share, places, record_property):
    """Whenever it is killed, the next run makes all good, and the one after that has nothing left to do."""
    steps = stopped_at_each(count(share, SHARES), scenario, places, signal.SIGKILL)

    record_property("kill points of all shares", len(steps))
    record_property(f"{KILL_POINTS}{scenario.name}", points(steps, share, SHARES))
    assert scenario.passes <= set(steps)


@pytest.mark.parametrize("scenario", [*SCENARIOS, INTO_THE_LEDGER], ids=lambda scenario: scenario.name)
def test_hard_case_11_killed_here_and_there(scenario, kind, places, record_property):
    """What holds at any step holds at those few that a plain run has time for."""
    first = {"sqlite": 1, "postgresql": 11}[kind]

    steps = stopped_at_each(count(first, APART), scenario, places, signal.SIGKILL)

    record_property(f"{KILL_POINTS}{scenario.name}, sparse", points(steps, first, APART))
    assert scenario.passes <= set(steps)


@pytest.mark.slow
@pytest.mark.parametrize("share", range(1, SHARES + 1))
def test_hard_case_13_killed_while_messages_enter_the_failure_ledger(share, places, record_property):
    """One is withheld and one cannot be read: each is in the ledger once, and an email once all is mended."""
    steps = stopped_at_each(count(share, SHARES), INTO_THE_LEDGER, places, signal.SIGKILL)

    record_property(f"{KILL_POINTS}{INTO_THE_LEDGER.name}", points(steps, share, SHARES))
    assert INTO_THE_LEDGER.passes <= set(steps)


def points(steps, first, every):
    """Return before how many of the steps the process was killed."""
    return len(range(first, len(steps) + 1, every))


@pytest.mark.slow
def test_ctrl_c_at_any_step(places):
    """What a person stops is made good as well."""
    stopped_at_each(count(2, 4), SCENARIOS[0], places, signal.SIGINT)


def stopped_at_each(numbers, scenario, places, how):
    """Stop the scenario's command before each of these steps, as far as it has as many; return all of its steps."""
    stopped_at = []
    for step in numbers:
        with places() as place:
            command = scenario.prepare(place)
            stopped = place.run(*command, before=step, how=how)
            if stopped.status == scenario.ends:
                assert stopped_at
                return stopped.steps
            stopped_at.append(step)
            with telling_of(step, stopped):
                assert stopped.status == {signal.SIGKILL: -signal.SIGKILL, signal.SIGINT: INTERRUPTED}[how]
                place.google.clock.advance(A_MINUTE)
                scenario.again(place, command)
                scenario.holds(place)
                contents, said = place.contents(), len(place.google.journal.entries)
                run_again(place, SYNC)
                assert place.contents() == contents
                assert [text for text in place.said(said) if any(word in text for word in MOVING)] == []
                mailbox_is_proven(place)
    raise AssertionError("there is no end to the steps")


@contextmanager
def telling_of(step, stopped):
    """Say of a failure where the process was stopped."""
    try:
        yield
    except AssertionError as error:
        error.add_note(f"stopped before step {step}: {', '.join(stopped.steps[-4:])}; {stopped.err}")
        raise
