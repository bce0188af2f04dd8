"""Deciding about a message: whether it becomes an activity, whose, and in answer to what. One pure function."""

from __future__ import annotations

from dataclasses import dataclass, field

from gmailsync.model.activity import Correlation, CorrelationMethod, MailKind, Party, Role, Unresolved
from gmailsync.model.decision import Decision, Reason
from gmailsync.model.directory import Record
from gmailsync.model.email import Direction
from gmailsync.model.facts import MailFacts
from gmailsync.model.known import Known, KnownActivity, Receiver
from gmailsync.model.mailbox import Acceptance
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules import acceptance, duplicates, mail_kind, never_log, ownership, parties, queues
from gmailsync.rules.addresses import key
from gmailsync.rules.correlation import correlate
from gmailsync.rules.receivers import Named, named


def decide(
    mail: MailFacts,
    known: Known,
    settings: DecidingSettings,
    receiver: Receiver,
    gmail_thread_id: int | None = None,
    *,
    is_sent: bool = False,
) -> Decision:
    """Return what becomes of a message that was found in the mailbox `receiver`. Never raises, whatever the message.

    `is_sent`: the mailbox sent it (it has Gmail's label Sent). Such mail is there on request only, and no option is
    asked about it.
    """
    who = named(mail, known, settings, receiver)
    kind = mail_kind.recognise(mail, known, settings, receiver, who, is_sent=is_sent)
    case = _Case(mail, known, settings, receiver, who, kind, is_sent)
    if kind is not MailKind.ORDINARY:
        case.note(f"kind of mail: {kind}")
    return case.refused() or case.joined() or case.judged(gmail_thread_id)


