r"""A mailbox in a simulated Google that lives, as a Hypothesis state machine for anybody's client.

Mail arrives, is submitted, moved, labelled, flagged, expunged and read by POP; time passes, consent is withdrawn and
given again, connections break. A subclass puts a client beside it:

    class Mine(GmailMachine):
        def act(self):      # one of the things that happen: the client has its turn, and may fail
            ...
        def observe(self):  # after each of them
            ...
        def finish(self):   # at the end: signed in, and nothing fails any more
            ...

    TestMine = Mine.TestCase

The machine itself makes sure that IMAP, POP and Sent show what there is, and that no UID means two messages.
Hypothesis is needed for this module and for no other.
"""

from __future__ import annotations

import base64
import re
import smtplib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import ClassVar

from fakes.faults import Fault
from fakes.gmail.folders import JUNK, SENT, TRASH, Folder
from fakes.gmail.popping import BATCH, Disposition, PopWindow
from fakes.google import SimulatedGoogle
from fakes.imap.session import ImapSession
from fakes.pop.session import PopSession
from fakes.talking import Say, Smtp, speaking_to

try:
    from hypothesis import strategies as st
    from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
except ImportError as missing:
    raise ImportError(
        "fakes.stateful needs Hypothesis, which gmailsync does not bring along: pip install 'gmailsync[stateful]'"
    ) from missing

BREAKS = ("close", "reset", "lose-reply")
"""What befalls a command when connections break."""

_PLACES = st.sampled_from(["INBOX", "Work", "[Gmail]/All Mail", "[Gmail]/Trash", "[Gmail]/Starred"])
_LABELS = st.sampled_from(["\\Inbox", "\\Starred", "\\Trash", "Work"])
_FLAGS = st.sampled_from(["\\Seen", "\\Answered", "\\Flagged", "$Later"])
_FETCHED = re.compile(rb"^\* \d+ FETCH \(X-GM-MSGID (\d+) UID (\d+) FLAGS \(([^)]*)\)\)\r$", re.MULTILINE)
_LISTED = re.compile(rb"^\d+ (\S+)\r$", re.MULTILINE)


