"""Mail both ways in a rehearsal: messages arrive in Gmail, emails leave from here, and both sides are compared."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from fakes.gmail.folders import Role
from fakes.gmail.generator import generate
from fakes.gmail.message import Message
from fakes.gmail.seeding import SeedMessage, Unreadable, read_messages
from fakes.google import SimulatedGoogle
from gmailsync.errors import BadInput
from gmailsync.evidence import Incoming, Outgoing, Point, Proof, Skipped
from gmailsync.flows import cycle, outbox
from gmailsync.mime.headers import read_headers
from gmailsync.model.email import Direction, EmailId, EmailStatus
from gmailsync.model.mailbox import DeliveryMethod
from gmailsync.model.profile import IncomingProtocol
from gmailsync.model.setup import Setup
from gmailsync.ports import Ports
from gmailsync.rules.wording import one_line, with_advice

ROUNDS = 4
"""In how many portions mail arrives, so that the chart shows sync following it."""

INTERVAL = timedelta(minutes=5)
"""From one cycle to the next, as server-side synchronization polls."""

CUSTOMER = "customer@example.org"
"""Who is written to when the setup has no second mailbox; has no account in the simulated Google."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of the mail."""

    incoming: Incoming = field(default_factory=Incoming)
    outgoing: Outgoing = field(default_factory=Outgoing)
    problems: tuple[str, ...] = ()
    timeline: tuple[Point, ...] = ()


def read_mail(path: Path) -> tuple[list[SeedMessage], list[Skipped]]:
    """Return the messages at a path, and what could not be read. `BadInput` when it holds no mail."""
    try:
        found = list(read_messages(path))
    except ValueError as error:
        raise BadInput("mail", str(path), f"an mbox file, a Maildir or a folder of .eml files ({error})") from error
    unreadable = [item for item in found if isinstance(item, Unreadable)]
    skipped = [Skipped(str(item.path), item.reason) for item in unreadable]
    return [item for item in found if isinstance(item, SeedMessage)], skipped


