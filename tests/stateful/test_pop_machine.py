"""Incoming mail by POP, and from POP to IMAP and back, as a state machine: nothing lost, nothing doubled.

The whole product looks over sockets at a mailbox whose owner, other POP programs and administrators do as they like:
Gmail shows mail in parts and each message once, sessions break off at any command, the process dies (`dying`).

What is expected is what POP can promise. A message must be stored when one of our sessions made Gmail let go of it,
when Gmail shows it in the end, or when IMAP does. What another program has fetched, what its owner has deleted, and
what a window of the owner's hides may never have been shown to us. Two messages of the very same bytes may be one
email where POP brought it; and by POP the lines of a message end as POP ends them. A message that was listed and never
handed over stays in the failure ledger as long as it is not shown again; a person gives it up in the end.
"""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from dying import Death
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from living import ALICE, Living

from fakes.gmail.popping import Disposition, PopWindow
from fakes.journal import Party
from fakes.wire import crlf
from gmailsync.errors import StoreError
from gmailsync.flows import administration, cycle, ledger
from gmailsync.flows.administration import MailboxChange, ProfileChange
from gmailsync.flows.audit import audit
from gmailsync.flows.pull import pull
from gmailsync.flows.pull_pop import pull_pop
from gmailsync.flows.receiving import receive
from gmailsync.model.folder import Outcome
from gmailsync.model.mailbox import MailboxKind
from gmailsync.model.profile import IncomingProtocol

IMAP, POP = IncomingProtocol.IMAP, IncomingProtocol.POP
SHOWN_AT_ONCE = 4
"""How many messages the simulated Gmail shows in one session of these lives; Gmail itself some 265."""

FORMS = (
    b"Message-ID: <%d@x.example>\r\nSubject: %d\r\n\r\ntext\r\n.dots\r\n..\r\n",
    b"Subject: no id %d %d\r\n\r\ntext\r\n",
    b"Subject: no id, no end %d %d\r\n\r\ntext",
    b"Message-ID: <%d@x.example>\nSubject: %d\n\nlines as Unix ends them",
    b"Subject: no id, as Unix ends them %d %d\n\ntext\n",
    b"From: "
    + ALICE.encode()
    + b"\r\nTo: bob@contoso.com\r\nMessage-ID: <%d@x.example>\r\nSubject: sent %d\r\n\r\nmine\r\n",
)
"""Messages, with their number twice. The last is Gmail's copy of what the owner sent, which no sync brings."""
SENT_COPY = len(FORMS) - 1

LABELS = st.sampled_from(["\\Inbox", "Work", "\\Trash", "\\Junk"])

BREAKS = (
    "close",
    "reset",
    "close@after",
    "lose-reply",
    "truncate=0",
    "truncate=30",
    "truncate=100",
    "refuse",
    "answer=-ERR no such message",
    "answer=-ERR [AUTH] Username and password not accepted.",
    "answer=-ERR [IN-USE] Unable to lock maildrop: mailbox is locked by another POP session",
)
"""What may befall a command."""


CHANGES = {
    "recent on": MailboxChange(pop_recent=True),
    "recent off": MailboxChange(pop_recent=False),
    "to a queue that empties it": MailboxChange(kind=MailboxKind.QUEUE, pop_delete=True),
    "to a user": MailboxChange(kind=MailboxKind.USER, pop_delete=False),
}
"""What administrators change."""


@dataclass(frozen=True)
class Delivered:
    """A message as it came to Gmail."""

    raw: bytes
    is_sent_copy: bool


class Misread(Exception):
    """What a message made of a mistake of ours."""


