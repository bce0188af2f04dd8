"""Incoming mail by POP: what Gmail shows, session after session, each message once and none let go before it is stored.

Once a session has ended well, Gmail shows what was read to no POP client any more. So it ends well only after
everything that was read is committed; whatever breaks off is shown again, and known by its unique-id.

What Gmail lists and does not hand over waits in the failure ledger until it comes. That it is not listed any more
proves nothing: Gmail shows mail in parts, and hides what any program has read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gmailsync.errors import GmailSyncError, MessageFailed, MessageWithheld, PopError, PopTooSoon
from gmailsync.flows import ledger, tokens
from gmailsync.flows.ahead import Ahead
from gmailsync.flows.pull import Pulled
from gmailsync.flows.reading import KNOWN, NEW, REFUSED, TEST, became
from gmailsync.flows.receiving import Receive, Received, receive
from gmailsync.mime.arrival import Arrival, read_arrival
from gmailsync.mime.headers import read_headers
from gmailsync.model.email import FetchedMessage
from gmailsync.model.failure import Failure, FailureId
from gmailsync.model.folder import Outcome
from gmailsync.model.mailbox import Mailbox, MailboxKind
from gmailsync.model.maildrop import Fate, Offered
from gmailsync.model.profile import ServerProfile
from gmailsync.model.secret import Secret
from gmailsync.ports import MailDrop, Ports, Tx
from gmailsync.rules import cursor, popping
from gmailsync.rules import ledger as schedule

MOST_SESSIONS = 400
"""Sign-ins in one look: some 100,000 messages by Gmail's batches. What is left comes with the next look."""

_TWICE = 2

_LEFT_OUT = "left out"
_SETTLED = frozenset({Outcome.STORED, Outcome.TEST})
"""What needs no second decision, whenever it is shown again."""
_NOT_AGAIN = _SETTLED | {Outcome.REFUSED}
"""What is not read again where everything is shown for ever. Where it is read once more in any case, it is decided once
more: a start date may have moved."""


@dataclass(slots=True)
class _Look:
    """One look at a mailbox: what it needs, and what has become of the messages so far.

    `shown` counts in how many sessions of this look each was; `failed` are what was said of those that were entered
    into the failure ledger, by unique-id.
    """

    ports: Ports
    mailbox: Mailbox
    profile: ServerProfile
    max_messages: int
    receive: Receive
    became: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)
    failed: dict[str, GmailSyncError] = field(default_factory=dict)
    sessions: int = 0


def pull_pop(
    ports: Ports,
    mailbox: Mailbox,
    profile: ServerProfile,
    *,
    max_messages: int = cursor.MAX_MESSAGES,
    receive: Receive = receive,
) -> Pulled:
    """Store what is new by POP, at most `max_messages` in one commit; nothing within five minutes of the last look.

    Gmail shows a large mailbox in parts, so it is asked again until nothing new comes. After a look that failed the
    next one need not wait.
    """
    if (later := _begin(ports, mailbox)) is not None:
        return Pulled(skipped_until=later)
    look = _Look(ports, mailbox, profile, max_messages, receive)
    errors: tuple[GmailSyncError, ...] = ()
    still_failed = 0
    try:
        replayed, still_failed = ledger.replay(ports, mailbox, _decided_again(look))
        look.became.update(map(became, replayed))
        for _ in range(MOST_SESSIONS):
            if not tokens.with_token(ports, mailbox, lambda token: _session(look, token)):
                break
    except PopTooSoon as error:
        if not look.sessions:  # otherwise the rest has to wait for the next look, as Gmail wants it
            errors = (error,)
    except GmailSyncError as error:
        errors = (error,)
    if still_failed or look.failed:
        errors = (*errors, _told(still_failed, look.failed))
    if errors:
        _forget_look(ports, mailbox)
    count = look.became
    return Pulled(count[NEW], count[KNOWN], count[TEST], count[REFUSED], errors, left_out=count[_LEFT_OUT])


def _begin(ports: Ports, mailbox: Mailbox) -> datetime | None:
    """Note the look before it is made, or return when the next one may be."""
    now = ports.clock.now()
    with ports.store.begin() as tx:
        current = tx.mailboxes.by_id(mailbox.id, to_save=True)
        later = popping.next_look(current, now)
        if later is None:
            tx.mailboxes.save(replace(current, pop_looked_at=now))
    return later


def _forget_look(ports: Ports, mailbox: Mailbox) -> None:
    """Let the next sync look at once, so that it sees whether the trouble is over instead of keeping silent."""
    try:
        with ports.store.begin() as tx:
            tx.mailboxes.save(replace(tx.mailboxes.by_id(mailbox.id, to_save=True), pop_looked_at=None))
    except GmailSyncError:
        return  # the mailbox is another's by now, or the database is gone: that is told already