class MailFlow:
    """Moves mail for the mailboxes of a setup that are enabled."""

    def __init__(self, google: SimulatedGoogle, ports: Ports, setup: Setup) -> None:
        self._google = google
        self._ports = ports
        self._by_pop = setup.profile.protocol is IncomingProtocol.POP
        self._receiver = _first(setup, "incoming")
        self._sender = _first(setup, "outgoing")
        others = [mailbox.address for mailbox in setup.mailboxes if mailbox.address != self._sender]
        self._recipient = others[0] if others else CUSTOMER
        self._arrived: list[Message] = []
        self._queued: list[EmailId] = []
        self._problems: dict[str, None] = {}
        self._timeline = [Point(0, 0, 0)]

    def run(self, mail: Path | None, messages: int) -> Moved:
        """Let a portion arrive, queue an email and run a cycle, a few times over; then compare both sides."""
        arriving, skipped = self._arriving(mail, messages)
        began = self._google.clock.now()
        self._ports.progress.start("mail both ways", ROUNDS + 1)
        for number, portion in enumerate(_portions(arriving, ROUNDS), 1):
            self._deliver(portion)
            self._queue(number)
            self._cycle(began)
            self._ports.progress.advance()
        self._cycle(began)  # nothing is new now, so nothing may be stored or sent a second time
        self._ports.progress.advance()
        return Moved(
            incoming=Incoming(tuple(self._proofs()), tuple(skipped)),
            outgoing=Outgoing(queued=len(self._queued), sent=self._seen_in_sent()),
            problems=tuple(self._problems),
            timeline=tuple(self._timeline),
        )

    # --- moving ---

    def _arriving(self, mail: Path | None, messages: int) -> tuple[list[SeedMessage], list[Skipped]]:
        if self._receiver is None:
            return [], []
        if mail is None:
            made = generate(0, messages, to=self._receiver)
            return [SeedMessage(raw, "generated", frozenset()) for raw in made], []
        return read_mail(mail)

    def _deliver(self, portion: Sequence[SeedMessage]) -> None:
        for seed in portion:
            with self._google.world.lock:
                message = self._google.deliver(str(self._receiver), seed.raw)
            self._arrived.append(message)

    def _queue(self, number: int) -> None:
        if self._sender is None:
            return
        email = outbox.queue(
            self._ports,
            sender=self._sender,
            to=[self._recipient],
            subject=f"Order confirmation {number} · ご注文の確認",
            body=f"Thank you for your order. This is confirmation {number} of {ROUNDS}.\n",
        )
        self._queued.append(email)

    def _cycle(self, began_at: datetime) -> None:
        self._google.clock.advance(INTERVAL)
        for address in cycle.due(self._ports):
            for error in cycle.run(self._ports, address).errors:
                self._problems[f"{address}: {with_advice(error)}"] = None
        minutes = (self._google.clock.now() - began_at).total_seconds() / 60
        self._timeline.append(Point(minutes, len(self._stored()), self._sent()))

    # --- comparing ---

    def _stored(self) -> dict[int | str, EmailId]:
        """Return what is stored for the receiver, by Gmail's message id or, by POP, its hash; twice is a problem."""
        if self._receiver is None:
            return {}
        with self._ports.store.begin() as tx:
            mailbox = tx.mailboxes.get(self._receiver)
            emails = [email for email in tx.emails.select(mailbox.id) if email.direction is Direction.INCOMING]
        stored = {email.gmail_message_id or email.sha256: email.id for email in emails}
        if len(stored) != len(emails):
            self._problems[f"{self._receiver}: {len(emails) - len(stored)} messages are stored twice"] = None
        return stored

    def _proofs(self) -> Iterator[Proof]:
        """Hash each message on both sides: as it lies in Gmail, and as it lies here."""
        stored = self._stored()
        for message in self._arrived:
            shown = self._as_shown(message.raw)
            number = stored.get(_sha256(shown) if self._by_pop else message.gm_msgid)
            raw = None
            if number is not None:
                with self._ports.store.begin() as tx:
                    raw = tx.emails.raw(number)
            yield Proof(
                mailbox=str(self._receiver),
                subject=one_line(read_headers(message.raw).subject),
                size=len(shown),
                sha256_in_gmail=_sha256(shown),
                sha256_stored=_sha256(raw) if raw is not None else "",
            )

    def _as_shown(self, raw: bytes) -> bytes:
        """Return a message as Gmail hands it over: by POP each line ends in CRLF (RFC 1939 section 3)."""
        if not self._by_pop:
            return raw
        text = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return text if text.endswith(b"\r\n") else text + b"\r\n"

    def _sent(self) -> int:
        with self._ports.store.begin() as tx:
            return sum(tx.emails.get(email).status is EmailStatus.SENT for email in self._queued)

    def _seen_in_sent(self) -> int:
        """Count the emails that are sent as we see it, and lie in Gmail's Sent with the same bytes."""
        account = self._google.account(self._sender) if self._sender else None
        if account is None:
            return 0
        with self._google.world.lock:
            sent = account.mail.folder_by_role(Role.SENT)
            there = {_sha256(account.mail.message(gm_msgid).raw) for gm_msgid in sent.uids.values()}
        with self._ports.store.begin() as tx:
            emails = [tx.emails.get(email) for email in self._queued]
        return sum(email.status is EmailStatus.SENT and email.sha256 in there for email in emails)


def _first(setup: Setup, direction: str) -> str | None:
    """Return the first mailbox whose `incoming` or `outgoing` mail is carried by us."""
    for mailbox in setup.mailboxes:
        method = mailbox.incoming if direction == "incoming" else mailbox.outgoing
        if method is DeliveryMethod.SERVER_SIDE_SYNC:
            return mailbox.address
    return None


def _portions(seeds: Sequence[SeedMessage], count: int) -> Iterator[Sequence[SeedMessage]]:
    """Cut into `count` portions that differ by one at most."""
    edges = [len(seeds) * number // count for number in range(count + 1)]
    return (seeds[begin:end] for begin, end in pairwise(edges))


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
