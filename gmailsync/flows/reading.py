"""The messages of one folder on their way into the database, batch by batch.

Emails, placements and the moved cursor commit together, so that a run may end anywhere and the next one goes on from
there.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace

from gmailsync.errors import GmailSyncError
from gmailsync.flows import ledger
from gmailsync.flows.ahead import Ahead
from gmailsync.flows.receiving import Receive, Received
from gmailsync.flows.sent import receiver_in
from gmailsync.model.email import EmailId, FetchedMessage
from gmailsync.model.failure import FailureId, NewFailure
from gmailsync.model.folder import Cursor, FolderState, Listed, Outcome, Placement
from gmailsync.model.mailbox import Mailbox
from gmailsync.ports import MailSource, Ports, Tx
from gmailsync.rules import choice
from gmailsync.rules import cursor as rules

NEW, KNOWN, TEST, REFUSED = "new", "known", "test message", "refused"
"""What a message that was met became."""


@dataclass(slots=True)
class Run:
    """One pull: what it needs, and what has become of the messages so far."""

    ports: Ports
    mailbox: Mailbox
    max_messages: int
    receive: Receive
    became: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Reading:
    """One folder that is being read.

    `ledger` are the entries of the failure ledger that are tried again, by UID; `failed` are the UIDs of messages that
    could not be had or not be read, and are in the ledger now. `has_untold`: of something stored a listing named no
    more than the UID, neither flags nor labels.
    """

    run: Run
    source: MailSource
    state: FolderState
    cursor: Cursor
    ledger: dict[int, FailureId] = field(default_factory=dict)
    failed: set[int] = field(default_factory=set)
    has_untold: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """Messages to deal with: `rows` are all of them, `placed` those that need no fetch, `labels` what changes there."""

    rows: Mapping[int, Listed]
    placed: Mapping[int, Placement]
    labels: Mapping[EmailId, tuple[str, ...]]


def plan(reading: Reading, rows: Mapping[int, Listed], first: int, last: int | None = None) -> Work:
    """Find out which of the listed messages are known: by their place, by Gmail's id, by a label they lack."""
    mailbox, cursor = reading.run.mailbox, reading.cursor
    wanted_labels = choice.condition(cursor.folder, mailbox.labels)
    with reading.run.ports.store.begin() as tx:
        outcomes = tx.folders.outcomes(mailbox.id, cursor, first, last)
        rows = choice.to_read(rows, outcomes, cursor.since)
        known = tx.emails.known(mailbox.id, {row.gmail_message_id for row in rows.values() if row.gmail_message_id})
    placed: dict[int, Placement] = {}
    labels: dict[EmailId, tuple[str, ...]] = {}
    for uid, row in rows.items():
        if row.gmail_message_id in known:
            number, stored = known[row.gmail_message_id]
            placed[uid] = Placement(uid, Outcome.STORED, number, flags=row.flags or ())
            if row.labels is not None and set(row.labels) != set(stored):
                labels[number] = row.labels
        elif not choice.has_label(row, wanted_labels):
            placed[uid] = Placement(uid, Outcome.REFUSED, size=row.size, flags=row.flags or ())
    return Work(rows, placed, labels)


def read(reading: Reading, work: Work, *, newest_first: bool = False, max_messages: int | None = None) -> None:
    """Fetch and store, and move the cursor along.

    From the oldest on, the cursor's end moves up; from the newest on, its backlog shrinks.
    """
    sizes = {uid: 0 if uid in work.placed else row.size for uid, row in work.rows.items()}
    cut = rules.batches(sizes, max_messages or reading.run.max_messages, newest_first=newest_first)
    following = iter([*(uids[0] for uids in cut[1:]), 0])
    with Ahead(_handed_over(reading.source, cut, work.placed), reading.source.hang_up) as batches:
        for batch in batches:
            below = next(following)
            if newest_first:
                reading.cursor = replace(reading.cursor, backlog_uid=min(reading.cursor.backlog_uid, below))
            else:
                reading.cursor = replace(reading.cursor, last_uid=max(reading.cursor.last_uid, *batch.asked))
            _keep(reading, batch, work)
            reading.run.ports.progress.advance(len(batch.asked))


@dataclass(frozen=True, slots=True)
class _Batch:
    """What became of the UIDs asked for: placed, handed over, gone, or listed and yet withheld."""

    asked: Sequence[int]
    placed: Sequence[Placement]
    messages: Mapping[int, FetchedMessage]
    gone: Set[int] = frozenset()
    withheld: Set[int] = frozenset()


def _handed_over(
    source: MailSource, batches: Sequence[Sequence[int]], placed: Mapping[int, Placement]
) -> Generator[_Batch]:
    """Fetch batch after batch, and find out about what is left out of one."""
    wanted = [[uid for uid in asked if uid not in placed] for asked in batches]
    with closing(source.fetch(wanted)) as fetched:
        for asked, uids, found in zip(batches, wanted, fetched, strict=True):
            known = [placed[uid] for uid in asked if uid in placed]
            messages = {message.uid: message for message in found}
            if omitted := set(uids) - messages.keys():
                # About one FETCH in fifty leaves out messages that exist, and gives them the next time.
                messages |= {message.uid: message for again in source.fetch([sorted(omitted)]) for message in again}
            if omitted := set(uids) - messages.keys():
                withheld = source.still_there(sorted(omitted))
                yield _Batch(asked, known, messages, omitted - withheld, withheld)
            else:
                yield _Batch(asked, known, messages)