def _told(still_failed: int, failed: Mapping[str, GmailSyncError]) -> MessageFailed:
    count = still_failed + len(failed)
    server_line = next((error.server_line for error in failed.values() if error.server_line), "")
    return MessageFailed(ledger.waiting(count, "read by POP"), server_line=server_line)


def _decided_again(look: _Look) -> Receive:
    """Return what makes emails of messages out of the ledger, by the rules of reading by POP."""

    def decide(tx: Tx, mailbox: Mailbox, messages: Sequence[FetchedMessage], now: datetime) -> list[Received]:
        received: list[Received] = []
        for message in messages:
            if _is_wanted(look, message.raw, read_arrival(message.raw)):
                received += look.receive(tx, mailbox, [message], now)
            else:
                received.append(Received(Outcome.REFUSED))
        return received

    return decide


def _session(look: _Look, token: Secret) -> bool:
    """Read and store what one session shows; return whether another one may show more."""
    mailbox, endpoint = look.mailbox, look.profile.incoming
    with look.ports.mail.pop(endpoint, mailbox.address, token, recent=mailbox.pop_recent) as drop:
        look.sessions += 1
        listed = drop.listing()
        with look.ports.store.begin() as tx:
            known = tx.fates.known(mailbox.id, [one.uidl for one in listed])
            entries = {failure.uidl: failure for failure in tx.failures.select(mailbox.id) if failure.uidl}
        reads_again = _reads_again(look, drop)
        settled = _SETTLED if reads_again else _NOT_AGAIN
        # What is in the ledger with its bytes is tried again from there.
        has_bytes = {uidl for uidl, failure in entries.items() if failure.has_bytes}
        done = {one.uidl for one in listed if one.uidl in has_bytes or known.get(one.uidl) in settled}
        waiting = {uidl for uidl, failure in entries.items() if _waits(failure, look.ports.clock.now())}
        fresh = [one for one in listed if one.uidl not in done | waiting and not look.shown[one.uidl]]
        deleted = {uidl for uidl, outcome in known.items() if outcome in _SETTLED} if _deletes(mailbox) else set()
        again = [one for one in listed if one.uidl in done - deleted] if reads_again else []
        look.became[KNOWN] += len([one for one in again if one.uidl not in has_bytes])
        look.ports.progress.start(f"fetching {mailbox.address}", len(fresh))
        batches = _batches(fresh, look.max_messages)
        with Ahead(_read(drop, batches, _batches(again, look.max_messages)), drop.hang_up) as read:
            for batch, messages in read:
                _keep(look, batch, messages, {uidl: failure.id for uidl, failure in entries.items()})
                look.ports.progress.advance(len(batch))
        # Not before: where the token was refused on the way, the session that follows has to read the rest.
        look.shown.update(one.uidl for one in listed)
        if _deletes(mailbox):
            _delete_stored(look, drop, listed)
    # What is shown a third time is not let go of, however often it is read.
    unsettled = [one for one in listed if one.uidl not in waiting] if reads_again else []
    return bool(fresh) or any(look.shown[one.uidl] <= _TWICE for one in unsettled)


def _waits(failure: Failure, now: datetime) -> bool:
    """Tell whether Gmail did not hand the message over, and is not yet to be asked for it again."""
    return not failure.has_bytes and schedule.waits(failure.next_at, now)


def _batches(listed: Sequence[Offered], max_messages: int) -> list[list[Offered]]:
    by_number = {one.number: one for one in listed}
    cut = cursor.batches({one.number: one.size for one in listed}, max_messages)
    return [[by_number[number] for number in numbers] for numbers in cut]


def _reads_again(look: _Look, drop: MailDrop) -> bool:
    """Tell whether what is done with has to be read once more when it is shown: only so does Gmail stop showing it.

    It is shown when a session broke off after its mail was stored, or when the owner turns POP on "for all mail"; and
    it would take the place of later mail in what a session shows. What is deleted need not be read for that.
    """
    return drop.lets_go_of_what_was_read and not look.mailbox.pop_recent


_Batch = tuple[Sequence[Offered], Sequence[bytes | PopError]]


def _read(
    drop: MailDrop, batches: Iterable[Sequence[Offered]], again: Iterable[Sequence[Offered]]
) -> Generator[_Batch]:
    """Read batch after batch, and at the end what is only to be let go of: of that nothing is left to store."""
    for batch in batches:
        yield batch, [raw for _number, raw in drop.retrieve([one.number for one in batch])]
    for batch in again:
        for _ in drop.retrieve([one.number for one in batch]):
            pass
        yield (), ()  # so that the lease is renewed