class ByPop(Living):
    """What happens to a mailbox that is read by POP, or by IMAP meanwhile, and what is stored of it."""

    def __init__(self):
        super().__init__(pop=True)
        self.popping = self.google.account(ALICE).popping
        self.popping.batch = SHOWN_AT_ONCE
        self.protocol = IMAP
        self.delivered: dict[int, Delivered] = {}
        self.let_go: set[int] = set()

    @initialize(
        protocol=st.sampled_from([POP, POP, IMAP]),
        folders=st.sampled_from([("INBOX",), ("INBOX", "Work")]),
        change=st.sampled_from(sorted(CHANGES)),
        forms=st.lists(st.integers(0, SENT_COPY), min_size=2, max_size=10),
    )
    def choose(self, protocol, folders, change, forms):
        """Let an administrator choose how and what is read of the mail that there is."""
        administration.set_mailbox(self.ports, ALICE, MailboxChange(folders=folders))
        self.folders = folders
        self.set_mailbox(change)
        self.switch(protocol)
        self.deliver(forms, "\\Inbox", is_synced=False)

    # --- the mailbox lives ---

    @rule(
        forms=st.lists(st.integers(0, SENT_COPY), min_size=1, max_size=6),
        label=st.sampled_from(["\\Inbox", "Work"]),
        is_synced=st.booleans(),
    )
    def deliver(self, forms, label, is_synced):
        """Let messages arrive, and copies of sent ones appear; at once a cycle may find them."""
        with self.google.world.lock:
            for form in forms:
                number = next(self.numbers)
                self._add(FORMS[form] % (number, number), label, is_sent_copy=form == SENT_COPY)
        if is_synced:
            self._run()

    @rule(data=st.data())
    def deliver_again(self, data):
        """Let the very same bytes arrive once more."""
        if gm_msgid := self._some(data):
            with self.google.world.lock:
                self._add(self.delivered[gm_msgid].raw, "\\Inbox")

    @rule(data=st.data(), label=LABELS, on=st.booleans())
    def relabel(self, data, label, on):
        """Let the owner label a message, throw it away, or take a label away."""
        if gm_msgid := self._some(data):
            with self.google.world.lock:
                (self.mail.add_labels if on else self.mail.remove_labels)(gm_msgid, [label])

    @rule(data=st.data())
    def delete(self, data):
        """Let a message be deleted for good."""
        if gm_msgid := self._some(data):
            with self.google.world.lock:
                self.mail.delete(gm_msgid)

    @rule(data=st.data())
    def fetch_elsewhere(self, data):
        """Let another program fetch mail by POP, so that it is shown no more."""
        if gm_msgid := self._some(data):
            with self.google.world.lock:
                self.popping.consume(self.mail, [gm_msgid])

    @rule(
        window=st.sampled_from([None, *PopWindow, PopWindow.ALL_MAIL]),
        disposition=st.none() | st.sampled_from(Disposition),
        delay=st.booleans(),
    )
    def choose_in_gmail(self, window, disposition, delay):
        """Let the owner turn POP on or off ("for all mail" shows everything again), and say what becomes of the mail.

        Gmail insists on its five minutes from now on, which it seldom does, or does not.
        """
        self.google.set_pop(ALICE, window=window, disposition=disposition)
        self.popping.keeps_login_delay = delay

    # --- administrators ---

    @rule(protocol=st.sampled_from([POP, POP, IMAP]))
    def switch(self, protocol):
        """Read the mailbox by another protocol."""
        administration.set_profile(self.ports, "Gmail", ProfileChange(protocol=protocol))
        self.protocol = protocol

    @rule(change=st.sampled_from(sorted(CHANGES)))
    def set_mailbox(self, change):
        """Read what other programs have fetched, too; or let a queue have the mailbox, and empty it."""
        administration.set_mailbox(self.ports, ALICE, CHANGES[change])

    @rule(what=st.sampled_from(["decide", "retry"]))
    def again(self, what):
        """Have it decided once more about what was left out, or everything in the failure ledger tried."""
        if what == "decide":
            administration.decide_again(self.ports, ALICE)
        else:
            ledger.try_again(self.ports)

    # --- what goes wrong ---

    @rule(
        when=st.sampled_from(["RETR", "RETR", "UIDL", "LIST", "STAT", "QUIT", "DELE", "AUTH", "CAPA", "connect"]),
        what=st.sampled_from(BREAKS),
        skip=st.integers(0, 4),
        times=st.sampled_from([1, 1, 2, 5]),
        is_synced=st.booleans(),
    )
    def break_off(self, when, what, skip, times, is_synced):
        """Let a command by POP end badly; at once a cycle may suffer it."""
        if when == "connect":
            what = "close"
        self.google.faults.add("pop", when, what, times=times, skip=skip, optional=True)
        if is_synced:
            self._run()

    @rule(
        when=st.sampled_from(["FETCH", "SEARCH", "EXAMINE"]), what=st.sampled_from(["close", "truncate=60", "refuse"])
    )
    def break_off_imap(self, when, what):
        """Let a question by IMAP end badly."""
        self.google.faults.add("imap", when, what, times=1, optional=True)

    @rule(uids=st.sets(st.integers(1, 8), min_size=1, max_size=3), times=st.sampled_from([3, 30]))
    def withhold_by_imap(self, uids, times):
        """Let IMAP list messages and not hand them over."""
        what = "omit=" + ",".join(map(str, sorted(uids)))
        self.google.faults.add("imap", "FETCH", what, times=times, optional=True)

    @rule(what=st.sampled_from(["answer=500", "close"]))
    def fail_the_token(self, what):
        """Let the next renewal fail."""
        self.google.faults.add("oauth", "token", what, times=1, optional=True)

    @rule(minutes=st.sampled_from([1, 6, 6, 61, 12 * 60]))
    def pass_time(self, minutes):
        """Let time pass: past the five minutes between two looks, or past the end of a token."""
        self.google.clock.advance(timedelta(minutes=minutes))

    # --- the product ---

    @rule(later=st.booleans(), small=st.booleans(), misread=st.sampled_from([0, 0, 0, 2, 3]))
    def sync(self, later, small, misread):
        """Run a cycle; or a look with two messages in a commit, which may find some that cannot be read."""
        self._run(later=later, small=small, misread=misread)

    @rule(small=st.booleans(), misread=st.sampled_from([0, 0, 0, 2, 3]), dies_at=st.integers(1, 60))
    def sync_and_die(self, small, misread, dies_at):
        """Run it in a process that dies on the way, if the way is long enough."""
        self._run(later=True, small=small, misread=misread, dies_at=dies_at)

    @rule(small=st.booleans(), locked_at=st.integers(1, 30))
    def sync_while_locked(self, small, locked_at):
        """Run it over a database that fails one of its transactions."""
        self._run(later=True, small=small, locked_at=locked_at)

    def _run(self, *, later=True, small=False, misread=0, dies_at=None, locked_at=None):
        """Look, and expect that of all that Gmail lets go of nothing is lost."""
        if later:
            self.google.clock.advance(timedelta(minutes=5))
        ports = self.process(dies_at, locked_at)
        hidden, said = set(self.popping.popped), len(self.google.journal.entries)
        shown = set() if self.popping.keeps_login_delay else self._shown()
        done = None
        with suppress(Death, StoreError):
            done = self._look(ports, misread) if small or misread else cycle.run(ports, ALICE)
        self.let_go |= self.popping.popped - hidden
        if done is not None and not (small or misread) and done.incoming and done.incoming.skipped_until:
            assert self._said(said, "pop") == []
        deletes = self._mailbox().pop_delete
        assert deletes or not [text for text in self._said(said, "pop") if text.startswith("DELE")]
        self._nothing_is_lost()
        if isinstance(done, cycle.Cycle) and done.is_proof and not self._entries():
            self._stored(shown)
        return done

    def _look(self, ports, misread):
        def receive_most(tx, mailbox, messages, now):
            if misread and any(len(message.raw) % misread == 0 for message in messages):
                raise Misread
            return receive(tx, mailbox, messages, now)

        self.look(ports, pull_pop if self.protocol is POP else pull, receive=receive_most)

    # --- the end ---

    def compare(self):
        """Expect that all is stored that must be, once, and that nothing is left to do."""
        if not self.popping.on:
            self.google.set_pop(ALICE, window=PopWindow.FROM_NOW_ON)
        self.popping.keeps_login_delay = False
        ledger.try_again(self.ports, [one.id for one in self._entries()])
        shown = self._shown()
        for _ in range(3):
            last = self._run()
        self._give_up_what_is_not_shown()
        last = self._run()

        assert last.ok, last.errors
        assert self._entries(is_open=True) == []
        with self.ports.store.begin() as tx:
            assert tx.alerts.select(mailbox_id=tx.mailboxes.get(ALICE).id) == []
        self._each_is_stored_once()
        if self.protocol is POP:
            self._stored(shown)
            assert self._mailbox().pop_recent or self._shown() == set()
        else:
            self._folders_are_stored()
            assert audit(self.ports, ALICE).ok
        again = self._run()
        assert (again.ok, again.incoming.new, again.incoming.known) == (True, 0, 0)
        self.google.check()

    def _give_up_what_is_not_shown(self):
        """Give up what was never handed over, has not come by IMAP either, and is not shown any more.

        What IMAP has withheld is asked for by IMAP alone.
        """
        by_imap = {email.gmail_message_id for _raw, email in self._emails()} - {None}
        shown = {f"GmailId{gm_msgid:016x}" for gm_msgid in self._shown() | by_imap}
        hopeless = self._entries(is_open=True)
        for one in hopeless:
            assert not one.has_bytes
            assert one.uidl not in shown if one.uidl else self.protocol is POP
        ledger.give_up(self.ports, [one.id for one in hopeless], by="ann", why="it is not shown any more")

    # --- what is expected ---

    def _nothing_is_lost(self):
        """Expect what Gmail shows no more for our sake to be here: stored, or in the ledger with its bytes."""
        with self.ports.store.begin() as tx:
            here = {crlf(tx.emails.raw(email.id)) for email in tx.emails.select()}
            here |= {crlf(tx.failures.get(one.id).raw) for one in tx.failures.select() if one.has_bytes}
        lost = [one for one in map(self.delivered.get, self.let_go) if one and not one.is_sent_copy]
        assert [one.raw for one in lost if crlf(one.raw) not in here] == []

    def _stored(self, gm_msgids):
        stored = {crlf(raw) for raw, _email in self._emails()}
        wanted = [self.delivered[gm_msgid] for gm_msgid in gm_msgids - self.tests]
        assert [one.raw for one in wanted if not one.is_sent_copy and crlf(one.raw) not in stored] == []

    def _each_is_stored_once(self):
        """Expect no message twice, and each as it came, or as POP has it."""
        emails = self._emails()
        known = {one.raw for one in self.delivered.values() if not one.is_sent_copy}
        assert [raw for raw, _email in emails if raw not in known | set(map(crlf, known))] == []
        by_id = Counter(email.gmail_message_id for _raw, email in emails if email.gmail_message_id is not None)
        assert [gm_msgid for gm_msgid, number in by_id.items() if number > 1] == []
        for raw, email in emails:
            if email.gmail_message_id is not None:
                assert crlf(raw) == crlf(self.delivered[email.gmail_message_id].raw)
        came = Counter(crlf(one.raw) for one in self.delivered.values())
        stored = Counter(crlf(raw) for raw, _email in emails)
        assert {raw: number for raw, number in stored.items() if number > came[raw]} == {}

    def _folders_are_stored(self):
        """Expect each message of the folders to be stored in its place under its own id, with its labels."""
        by_id = {email.gmail_message_id: email for _raw, email in self._emails()}
        with self.ports.store.begin() as tx:
            mailbox = tx.mailboxes.get(ALICE)
            for name in self.folders:
                cursor = tx.folders.cursor(mailbox.id, name)
                places = tx.folders.placements(mailbox.id, cursor, tx.folders.outcomes(mailbox.id, cursor))
                there = {uid: known for uid, known in self.mail.folder(name).uids.items() if known not in self.tests}
                assert {uid for uid, place in places.items() if place.outcome is Outcome.STORED} == there.keys()
                for uid, gm_msgid in there.items():
                    assert places[uid].email_id == by_id[gm_msgid].id
                    assert set(by_id[gm_msgid].labels) == self.mail.message(gm_msgid).labels

    # --- inside ---

    def _add(self, raw, label, *, is_sent_copy=False):
        message = self.mail.add(raw, labels=["\\Sent" if is_sent_copy else label])
        self.delivered[message.gm_msgid] = Delivered(raw, is_sent_copy)

    def _mailbox(self):
        with self.ports.store.begin() as tx:
            return tx.mailboxes.get(ALICE)

    def _emails(self):
        """Return each stored email with its bytes."""
        with self.ports.store.begin() as tx:
            return [(tx.emails.raw(email.id), email) for email in tx.emails.select(tx.mailboxes.get(ALICE).id)]

    def _entries(self, *, is_open=False):
        """Return the entries of the failure ledger."""
        with self.ports.store.begin() as tx:
            return [one for one in tx.failures.select() if not (is_open and one.given_up)]

    def _said(self, before, where):
        """Return what clients have said to a server since there were so many entries in the journal."""
        entries = self.google.journal.entries[before:]
        return [entry.text for entry in entries if entry.channel == where and entry.sender is Party.CLIENT]

    def _shown(self):
        """Return the messages that Gmail would show to sessions by POP that begin now, one after the other."""
        if self.protocol is not POP:
            return set()
        with self.google.world.lock:
            everything = replace(self.popping, batch=sys.maxsize)
            recent = self._mailbox().pop_recent
            return {one.gm_msgid for one in everything.offered(self.mail, self.google.clock.now(), recent=recent)}

    def _some(self, data):
        """Return the X-GM-MSGID of some message that came, 0 when there is none."""
        known = [one.gm_msgid for one in self.mail.messages() if one.gm_msgid in self.delivered]
        known = [gm_msgid for gm_msgid in known if not self.delivered[gm_msgid].is_sent_copy]
        return data.draw(st.sampled_from(known)) if known else 0


def test_what_pop_has_shown_is_stored_once(live):
    """Whatever Gmail lets go of is here, whatever it shows in the end is stored, and nothing is left to do."""
    live(ByPop, max_examples=15, stateful_step_count=25, derandomize=True)


@pytest.mark.slow
def test_what_pop_has_shown_is_stored_once_at_length(live):
    """The same, of more and longer lives, others each time."""
    live(ByPop, max_examples=100, stateful_step_count=50)
