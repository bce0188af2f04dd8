"""Test & Enable: everything that mail needs, tried in order and named, with evidence (step 7 of the guide)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from gmailsync.errors import GmailSyncError
from gmailsync.flows import alerts, tokens
from gmailsync.flows.lookup import profile_of
from gmailsync.flows.reception import Reception, reception
from gmailsync.mime.writing import compose
from gmailsync.model.mailbox import Mailbox, TestStatus
from gmailsync.model.profile import IncomingProtocol, ServerProfile
from gmailsync.model.secret import Secret
from gmailsync.model.trial import Stage, StageState, Trial
from gmailsync.ports import Ports
from gmailsync.rules import readiness, wording
from gmailsync.rules.entries import domain_of
from gmailsync.rules.tokens import check_grant

SUBJECT = "Your mailbox is now connected to gmailsync"

PROFILE = "profile active"
MAILBOX = "mailbox approved and set to server-side synchronization"
SIGNED_IN = "signed in"
ACCESS = "access token"
IMAP_CONNECTION = "IMAP connection"
IMAP_SIGN_IN = "IMAP sign-in"
INBOX = "Inbox opened"
POP_CONNECTION = "POP connection"
POP_SIGN_IN = "POP sign-in"
LISTED = "mail listed"
SMTP_CONNECTION = "SMTP connection"
SMTP_SIGN_IN = "SMTP sign-in"
SENT = "test message sent"
RECEIVED = "test message received"

NEEDS: dict[str, tuple[str, ...]] = {
    PROFILE: (),
    MAILBOX: (),
    SIGNED_IN: (PROFILE,),
    ACCESS: (MAILBOX, SIGNED_IN),
    IMAP_CONNECTION: (PROFILE,),
    IMAP_SIGN_IN: (ACCESS, IMAP_CONNECTION),
    INBOX: (IMAP_SIGN_IN,),
    SMTP_CONNECTION: (PROFILE,),
    SMTP_SIGN_IN: (ACCESS, SMTP_CONNECTION),
    SENT: (SMTP_SIGN_IN,),
    RECEIVED: (INBOX, SENT),
}
"""Every stage in order, with the stages that must have passed before it can be tried."""

BY_POP = {IMAP_CONNECTION: POP_CONNECTION, IMAP_SIGN_IN: POP_SIGN_IN, INBOX: LISTED}
"""The stages that have another name in a server profile with POP."""

INCOMING_STAGES = {IMAP_CONNECTION, IMAP_SIGN_IN, INBOX, RECEIVED}
OUTGOING_STAGES = {SMTP_CONNECTION, SMTP_SIGN_IN, SENT, RECEIVED}
"""Stages that exist only where the direction is carried by us; the last one needs both."""


def test_and_enable(ports: Ports, address: str, *, enable: bool) -> Trial:
    """Try everything the mailbox needs, and keep the outcome; with `enable`, let mail move where it passed.

    A stage that fails opens an alert with advice; alerts that the test has answered are resolved. A direction that
    fails is not enabled, but one that was enabled before stays so: passing trouble must not stop the sync for good.
    """
    with ports.store.begin() as tx:
        mailbox = tx.mailboxes.get(address)
        profile = profile_of(tx, mailbox)
    with ExitStack() as sessions:
        bench = _Bench(ports, mailbox, profile, sessions)
        bench.try_all()
    trial = Trial(mailbox.id, mailbox.address, tuple(bench.stages))
    with ports.store.begin() as tx:
        tx.trials.save(trial, ports.clock.now())
        current = tx.mailboxes.by_id(mailbox.id, to_save=True)
        tx.mailboxes.save(_with_outcome(current, trial, enable=enable))
        alerts.settle(tx, mailbox.id, bench.errors, ports.clock.now())
    return trial


def _with_outcome(mailbox: Mailbox, trial: Trial, *, enable: bool) -> Mailbox:
    """Return the mailbox with the statuses that the trial gives it, and enabled where that is wished and earned.

    Incoming does not suffer from an SMTP that cannot send the test message; outgoing is proven by Gmail's 250.
    """
    states = {stage.name: stage.state for stage in trial.stages}
    can_receive = (
        StageState.PASSED in (states.get(INBOX), states.get(LISTED)) and states.get(RECEIVED) is not StageState.FAILED
    )
    can_send = states.get(SENT) is StageState.PASSED
    if readiness.is_synchronized(mailbox.incoming):
        mailbox = replace(
            mailbox,
            incoming_status=_status(passed=can_receive),
            incoming_enabled=mailbox.incoming_enabled or (enable and can_receive),
        )
    if readiness.is_synchronized(mailbox.outgoing):
        mailbox = replace(
            mailbox,
            outgoing_status=_status(passed=can_send),
            outgoing_enabled=mailbox.outgoing_enabled or (enable and can_send),
        )
    return mailbox


def _status(*, passed: bool) -> TestStatus:
    return TestStatus.SUCCESS if passed else TestStatus.FAILURE


class _Bench:
    """One run of the stages: what has been learnt so far, and how to try each stage.

    A stage returns its evidence as a sentence, or raises. Stages leave what later ones build on in `_reception`,
    `_token` and `_message_id`; `NEEDS` sees to it that they are there.
    """

    _reception: Reception
    _token: Secret
    _message_id: str

    def __init__(self, ports: Ports, mailbox: Mailbox, profile: ServerProfile | None, sessions: ExitStack) -> None:
        self._ports = ports
        self._mailbox = mailbox
        self._profile = profile
        self._sessions = sessions
        self.stages: list[Stage] = []
        self.errors: list[GmailSyncError] = []

    def try_all(self) -> None:
        """Try every stage that applies to the mailbox, and skip those whose needs have not passed."""
        acts = {
            PROFILE: self._profile_active,
            MAILBOX: self._mailbox_ready,
            SIGNED_IN: self._signed_in,
            ACCESS: self._access_token,
            IMAP_CONNECTION: self._incoming_connection,
            IMAP_SIGN_IN: self._incoming_sign_in,
            INBOX: self._mail_seen,
            SMTP_CONNECTION: self._smtp_connection,
            SMTP_SIGN_IN: self._smtp_sign_in,
            SENT: self._test_message_sent,
            RECEIVED: self._test_message_received,
        }
        names = [name for name in NEEDS if self._applies(name)]
        self._ports.progress.start(f"testing {self._mailbox.address}", len(names))
        for name in names:
            passed = {stage.name for stage in self.stages if stage.state is StageState.PASSED}
            if passed.issuperset(map(self._called, NEEDS[name])):
                self.stages.append(self._try(self._called(name), acts[name]))
            else:
                self.stages.append(Stage(self._called(name), StageState.SKIPPED))
            self._ports.progress.advance()

    def _applies(self, name: str) -> bool:
        receives = readiness.is_synchronized(self._mailbox.incoming)
        sends = readiness.is_synchronized(self._mailbox.outgoing)
        return (receives or name not in INCOMING_STAGES) and (sends or name not in OUTGOING_STAGES)

    def _called(self, name: str) -> str:
        by_pop = self._profile is not None and self._profile.protocol is IncomingProtocol.POP
        return BY_POP.get(name, name) if by_pop else name

    def _try(self, name: str, act: Callable[[], str]) -> Stage:
        began = self._ports.clock.now()
        try:
            stage = Stage(name, StageState.PASSED, message=act())
        except GmailSyncError as error:
            self.errors.append(error)
            stage = Stage(
                name, StageState.FAILED, code=error.code, message=wording.with_server_line(error), fix=error.advice
            )
        return replace(stage, seconds=(self._ports.clock.now() - began).total_seconds())

    def _profile_active(self) -> str:
        profile = readiness.check_profile(self._mailbox.address, self._profile)
        self._reception = reception(self._ports, self._mailbox, profile, self._sessions)
        return f"{profile.name}: {profile.protocol.upper()} {profile.incoming}, SMTP {profile.outgoing}"

    def _mailbox_ready(self) -> str:
        readiness.check_mailbox(self._mailbox)
        return f"incoming {self._mailbox.incoming}, outgoing {self._mailbox.outgoing}"

    def _signed_in(self) -> str:
        with self._ports.store.begin() as tx:
            grant = check_grant(tx.grants.get(self._mailbox.id), self._mailbox.address, self._known_profile)
        return f"granted {grant.granted_at:%Y-%m-%d %H:%M} UTC for {' '.join(sorted(grant.scopes))}"

    def _access_token(self) -> str:
        """Renew in any case: an access token that still lives proves nothing about the grant."""
        self._token = tokens.access_token(self._ports, self._mailbox, renew=True)
        return "Google renewed the access token"

    def _incoming_connection(self) -> str:
        return self._reception.connection()

    def _incoming_sign_in(self) -> str:
        return self._reception.sign_in(self._token)

    def _mail_seen(self) -> str:
        return self._reception.mail()

    def _smtp_connection(self) -> str:
        return self._ports.mail.smtp_greeting(self._known_profile.outgoing)

    def _smtp_sign_in(self) -> str:
        return self._ports.mail.smtp_sign_in(self._known_profile.outgoing, self._mailbox.address, self._token)

    def _test_message_sent(self) -> str:
        """Note the message before it is sent: a sync that is faster than we are must not take it for mail."""
        address = self._mailbox.address
        self._message_id = self._ports.fresh_message_id(domain_of(address))
        raw = compose(
            sender=address,
            to=(address,),
            subject=SUBJECT,
            body=f"gmailsync has tested {address} and can send and receive its email.\n",
            message_id=self._message_id,
            date=self._ports.clock.now(),
        )
        with self._ports.store.begin() as tx:
            tx.emails.note_test_message(self._mailbox.id, self._message_id)
        return self._ports.mail.send(self._known_profile.outgoing, address, self._token, (address,), raw)

    def _test_message_received(self) -> str:
        return self._reception.test_message(self._message_id)

    @property
    def _known_profile(self) -> ServerProfile:
        return readiness.check_profile(self._mailbox.address, self._profile)