def _keep(
    look: _Look, batch: Sequence[Offered], read: Sequence[bytes | PopError], entries: Mapping[str, FailureId]
) -> None:
    """Commit a batch. A message that cannot be had or not be read does not keep the others waiting."""
    withheld: dict[str, GmailSyncError] = {}
    raws: dict[str, tuple[Offered, bytes]] = {}
    for one, raw in zip(batch, read, strict=True):
        if isinstance(raw, PopError):
            withheld[one.uidl] = MessageWithheld(ledger.WITHHELD.message, server_line=raw.server_line)
        else:
            raws[one.uidl] = one, raw

    def commit(unreadable: dict[str, GmailSyncError]) -> None:
        _commit(look, batch, raws, withheld | unreadable, entries)

    ledger.keep(look.ports, raws, lambda tx, told: _receive(look, tx, [told]), commit)


def _commit(
    look: _Look,
    batch: Sequence[Offered],
    raws: Mapping[str, tuple[Offered, bytes]],
    failed: Mapping[str, GmailSyncError],
    entries: Mapping[str, FailureId],
) -> None:
    """Store a batch together with what became of each of its messages."""
    mailbox = look.mailbox
    readable = [told for uidl, told in raws.items() if uidl not in failed]
    with look.ports.store.begin() as tx:
        received = _receive(look, tx, readable)
        fates = [
            Fate(one.uidl, Outcome.REFUSED, size=one.size)
            if what is None
            else Fate(one.uidl, what.outcome, what.email_id, size=one.size)
            for (one, _), what in zip(readable, received, strict=True)
        ]
        for one in batch:
            if one.uidl in failed:
                raw = raws[one.uidl][1] if one.uidl in raws else None
                size = one.size if raw is None else len(raw)
                failure = replace(ledger.entry(mailbox, failed[one.uidl], size, raw), uidl=one.uidl)
                number = tx.failures.note(failure, look.ports.clock.now())
                fates.append(Fate(one.uidl, Outcome.FAILED, failure_id=number, size=one.size))
        tx.fates.save(mailbox.id, fates)
        for one, _ in readable:
            if one.uidl in entries:
                tx.failures.remove(entries[one.uidl])
    look.failed.update(failed)
    look.became[_LEFT_OUT] += received.count(None)
    look.became.update(became(what) for what in received if what is not None)


def _receive(look: _Look, tx: Tx, messages: Sequence[tuple[Offered, bytes]]) -> list[Received | None]:
    """Make emails of messages as POP has them; None for each that is left out."""
    now = look.ports.clock.now()
    fetched = [_fetched(look, one, raw) for one, raw in messages]
    received = iter(look.receive(tx, look.mailbox, [message for message in fetched if message is not None], now))
    return [None if message is None else next(received) for message in fetched]


def _fetched(look: _Look, one: Offered, raw: bytes) -> FetchedMessage | None:
    """Return a message as POP has it, without Gmail's ids, labels and flags; None for one that is left out."""
    arrival = read_arrival(raw)
    if not _is_wanted(look, raw, arrival):
        return None
    return FetchedMessage(
        uid=one.number,
        raw=raw,
        gmail_message_id=None,
        gmail_thread_id=None,
        labels=(),
        flags=(),
        internal_date=arrival.at or look.ports.clock.now(),
    )


def _is_wanted(look: _Look, raw: bytes, arrival: Arrival) -> bool:
    """Tell whether a sync brings the message: not before the start date, and no copy of what the mailbox sent."""
    if popping.is_before(arrival.at, popping.start_date(look.mailbox, look.profile)):
        return False
    return not popping.is_sent_copy(read_headers(raw), look.mailbox, was_delivered=arrival.was_delivered)


def _deletes(mailbox: Mailbox) -> bool:
    return mailbox.pop_delete and mailbox.kind is MailboxKind.QUEUE


def _delete_stored(look: _Look, drop: MailDrop, listed: Sequence[Offered]) -> None:
    """Delete at Gmail what is committed here, and nothing else; nothing where the mailbox is a person's by now."""
    with look.ports.store.begin() as tx:
        if not _deletes(tx.mailboxes.by_id(look.mailbox.id)):
            return
        known = tx.fates.known(look.mailbox.id, [one.uidl for one in listed])
    drop.delete([one.number for one in listed if known.get(one.uidl) in _SETTLED])