@dataclass(slots=True)
class _Case:
    """One message on its way to a decision, with what was noted about it."""

    mail: MailFacts
    known: Known
    settings: DecidingSettings
    receiver: Receiver
    named: Named
    kind: MailKind
    is_sent: bool
    evidence: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        self.evidence.append(line)

    def refused(self) -> Decision | None:
        """Return the refusal of what nobody is asked about."""
        # A bounce may come from nobody at all: some servers write "MAILER-DAEMON" and no address.
        if self.mail.author is None and self.kind is not MailKind.BOUNCE:
            self.note("From and Sender have no valid address")
            if self.receiver.acceptance is not Acceptance.ALL:  # "all" is everything, and loses nothing
                return self._no(Reason.INVALID_SENDER)
        listed = never_log.listed(self.mail, self.settings, self.receiver)
        if listed is not None:
            self.note(f"{listed} is on the never-log list")
            return self._no(Reason.NEVER_LOG)
        if self.kind is MailKind.LOOP and self.settings.refuse_loops:
            return self._no(Reason.LOOP)
        return None

    def joined(self) -> Decision | None:
        """Return the decision about what is there already, or is to be there from the sender's side alone."""
        there = duplicates.joined(self.mail, self.known, self.settings, self.receiver, is_sent=self.is_sent)
        if there is not None:
            self.note(f"{self.mail.headers.message_id} is activity {there.id} already")
            to_queues = () if self.is_sent else queues.items_of_tracked(there, self.receiver, self.settings)
            if to_queues:
                self.note(f"queue item for {self.receiver.address}: found in its mailbox")
            return Decision(
                kept=True,
                reason=Reason.ALREADY_PROMOTED,
                mail_kind=self.kind,
                joins=there.id,
                owner=there.owner_key,
                regarding=there.regarding,
                queues=to_queues,
                evidence=tuple(self.evidence),
            )
        if not self.is_sent and duplicates.is_unwanted(self.mail, self.known, self.settings, self.receiver):
            self.note("sent by one of our own mailboxes, whose side alone is tracked")
            return self._no(Reason.INTERNAL)
        return None

    def judged(self, gmail_thread_id: int | None) -> Decision:
        """Return the decision about what is new: does anybody accept it, and what becomes of it then."""
        sender, party = self._sender()
        correlation, correlated = correlate(self.mail, self.known, self.settings, self.receiver, gmail_thread_id)
        self._note_correlation(correlation, correlated)
        accepted_by, reason = self._accepted(sender, correlated)
        if accepted_by is None:
            return self._no(reason, correlation)
        owner, words = self._owner(accepted_by, sender, correlated)
        self.note(f"owner {owner or 'nobody'}: {words}")
        to_queues = () if self.is_sent else queues.items(self.named, self.receiver, owner, self.known, self.settings)
        for queue, words in to_queues:
            self.note(f"queue item for {queue.address}: {words}")
        others = parties.recipients(self.mail, self.known, self.settings)
        for one in others:
            self._note_party(one)
        return Decision(
            kept=True,
            reason=reason,
            mail_kind=self.kind,
            accepted_by=accepted_by.mailbox_id,
            correlation=correlation,
            owner=owner,
            regarding=correlated.regarding if correlated else None,
            parties=(*party, *others),
            queues=tuple(queue.mailbox_id for queue, _ in to_queues),
            evidence=tuple(self.evidence),
        )

    def _sender(self) -> tuple[Record | None, tuple[Party, ...]]:
        """Return the sender's record, if one is meant, and the sender as a party; none of a bounce from nobody."""
        author = self.mail.author
        if author is None:
            return None, ()
        found = self.known.records.get(key(author.address, normalise=self.settings.normalise_gmail_addresses), ())
        sender, unresolved = parties.resolve_sender(found, self.receiver.owner_key, self.settings)
        if sender is None:
            self.note(f"sender {author.address}: {_WORDS[unresolved]}")
            return None, (Party(Role.SENDER, author.address, author.name, (), unresolved),)
        self.note(f"sender {author.address}: {sender.kind} {sender.name} ({sender.key})")
        return sender, (Party(Role.SENDER, author.address, author.name, (sender.id,)),)

    def _accepted(self, sender: Record | None, correlated: KnownActivity | None) -> tuple[Receiver | None, Reason]:
        if self.is_sent:
            self.note(f"sent by {self.receiver.address}")
            return self.receiver, Reason.ACCEPTED
        asked = acceptance.asked(self.named, self.receiver, self.settings)
        is_our_bounce = (
            self.kind is MailKind.BOUNCE and correlated is not None and correlated.direction is Direction.OUTGOING
        )
        accepted_by, reason = acceptance.accept(
            asked, self.receiver, sender, is_response=correlated is not None, is_our_bounce=is_our_bounce
        )
        if accepted_by is not None:
            self.note(f"accepted by {accepted_by.address}, which wants {_WANTS[accepted_by.acceptance]}")
        for one in asked if accepted_by is None else ():
            self.note(f"not accepted by {one.address}, which wants {_WANTS[one.acceptance]}")
        if not asked:
            self.note(f"none of our mailboxes is named, nor a delivery to {self.receiver.address}")
        return accepted_by, reason

    def _owner(
        self, accepted_by: Receiver, sender: Record | None, correlated: KnownActivity | None
    ) -> tuple[str | None, str]:
        if self.is_sent:
            return self.receiver.owner_key, "owner of the mailbox that sent it"
        return ownership.owner(self.named, accepted_by, self.receiver, sender, correlated)

    def _note_correlation(self, correlation: Correlation, correlated: KnownActivity | None) -> None:
        if correlated is None:
            is_off = correlation.method is CorrelationMethod.SKIPPED
            self.note("correlation is switched off" if is_off else "belongs to nothing stored")
            return
        changed = ", subject changed" if correlation.subject_changed else ""
        answered = f" {self.mail.headers.in_reply_to}" if correlation.method is CorrelationMethod.IN_REPLY_TO else ""
        self.note(f"{_BY[correlation.method]}{answered}: activity {correlated.id}{changed}")

    def _note_party(self, party: Party) -> None:
        if party.records:
            self.note(f"{party.role} {party.address}: {len(party.records)} in the directory")
        elif party.unresolved is not Unresolved.NOBODY:
            self.note(f"{party.role} {party.address}: {_WORDS[party.unresolved]}")

    def _no(self, reason: Reason, correlation: Correlation | None = None) -> Decision:
        found = correlation or Correlation(CorrelationMethod.NONE)
        return Decision(False, reason, self.kind, correlation=found, evidence=tuple(self.evidence))


_WORDS = {
    Unresolved.NO: "resolved",
    Unresolved.NOBODY: "not in the directory",
    Unresolved.TOO_MANY: f"more than {parties.MOST_MATCHES} in the directory",
    Unresolved.SEVERAL: "several in the directory, left open",
    Unresolved.INACTIVE: "several in the directory, none of them active",
}

_WANTS = {
    Acceptance.ALL: "all mail",
    Acceptance.RESPONSES: "mail in response to stored email",
    Acceptance.PEOPLE: "mail from leads, contacts and accounts",
    Acceptance.RECORDS: "mail from email enabled records",
    Acceptance.NONE: "no mail",
}

_BY = {
    CorrelationMethod.DELIVERY_REPORT: "reports on",
    CorrelationMethod.IN_REPLY_TO: "in reply to",
    CorrelationMethod.REFERENCES: "refers to",
    CorrelationMethod.TRACKING_TOKEN: "has the tracking token of",
    CorrelationMethod.GMAIL_THREAD: "in the same Gmail thread as",
    CorrelationMethod.CONVERSATION_INDEX: "in the same conversation as",
    CorrelationMethod.SMART_MATCHING: "much like",
}
