"""The post office of the world: what Gmail does with mail that it accepted, and with mail that arrives.

A recipient who has an account gets the message. Somebody else in a domain where accounts of this world have their
addresses does not exist, and the sender gets a bounce; so it is for a domain under `.invalid`, which is in no DNS
(RFC 2606), and for addresses and domains that were told to refuse mail. Everything else leaves for `outside`, where
it is kept to be looked at. Callers hold the world's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from enum import StrEnum
from typing import Protocol

from fakes import submission
from fakes.clock import Clock
from fakes.gmail import filters, headers
from fakes.gmail.mail import MailStore
from fakes.gmail.message import SEEN, Message
from fakes.ids import DIGITS, HEX, Ids
from fakes.post import addresses, attachments, bounces, vacation
from fakes.post.bounces import Failure
from fakes.post.limits import CONSUMER, WORKSPACE, Attempts, Sendings
from fakes.post.settings import PostSettings
from fakes.workspace import Workspace

SPAM_FIELD = "x-gm-spam"
"""A message with `X-Gm-Spam: 1`, the field of Gmail's inbound gateways [recall], is spam."""


class Holder(Protocol):
    """An account, as far as the post is concerned with it."""

    address: str
    name: str
    gmail: bool
    suspended: bool
    organisation: str | None
    mail: MailStore
    post: PostSettings


class Wording(StrEnum):
    """How the refusal of credentials by SMTP points to help: it is not known which of the two Gmail says today."""

    LEARN_MORE = "Learn more at"
    MORE_INFORMATION = "For more information, go to"


class Refused(StrEnum):
    """Why Gmail does not accept a message that it has read."""

    DAILY_LIMIT = "the account has sent as much as it may within 24 hours"
    BLOCKED = "it has an attachment of a kind that Gmail does not send"


@dataclass(frozen=True, slots=True)
class RefusedByRule:
    """An administrator's content rule does not let a message out; `text` is the administrator's."""

    text: str


@dataclass(frozen=True, slots=True)
class Departed:
    """A message that left for somebody who has no account in this world."""

    sender: str
    recipient: str
    raw: bytes