class GmailMachine(RuleBasedStateMachine):
    """The life of one mailbox; subclass it, and override what is meant for that.

    `google` is running, `account` is the owner's, `token` is an access token that opens it unless `signed_in` is false
    or an hour has passed. `faults` are where connections break: protocol, command and how often at most.
    """

    address: ClassVar[str] = "alice@contoso.com"
    friend: ClassVar[str] = "bob@contoso.com"
    seed: ClassVar[int] = 0
    faults: ClassVar[tuple[tuple[str, str], ...]] = (
        ("imap", "SELECT"),
        ("imap", "FETCH"),
        ("imap", "STORE"),
        ("pop", "RETR"),
        ("smtp", "message"),
    )
    hours: ClassVar[tuple[float, ...]] = (0.1, 0.5, 1, 6)
    """What time passes at once."""

    def __init__(self) -> None:
        super().__init__()
        self.google = SimulatedGoogle(seed=self.seed).start()
        self.account = self.google.add_account(self.address, name="Alice")
        self.google.add_account(self.friend, name="Bob")
        self.google.set_pop(self.address, window=PopWindow.ALL_MAIL, disposition=Disposition.LEAVE_IN_INBOX)
        self.account.mail.create_label("Work")
        self.signed_in = False
        self.token = ""
        self.submitted: list[str] = []
        self._waiting: list[Fault] = []
        self._uids: dict[tuple[str, int], dict[int, int]] = {}
        self._numbers = count(1)
        try:
            self.prepare()
            self._sign_in()
        except BaseException:
            self.google.stop()
            raise

    # --- for subclasses ---

    def prepare(self) -> None:
        """Set up what the client needs at the beginning; nobody has signed in yet."""

    def sign_in(self) -> None:
        """Let the owner consent to the client, at the beginning and after consent was withdrawn. Nothing breaks."""

    def act(self) -> None:
        """Let the client have its turn. Connections may break, and consent may have been withdrawn."""

    def observe(self) -> None:
        """Look at what the client knows, after everything that happens."""

    def finish(self) -> None:
        """Bring the client up to date and compare: it is signed in, and nothing breaks any more."""

    # --- what happens ---

    @rule()
    def client_acts(self) -> None:
        """Let the client have its turn."""
        self.act()

    @rule(body=st.binary(max_size=40))
    def deliver(self, body: bytes) -> None:
        """Let a message arrive."""
        self.google.deliver(self.address, self._message(body))

    @rule(place=_PLACES, flags=st.sets(_FLAGS))
    def append(self, place: str, flags: set[str]) -> None:
        """Let another client put a message into a folder."""
        raw = self._message(b"appended\r\n")
        with self._imap() as say:
            say(f'APPEND "{place}" ({" ".join(sorted(flags))}) {{{len(raw)}}}'.encode())
            say(raw)

    @rule(data=st.data(), label=_LABELS, on=st.booleans())
    def relabel(self, data: st.DataObject, label: str, on: bool) -> None:
        """Let the owner label a message on the web, or take a label away."""
        mail = self.account.mail
        with self.google.world.lock:
            if known := [message.gm_msgid for message in mail.messages()]:
                change = mail.add_labels if on else mail.remove_labels
                change(data.draw(st.sampled_from(known)), [label])

    @rule(data=st.data(), place=_PLACES, flags=st.sets(_FLAGS), sign=st.sampled_from(["+", "-", ""]))
    def flag(self, data: st.DataObject, place: str, flags: set[str], sign: str) -> None:
        """Let another client change a message's flags."""
        if uid := self._some_uid(data, place):
            with self._imap(place) as say:
                say(f"UID STORE {uid} {sign}FLAGS ({' '.join(sorted(flags))})".encode())

    @rule(data=st.data(), place=_PLACES, to=_PLACES)
    def move(self, data: st.DataObject, place: str, to: str) -> None:
        """Let another client move a message."""
        if uid := self._some_uid(data, place):
            with self._imap(place) as say:
                say(f'UID MOVE {uid} "{to}"'.encode())

    @rule(data=st.data(), place=_PLACES)
    def expunge(self, data: st.DataObject, place: str) -> None:
        """Let another client delete a message."""
        if uid := self._some_uid(data, place):
            with self._imap(place) as say:
                say(f"UID STORE {uid} +FLAGS (\\Deleted)".encode())
                say(b"EXPUNGE")

    @rule(to_friend=st.booleans())
    def submit(self, to_friend: bool) -> None:
        """Let another client send a message by SMTP."""
        name = f"<{next(self._numbers)}@machine.example>"
        raw = f"Message-ID: {name}\r\nSubject: sent\r\n\r\nsent\r\n"
        with self._undisturbed(), self._smtp() as smtp:
            smtp.ehlo()
            smtp.docmd("AUTH", f"XOAUTH2 {self._bearer()}")
            smtp.sendmail(self.address, [self.friend if to_friend else "outside@example.com"], raw)
        self.submitted.append(name)

    @rule(fetch=st.booleans())
    def read_by_pop(self, fetch: bool) -> None:
        """Let another client look into the mailbox by POP, and fetch everything or nothing."""
        offered = self._offered_by_pop() if fetch else []
        with self._pop() as say:
            for number, _ in enumerate(offered, 1):
                _require(say(b"RETR %d" % number).startswith(b"+OK message follows"), f"POP has no message {number}")
            say(b"QUIT")

    @rule(data=st.data())
    def advance_clock(self, data: st.DataObject) -> None:
        """Let time pass."""
        self.google.clock.advance(timedelta(hours=data.draw(st.sampled_from(self.hours))))

    @precondition(lambda self: self.signed_in)
    @rule()
    def revoke(self) -> None:
        """Let the owner withdraw every consent."""
        with self.google.world.lock:
            for project in self.google.console.projects.values():
                for client_id in project.clients:
                    self.google.world.remove_app(self.address, client_id)
            self.google.world.grants.revoke(self.token)
        self.signed_in = False

    @precondition(lambda self: not self.signed_in)
    @rule()
    def consent_again(self) -> None:
        """Let the owner sign in again."""
        self._sign_in()

    @rule()
    def refresh(self) -> None:
        """Let the client have another access token, if the owner consents."""
        if self.signed_in:
            self.token = self.google.access_token(self.address)

    @rule(data=st.data(), what=st.sampled_from(BREAKS))
    def break_connection(self, data: st.DataObject, what: str) -> None:
        """Let the next command of some kind, of the client's, come to a bad end."""
        where, when = data.draw(st.sampled_from(self.faults))
        fault = self.google.faults.add(where, when, what, account=self.address, times=1, optional=True)
        self._waiting.append(fault)

    # --- what holds ---

    @invariant()
    def imap_shows_the_mail(self) -> None:
        """Each folder has the messages and flags that the world has, under UIDs that never were another message's."""
        with self._imap() as say:
            for folder in self.account.mail.folders:
                say(f'EXAMINE "{folder.name}"'.encode())
                shown = _fetched(say(b"UID FETCH 1:* (X-GM-MSGID FLAGS)"))
                there = self._contents(folder)
                _require(shown == there, f"{folder.name} shows {shown} instead of {there}")
                self._learn(folder, {uid: gm_msgid for uid, (gm_msgid, _) in shown.items()})

    @invariant()
    def pop_shows_what_nobody_fetched(self) -> None:
        """POP lists the oldest mail outside Spam and Trash that no POP client has fetched."""
        offered = [f"GmailId{gm_msgid:016x}".encode() for gm_msgid in self._offered_by_pop()]
        with self._pop() as say:
            listed = _LISTED.findall(say(b"UIDL"))
        _require(listed == offered, f"POP shows {listed} instead of {offered}")

    @invariant()
    def what_was_submitted_is_in_sent_once(self) -> None:
        """Each message that was taken by SMTP has Gmail's label Sent, once, unless it was deleted for good."""
        mail = self.account.mail
        for name in self.submitted:
            found = [mail.message(known) for known in mail.with_message_id(name)]
            _require(len(found) <= 1, f"{name} is there {len(found)} times")
            _require(all(SENT in message.labels for message in found), f"{name} is not in Sent")

    @invariant()
    def client_is_observed(self) -> None:
        """Let the subclass look."""
        self.observe()

    def teardown(self) -> None:
        """Bring the client to its end, unless something has failed already, and stop."""
        failed = sys.exc_info()[0] is not None
        try:
            if not failed:
                with self._undisturbed():
                    self._sign_in()
                    self.finish()
                    self.observe()
                self.google.check()
        finally:
            self.google.stop()

    # --- the machine's own clients, which no fault befalls ---

    def _message(self, body: bytes) -> bytes:
        number = next(self._numbers)
        return b"Message-ID: <%d@machine.example>\r\nSubject: %d\r\n\r\n%b" % (number, number, body)

    def _sign_in(self) -> None:
        self.token = self.google.access_token(self.address)
        with self._undisturbed():
            self.sign_in()
        self.signed_in = True

    def _bearer(self) -> str:
        """Return what signs the machine's own clients in, whatever the owner withdrew from others."""
        token = self.google.access_token(self.address)
        return base64.b64encode(f"user={self.address}\x01auth=Bearer {token}\x01\x01".encode()).decode()

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Keep the faults that wait for the client from meeting the machine's own clients."""
        faults = self.google.faults
        waiting, self._waiting = [fault for fault in self._waiting if not faults.fired(fault.name)], []
        for fault in waiting:
            faults.remove(fault.name)
        try:
            yield
        finally:
            for fault in waiting:
                faults.install(fault)
            self._waiting += waiting

    def _smtp(self) -> smtplib.SMTP:
        return Smtp(self.google.network.dial, self.google.network.ssl_context())

    @contextmanager
    def _pop(self) -> Iterator[Say]:
        """Have a conversation by POP, signed in."""
        with self._undisturbed():
            session = PopSession(self.google.world)
            session.connected()
            say = speaking_to(session)
            say(b"AUTH XOAUTH2 " + self._bearer().encode())
            yield say
            session.closed()

    @contextmanager
    def _imap(self, place: str = "") -> Iterator[Say]:
        """Have a conversation by IMAP, signed in, with this folder selected."""
        with self._undisturbed():
            session = ImapSession(self.google.world)
            session.connected()
            say = speaking_to(session, b"a ")
            say(b"AUTHENTICATE XOAUTH2 " + self._bearer().encode())
            if place:
                say(f'SELECT "{place}"'.encode())
            yield say
            session.closed()

    def _contents(self, folder: Folder) -> dict[int, tuple[int, frozenset[str]]]:
        """Return what lies in a folder: X-GM-MSGID and flags by UID."""
        messages = {uid: self.account.mail.message(gm_msgid) for uid, gm_msgid in folder.uids.items()}
        return {uid: (message.gm_msgid, message.flags) for uid, message in messages.items()}

    def _learn(self, folder: Folder, shown: Mapping[int, int]) -> None:
        """Remember the UIDs of a folder; AssertionError for one that was another message, or is lower than old ones."""
        known = self._uids.setdefault((folder.name, folder.uidvalidity), {})
        highest = max(known, default=0)
        for uid, gm_msgid in shown.items():
            _require(uid in known or uid > highest, f"UID {uid} of {folder.name} is new and not the highest")
            _require(known.setdefault(uid, gm_msgid) == gm_msgid, f"UID {uid} of {folder.name} was another message")

    def _offered_by_pop(self) -> list[int]:
        with self.google.world.lock:
            popping = self.account.popping
            offered = [
                message.gm_msgid
                for message in self.account.mail.messages()
                if not message.labels & {TRASH, JUNK} and message.gm_msgid not in popping.popped
            ]
        return sorted(offered)[:BATCH]

    def _some_uid(self, data: st.DataObject, place: str) -> int:
        """Return the UID of some message in a folder, 0 when it is empty."""
        folder = self.account.mail.folder(place)
        uids = sorted(folder.uids) if folder else []
        return data.draw(st.sampled_from(uids)) if uids else 0


def _fetched(answer: bytes) -> dict[int, tuple[int, frozenset[str]]]:
    """Return X-GM-MSGID and flags by UID, as FETCH told them."""
    return {
        int(uid): (int(gm_msgid), frozenset(flags.decode().split()))
        for gm_msgid, uid, flags in _FETCHED.findall(answer)
    }


def _require(holds: bool, told: str) -> None:
    """Raise AssertionError unless it holds."""
    if not holds:
        raise AssertionError(told)
