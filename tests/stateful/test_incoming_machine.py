"""Incoming mail as a state machine: whatever happens in whatever order, the store equals the world in the end.

The whole product looks over sockets at a mailbox that lives: mail comes, moves and goes, UIDs get another meaning,
answers are cut, refused or left incomplete, tokens end, consent is withdrawn, and the process dies in between
(`dying`).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
from dying import Death
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from living import A_DAY, ALICE, Living

from fakes.faults.effects import Omit
from fakes.journal import Party
from gmailsync.errors import StoreError
from gmailsync.flows import administration, cycle, ledger
from gmailsync.flows.administration import MailboxChange
from gmailsync.flows.audit import audit
from gmailsync.flows.pull import pull
from gmailsync.model.folder import Outcome
from gmailsync.model.mailbox import ALL_MAIL
from gmailsync.model.startdate import Start

FOLDERS = (
    (("INBOX",), ()),
    (("Work",), ()),
    (("INBOX", "Work"), ()),
    ((ALL_MAIL,), ("Work",)),
    (("INBOX", "Work", ALL_MAIL), ("Customers", "\\Starred")),
)
"""What may be chosen to be read, and of All Mail by which labels."""

STARTS = st.sampled_from(["none", "before all", "now"])
"""From when on mail may be read."""

LABELS = st.sampled_from(["\\Inbox", "Work", "Customers", "\\Starred", "\\Trash"])

BREAKS = (
    "close",
    "reset",
    "close@after",
    "lose-reply",
    "truncate=0",
    "truncate=60",
    "truncate=400",
    "refuse",
    "answer=NO [UNAVAILABLE] Temporary System Error",
    "repeat",
    "reorder",
)
"""What may befall a command."""

MARKS = ("uidvalidity=+1", "uidvalidity=none", "uidvalidity=0", "highestmodseq=1", "highestmodseq=none")
"""What may be told wrongly of a folder."""


class Incoming(Living):
    """What happens to a mailbox that is read by IMAP, and what is stored of it."""

    def __init__(self):
        super().__init__()
        self.digests: dict[int, str] = {}
        self.validities = count(1_000, 10)
        self.has_unnamed = False
        self.birth = self.google.clock.now()

    @initialize(chosen=st.sampled_from(FOLDERS), start=STARTS)
    def choose_first(self, chosen, start):
        """Let an administrator choose what is read before anything is."""
        self.choose(chosen, start)

    @rule(chosen=st.sampled_from(FOLDERS), start=STARTS)
    def choose(self, chosen, start):
        """Let an administrator choose what is read, and since when."""
        self.folders, self.labels = chosen
        self.start = {"none": None, "before all": self.birth - A_DAY, "now": self.google.clock.now()}[start]
        change = MailboxChange(folders=self.folders, labels=self.labels, read_from=Start(self.start))
        administration.set_mailbox(self.ports, ALICE, change)

    @rule()
    def decide_again(self):
        """Let an administrator have all decided anew that was left out."""
        administration.decide_again(self.ports, ALICE)

    # --- the mailbox lives ---

    @rule(labels=st.lists(st.sets(LABELS, max_size=2), min_size=1, max_size=5))
    def deliver(self, labels):
        """Let messages arrive: in the Inbox or wherever a filter of the owner's puts them."""
        with self.google.world.lock:
            for some in labels:
                number = next(self.numbers)
                raw = f"Message-ID: <{number}@x.example>\r\nSubject: {number}\r\n\r\n{'text ' * number}\r\n".encode()
                message = self.mail.add(raw, labels=sorted(some or {"\\Inbox"}))
                self.digests[message.gm_msgid] = hashlib.sha256(raw).hexdigest()

    @rule(data=st.data(), label=LABELS, on=st.booleans())
    def relabel(self, data, label, on):
        """Let the owner label a message, or take a label away."""
        if gm_msgid := self._some(data):
            with self.google.world.lock:
                (self.mail.add_labels if on else self.mail.remove_labels)(gm_msgid, [label])

    @rule(data=st.data(), to=st.sampled_from(["INBOX", "Work", "Customers", "[Gmail]/Trash"]))
    def move(self, data, to):
        """Let another client move a message from one folder to another."""
        folder, uid = self._place(data)
        if uid:
            with self.google.world.lock:
                self.mail.move(folder, uid, self.mail.folder(to))

    @rule(data=st.data())
    def expunge(self, data):
        """Let another client take a message out of a folder."""
        folder, uid = self._place(data)
        if uid:
            with self.google.world.lock:
                self.mail.expunge(folder, uid)

    @rule(data=st.data())
    def delete(self, data):
        """Let a message be deleted for good."""
        if gm_msgid := self._some(data):
            with self.google.world.lock:
                self.mail.delete(gm_msgid)

    @rule(data=st.data(), flags=st.sets(st.sampled_from(["\\Seen", "\\Answered", "\\Flagged"])))
    def flag(self, data, flags):
        """Let a message be read, answered or starred elsewhere."""
        if gm_msgid := self._some(data):
            with self.google.world.lock:
                self.mail.set_flags(gm_msgid, flags)

    @rule(name=st.sampled_from(["INBOX", "Work", "[Gmail]/All Mail"]), from_one=st.booleans())
    def reset_uidvalidity(self, name, from_one):
        """Let the UIDs of a folder mean other messages, or the same under another number."""
        with self.google.world.lock:
            folder = self.mail.folder(name)
            folder.uidvalidity = next(self.validities)
            if from_one:
                there = list(folder.uids.values())
                folder._messages.clear()
                folder._uids.clear()
                folder.marked.clear()
                folder.departures.clear()
                folder.uidnext = folder.unclaimed = 1
                for gm_msgid in there:
                    folder.enter(gm_msgid)

    @rule(name=st.sampled_from(["INBOX", "Work"]), gap=st.integers(1, 5))
    def waste_uids(self, name, gap):
        """Let UIDs be used up for nothing."""
        with self.google.world.lock:
            for _ in range(gap):
                self.mail.folder(name).discard_uid()

    # --- what goes wrong ---

    @rule(when=st.sampled_from(["FETCH", "SEARCH", "EXAMINE"]), what=st.sampled_from(BREAKS), skip=st.integers(0, 3))
    def break_off(self, when, what, skip):
        """Let a question end badly, or be answered strangely."""
        self.google.faults.add("imap", when, what, times=1, skip=skip, optional=True)

    @rule(
        when=st.sampled_from(["FETCH", "SEARCH"]),
        uids=st.sets(st.integers(1, 12), min_size=1, max_size=4),
        times=st.sampled_from([1, 2, 3, 30]),
    )
    def omit(self, when, uids, times):
        """Let messages be left out of answers, once or obstinately."""
        what = "omit=" + ",".join(map(str, sorted(uids)))
        self.google.faults.add("imap", when, what, times=times, optional=True)

    @rule(what=st.sampled_from(MARKS))
    def tell_wrongly(self, what):
        """Let a folder be described wrongly once."""
        self.google.faults.add("imap", "EXAMINE", what, times=1, optional=True)

    @rule(what=st.sampled_from(["answer=500", "answer=429", "close"]))
    def fail_the_token(self, what):
        """Let the next renewal fail."""
        self.google.faults.add("oauth", "token", what, times=1, optional=True)

    @rule(minutes=st.sampled_from([1, 6, 61, 12 * 60]))
    def pass_time(self, minutes):
        """Let time pass: past a pause, or past the end of a token."""
        self.google.clock.advance(timedelta(minutes=minutes))

    # --- the product ---

    @rule(small=st.booleans())
    def sync(self, small):
        """Run a cycle, or look at the mailbox with two messages in a commit."""
        self._run(self.process(), small=small)

    @rule(small=st.booleans(), dies_at=st.integers(1, 40))
    def sync_and_die(self, small, dies_at):
        """Run it in a process that dies on the way, if the way is long enough."""
        with suppress(Death):
            self._run(self.process(dies_at), small=small)

    @rule(small=st.booleans(), locked_at=st.integers(1, 20))
    def sync_while_locked(self, small, locked_at):
        """Run it over a database that fails one of its transactions."""
        with suppress(StoreError):
            self._run(self.process(locked_at=locked_at), small=small)

    @rule(dies_at=st.none() | st.integers(1, 40))
    def audit(self, dies_at):
        """Audit the mailbox, perhaps in a process that dies on the way."""
        with suppress(Death):
            audit(self.process(dies_at), ALICE)

    @precondition(lambda self: self.signed_in)
    @rule()
    def give_up(self):
        """Let Gmail withhold mail, and a person give up whatever waits in the ledger: it is told no more, not lost."""
        self.deliver([{"\\Inbox"}])
        self.omit("FETCH", set(range(1, self.mail.folder("INBOX").uidnext)), 3)
        self.sync(small=False)
        ledger.give_up(self.ports, self._waiting(), by="ann", why="patience")
        with self.ports.store.begin() as tx:
            assert "message.failed" not in [alert.code for alert in tx.alerts.select()]

    def _run(self, ports, *, small):
        """Look, and note whether both questions left the same UID out: then a change of labels may have no trace."""
        before = self._omissions()
        try:
            if small:
                self.look(ports, pull)
            else:
                cycle.run(ports, ALICE)
        finally:
            fired = (self._omissions() - before).keys()
            self.has_unnamed |= any(("FETCH", uid) in fired for question, uid in fired if question == "SEARCH")

    def _omissions(self):
        """Count how often each question has left each UID out of an answer, at the most."""
        faults, omissions = self.google.faults, Counter()
        for one in faults.list():
            if isinstance(one.what, Omit):
                omissions.update({(one.when, uid): faults.fired(one.name) for uid in one.what.uids})
        return omissions

    # --- the end ---

    def compare(self):
        """Expect the store to equal the world, and that nothing is left to do."""
        with self.ports.store.begin() as tx:
            entries = [failure.id for failure in tx.failures.select()]
        ledger.try_again(self.ports, entries)
        for _ in range(3):
            self.google.clock.advance(A_DAY)
            last = cycle.run(self.process(), ALICE)
        assert last.ok, last.errors
        if self.has_unnamed:  # what no later look asks about
            assert audit(self.ports, ALICE).ok
        self._equal()
        said = len(self.google.journal.entries)
        again = cycle.run(self.process(), ALICE)
        assert (again.ok, again.incoming.new, again.incoming.known) == (True, 0, 0)
        asked = [one.text for one in self.google.journal.entries[said:] if one.sender is Party.CLIENT]
        assert [text for text in asked if "BODY" in text or "SEARCH" in text] == []
        self._equal()
        self.google.check()

    def _equal(self):
        with self.ports.store.begin() as tx:
            mailbox = tx.mailboxes.get(ALICE)
            emails = {email.id: email for email in tx.emails.select(mailbox.id)}
            digests = {number: hashlib.sha256(tx.emails.raw(number)).hexdigest() for number in emails}
            failures, alerts = tx.failures.select(mailbox.id), tx.alerts.select(mailbox_id=mailbox.id)
            placed = {}
            for name in self.folders:
                cursor = tx.folders.cursor(mailbox.id, name)
                outcomes = tx.folders.outcomes(mailbox.id, cursor)
                placed[name] = cursor, tx.folders.placements(mailbox.id, cursor, outcomes)
        stored = {email.gmail_message_id: email for email in emails.values()}

        assert (failures, alerts) == ([], [])
        assert len(stored) == len(emails)
        assert {email.gmail_message_id: digests[email.id] for email in emails.values()}.items() <= self.digests.items()
        lying = set()
        for name, (cursor, places) in placed.items():
            folder = self.mail.folder("[Gmail]/All Mail" if name == ALL_MAIL else name)
            there = dict(folder.uids)
            assert (cursor.uidvalidity, cursor.backlog_uid) == (folder.uidvalidity, 0)
            early = {uid for uid, gm_msgid in there.items() if self._is_early(self.mail.message(gm_msgid))}
            assert there.keys() - early <= places.keys() <= there.keys()
            for uid, place in places.items():
                gm_msgid = there[uid]
                message = self.mail.message(gm_msgid)
                if gm_msgid in self.tests:
                    assert place.outcome in (Outcome.TEST, Outcome.REFUSED)
                elif place.outcome is Outcome.REFUSED:  # by All Mail's labels, even where another folder has brought it
                    assert name == ALL_MAIL
                    assert not message.labels & set(self.labels)
                else:
                    assert (place.outcome, place.email_id) == (Outcome.STORED, stored[gm_msgid].id)
                    assert set(stored[gm_msgid].labels) == message.labels
                    assert set(place.flags) == message.flags
                    lying.add(gm_msgid)
        assert [email.labels for known, email in stored.items() if known not in lying and email.labels] == []

    # --- inside ---

    def _is_early(self, message):
        """Tell whether a message arrived before the start date; it may be stored since another one was set."""
        return self.start is not None and message.internal_date < self.start

    def _waiting(self):
        """Return the numbers of the ledger's open entries."""
        with self.ports.store.begin() as tx:
            return [failure.id for failure in tx.failures.select() if failure.given_up is None]

    def _some(self, data):
        """Return the X-GM-MSGID of some message, 0 when there is none."""
        known = [message.gm_msgid for message in self.mail.messages() if message.gm_msgid not in self.tests]
        return data.draw(st.sampled_from(known)) if known else 0

    def _place(self, data):
        """Return some folder and the UID of a message in it, 0 when it is empty."""
        folder = self.mail.folder(data.draw(st.sampled_from(["INBOX", "Work", "Customers", "[Gmail]/Trash"])))
        uids = [uid for uid, gm_msgid in folder.uids.items() if gm_msgid not in self.tests]
        return folder, data.draw(st.sampled_from(uids)) if uids else 0


def test_the_store_equals_the_world_in_the_end(live):
    """Each message of the chosen folders once and to the byte, in its places, with its labels; nothing left to do."""
    live(Incoming, max_examples=20, stateful_step_count=25, derandomize=True)


@pytest.mark.slow
def test_the_store_equals_the_world_in_the_end_at_length(live):
    """The same, of more and longer lives, others each time."""
    live(Incoming, max_examples=100, stateful_step_count=50)