class PostOffice:
    """Takes mail in, and brings it to its recipients.

    `accounts` is the world's own mapping and seen as it is at each moment. `outside` keeps what left for others.
    """

    def __init__(self, clock: Clock, ids: Ids, note: Callable[[str], None], accounts: Mapping[str, Holder]) -> None:
        self.outside: list[Departed] = []
        self.sendings = Sendings(clock)
        self.attempts = Attempts(clock)
        self.wording = Wording.LEARN_MORE
        self._clock = clock
        self._ids = ids
        self._note = note
        self._accounts = accounts
        self._rejections: dict[str, str] = {}
        self._answered: dict[tuple[str, str], datetime] = {}

    # --- who is who ---

    def holder(self, address: str) -> Holder | None:
        """Return the account that gets mail for this address, by its own address, an alias, a tag or dots in it."""
        if exact := self._accounts.get(address.lower()):
            return exact if exact.gmail else None
        wanted = addresses.canonical(address)
        for account in self._accounts.values():
            known = (account.address, *account.post.aliases)
            if account.gmail and wanted in map(addresses.canonical, known):
                return account
        return None

    def reject(self, address: str, reply: str) -> None:
        """Let an address outside, or with `@domain` all of a domain, refuse mail by this reply from now on.

        ValueError for a reply that is none for good, such as `450 4.2.0 Greylisted`.
        """
        bounces.refused_outside(f"x{address}" if address.startswith("@") else address, reply)
        self._rejections[f"@{addresses.domain(address)}" if address.startswith("@") else address.lower()] = reply

    # --- what Gmail does not accept ---

    def fault(
        self, sender: Holder, recipients: Sequence[str], raw: bytes, workspace: Workspace | None
    ) -> Refused | RefusedByRule | None:
        """Return why Gmail refuses a message after it has read it; None when it does not."""
        limits = sender.post.limits or (WORKSPACE if sender.organisation else CONSUMER)
        if not self.sendings.has_room(sender.address, recipients, limits):
            return self._refused(sender, Refused.DAILY_LIMIT)
        if name := attachments.blocked(raw):
            return self._refused(sender, Refused.BLOCKED, name)
        rules = workspace.content_rules if workspace else ()
        contents = filters.arriving(raw, self._clock.now())
        if rule := next((rule for rule in rules if rule.criteria.fit(contents)), None):
            # Only the end " - gcdp" is Google's; code and enhanced code are a stand-in.
            self._note(f"mail of {sender.address} refused by a content rule (code 550 5.7.1 is a stand-in)")
            return RefusedByRule(rule.text)
        return None

    def _refused(self, sender: Holder, reason: Refused, detail: str = "") -> Refused:
        self._note(f"mail of {sender.address} refused: {reason.value}{f' ({detail})' if detail else ''}")
        return reason

    # --- sending ---

    def submit(self, sender: Holder, recipients: Sequence[str], raw: bytes, *, returns: bool = True) -> None:
        r"""Do what Gmail does with a message it accepted by SMTP (google.md 5.5).

        The sender's Sent gets the message with the account's own From, a Message-ID and a Date;
        each recipient with an account here gets the same bytes without Bcc, once however often
        the envelope names it. Mail to oneself is one message with both labels, as in Gmail, and
        unread. Who cannot be reached is told to the sender, unless the message came with an
        empty return path and so `returns` to nobody (RFC 5321 section 4.5.5).
        """
        own = {sender.address.lower(), *sender.post.own_addresses()}
        sent = submission.accepted(
            raw, own=own, address=sender.address, name=sender.name, now=self._clock.now(), fresh_id=self.fresh_id
        )
        self.sendings.count(sender.address, recipients)
        known = [(recipient, self.holder(recipient)) for recipient in {to.lower(): to for to in recipients}.values()]
        author = parseaddr(headers.text(headers.first_values(headers.split(sent)[0]), "from"))[1]
        alias = sender.post.broken_alias(author)
        to_self = alias is None and any(holder is sender for _, holder in known)
        if to_self:
            self._arrive(sender, sent, also=("\\Sent",), envelope_sender=sender.address)
        else:
            sender.mail.add(sent, labels=["\\Sent"], flags=[SEEN])
        self._note(f"mail of {sender.address} was sent: {len(sent)} bytes, {len(recipients)} recipients")

        if alias:
            failures = [bounces.broken_alias(recipient, alias.broken) for recipient, _ in known]
        else:
            others = [(recipient, holder) for recipient, holder in known if holder is not sender]
            failures = self._carry(submission.without_bcc(sent), others, sender.address)
        for failure in failures if returns else ():
            self._bounce(sender, failure, sent)

    def _carry(self, raw: bytes, recipients: Iterable[tuple[str, Holder | None]], sender: str) -> list[Failure]:
        """Bring a message to everybody; return the failures. `sender` is empty for mail that returns to nobody."""
        reached: set[str] = set()
        failures = []
        for recipient, holder in recipients:
            if failure := self._failure(recipient, holder):
                self._note(f"mail for {recipient} failed: {failure.response[0]}")
                failures.append(failure)
            elif holder is None:
                self.outside.append(Departed(sender, recipient, raw))
                self._note(f"mail for {recipient} left for outside: {len(raw)} bytes")
            elif holder.address not in reached:
                reached.add(holder.address)
                self._arrive(holder, raw, envelope_sender=sender)
        return failures

    def _failure(self, recipient: str, holder: Holder | None) -> Failure | None:
        """Return why this recipient cannot be reached."""
        if holder:
            return bounces.inactive(recipient) if holder.suspended else None
        domain = addresses.domain(recipient)
        reply = self._rejections.get(recipient.lower()) or self._rejections.get(f"@{domain}")
        if reply:
            return bounces.refused_outside(recipient, reply)
        if self._is_here(domain):
            return bounces.no_such_user(recipient)
        if domain.rpartition(".")[2] == "invalid":
            return bounces.no_such_domain(recipient, self._ids.text("DNS query", DIGITS[1:], 8))
        return None

    def _is_here(self, domain: str) -> bool:
        """Tell whether mail for the domain comes to this world."""
        return any(
            domain in map(addresses.domain, (account.address, *account.post.aliases))
            for account in self._accounts.values()
            if account.gmail
        )

    def _bounce(self, sender: Holder, failure: Failure, sent: bytes) -> None:
        """Tell the sender that a message did not reach somebody."""
        report = bounces.report(
            failure, to=sender.address, original=sent, now=self._clock.now(), fresh=self._fresh_text
        )
        self._arrive(sender, report, envelope_sender="")

    # --- arriving ---

    def arrive(self, holder: Holder, raw: bytes, *, spam: bool = False) -> Message:
        """Let a message from outside arrive: filters decide where it lies, then it may be forwarded and answered."""
        return self._arrive(holder, raw, spam=spam, envelope_sender=None)

    def _arrive(
        self,
        holder: Holder,
        raw: bytes,
        *,
        envelope_sender: str | None,
        spam: bool = False,
        also: tuple[str, ...] = (),
        passed: frozenset[str] = frozenset(),
    ) -> Message:
        """Put a message where it belongs. `passed` are the accounts that forwarded it, so that it never goes round."""
        head = headers.first_values(headers.split(raw)[0])
        spam = spam or headers.text(head, SPAM_FIELD) == "1"
        placing = filters.place(holder.post.filters, filters.arriving(raw, self._clock.now()), spam=spam)
        message = holder.mail.add(raw, labels=placing.labels.union(also), flags=placing.flags)
        self._note(f"mail for {holder.address} was delivered: {len(raw)} bytes, {' '.join(sorted(placing.labels))}")
        passed |= {holder.address}
        for address in placing.forward_to:
            self._forward(holder, address, raw, passed)
        if "\\Junk" not in message.labels:
            self._answer(holder, head, envelope_sender)
        return message

    def _forward(self, holder: Holder, address: str, raw: bytes, passed: frozenset[str]) -> None:
        """Send a copy on, with the two fields by which Gmail says so [recall]; a failure is told to nobody."""
        target = self.holder(address)
        if target and target.address in passed:
            self._note(f"mail for {holder.address} was not forwarded to {address}, which has had it")
            return
        trace = f"X-Forwarded-To: {address}\r\nX-Forwarded-For: {holder.address} {address}\r\n".encode()
        self._note(f"mail for {holder.address} was forwarded to {address}")
        if target and not target.suspended:
            self._arrive(target, trace + raw, envelope_sender="", passed=passed)
        else:
            self._carry(trace + raw, [(address, target)], "")

    def _answer(self, holder: Holder, head: Mapping[str, bytes], envelope_sender: str | None) -> None:
        """Let the vacation responder answer, if it is on and this sender has had no answer for four days."""
        now = self._clock.now()
        responder = holder.post.vacation
        if responder is None or not responder.is_on(now):
            return
        to = vacation.addressee(head, envelope_sender)
        if to is None or self.holder(to) is holder:
            return
        last = self._answered.get((holder.address, to.lower()))
        if last is not None and now < last + vacation.AGAIN_AFTER:
            return
        self._answered[holder.address, to.lower()] = now
        raw = vacation.answer(
            responder, head, address=holder.address, name=holder.name, to=to, now=now, fresh_id=self.fresh_id
        )
        self._note(f"the vacation responder of {holder.address} answered {to}")
        self._carry(raw, [(to, self.holder(to))], "")

    # --- inside ---

    def fresh_id(self) -> str:
        """Return a Message-ID as mx.google.com makes them, without its brackets."""
        parts = [self._ids.text("message id", HEX, length) for length in (8, 8, 5, 4)]
        return ".".join(parts) + "@mx.google.com"

    def _fresh_text(self, alphabet: str, length: int) -> str:
        return self._ids.text("bounce", alphabet, length)
