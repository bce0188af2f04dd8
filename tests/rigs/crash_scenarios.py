"""What the crash matrix kills: a world and home made ready, a command, how it is made good, and what must hold then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256

from enabling import connect, enable, redirect
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