def _keep(reading: Reading, batch: _Batch, work: Work) -> None:
    """Commit a batch together with the cursor. A message that cannot be read does not keep the others waiting."""
    run, folder = reading.run, reading.cursor.folder

    def commit(unreadable: dict[int, GmailSyncError]) -> None:
        with _uncollected():
            _commit(reading, batch, work, unreadable)

    ledger.keep(run.ports, batch.messages, lambda tx, one: _received(run, tx, folder, [one]), commit)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from running.

    A batch makes ten thousands of objects that all live to its end and are in no cycle. To look through them, and
    through all else that the program has loaded, again and again finds nothing and takes time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _received(run: Run, tx: Tx, folder: str, messages: Sequence[FetchedMessage]) -> list[Received]:
    return receiver_in(folder, run.receive)(tx, run.mailbox, messages, run.ports.clock.now())


def _commit(reading: Reading, batch: _Batch, work: Work, unreadable: Mapping[int, GmailSyncError]) -> None:
    run, cursor = reading.run, reading.cursor
    wanted_labels = choice.condition(cursor.folder, run.mailbox.labels)
    early = {uid for uid, message in batch.messages.items() if choice.arrived_early(message, cursor.since)}
    found = [m for uid, m in sorted(batch.messages.items()) if uid not in early and uid not in unreadable]
    messages = [message for message in found if not choice.lacks_label(message, wanted_labels)]
    refused = [message for message in found if choice.lacks_label(message, wanted_labels)] if wanted_labels else []
    with run.ports.store.begin() as tx:
        received = _received(run, tx, cursor.folder, messages)
        if left := batch.gone | early:  # of the early, what waits in the ledger since before the start date was moved
            tx.folders.remove(run.mailbox.id, cursor, left)
        tx.emails.relabel(_labels_of_placed(batch.placed, work.labels) | _labels_of_known(messages, received))
        failed = [_withheld(reading, tx, work.rows[uid]) for uid in sorted(batch.withheld)]
        failed += [_unreadable(reading, tx, error, batch.messages[uid]) for uid, error in unreadable.items()]
        # Whatever is asked for and has no outcome is only listed, and the database lets no cursor pass it.
        outcomes = {uid: Placement(uid, Outcome.LISTED) for uid in batch.asked if uid not in batch.gone | early}
        for place in (*batch.placed, *map(_placement, messages, received), *map(_refused, refused), *failed):
            outcomes[place.uid] = place
        tx.folders.save(run.mailbox.id, cursor, list(outcomes.values()))
        for uid in reading.ledger.keys() & (batch.messages.keys() - unreadable.keys()):
            tx.failures.remove(reading.ledger[uid])
    reading.failed.update(place.uid for place in failed)
    run.became.update(map(became, received))
    run.became[KNOWN] += sum(one.outcome is Outcome.STORED for one in batch.placed)


def _withheld(reading: Reading, tx: Tx, row: Listed) -> Placement:
    entry = ledger.entry(reading.run.mailbox, ledger.WITHHELD, row.size, None)
    return _failed(reading, tx, row.uid, replace(entry, gmail_message_id=row.gmail_message_id), row.flags or ())


def _unreadable(reading: Reading, tx: Tx, error: GmailSyncError, message: FetchedMessage) -> Placement:
    """Keep all that deciding asks for, and what the email is known by in every other folder."""
    entry = replace(
        ledger.entry(reading.run.mailbox, error, len(message.raw), message.raw),
        gmail_message_id=message.gmail_message_id,
        gmail_thread_id=message.gmail_thread_id,
        labels=message.labels,
    )
    return _failed(reading, tx, message.uid, entry, message.flags)


def _failed(reading: Reading, tx: Tx, uid: int, entry: NewFailure, flags: tuple[str, ...]) -> Placement:
    """Enter a message into the ledger."""
    cursor = reading.cursor
    failure = replace(entry, folder=cursor.folder, uidvalidity=cursor.uidvalidity, uid=uid)
    number = tx.failures.note(failure, reading.run.ports.clock.now())
    return Placement(uid, Outcome.FAILED, failure_id=number, size=entry.size, flags=flags)


def _labels_of_placed(
    placed: Iterable[Placement], labels: Mapping[EmailId, tuple[str, ...]]
) -> dict[EmailId, tuple[str, ...]]:
    """Return the labels of messages that need no fetch, as far as they have changed."""
    numbers = (one.email_id for one in placed if one.email_id is not None)
    return {number: labels[number] for number in numbers if number in labels}


def _labels_of_known(
    messages: Iterable[FetchedMessage], received: Iterable[Received]
) -> dict[EmailId, tuple[str, ...]]:
    """Return the labels of messages that were stored before: nothing tells of a change that lies between."""
    return {
        one.email_id: message.labels
        for message, one in zip(messages, received, strict=True)
        if one.email_id is not None and not one.is_new and message.gmail_message_id is not None
    }


def _placement(message: FetchedMessage, received: Received) -> Placement:
    return Placement(message.uid, received.outcome, received.email_id, size=len(message.raw), flags=message.flags)


def _refused(message: FetchedMessage) -> Placement:
    return Placement(message.uid, Outcome.REFUSED, size=len(message.raw), flags=message.flags)


def became(received: Received) -> str:
    """Return what a message became, for counting."""
    left_out = {Outcome.TEST: TEST, Outcome.REFUSED: REFUSED}.get(received.outcome)
    return left_out or (NEW if received.is_new else KNOWN)
