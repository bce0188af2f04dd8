"""The messages of one folder on their way into the database, batch by batch.

Emails, placements and the moved cursor commit together, so that a run may end anywhere and the next one goes on from
there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from gmailsync.flows.ahead import Ahead
from gmailsync.flows.receiving import Received, receive
from gmailsync.flows.sent import receive_sent
from gmailsync.model.email import EmailId, FetchedMessage
from gmailsync.model.folder import Cursor, FolderState, Listed, Outcome, Placement
from gmailsync.model.mailbox import SENT, Mailbox
from gmailsync.ports import MailSource, Ports, Tx
from gmailsync.rules import choice
from gmailsync.rules import cursor as rules

NEW, KNOWN, TEST = "new", "known", "test message"
"""What a message that was met became."""


@dataclass(slots=True)
class Run:
    """One pull: what it needs, and what has become of the messages so far."""

    ports: Ports
    mailbox: Mailbox
    max_messages: int
    became: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Reading:
    """One folder that is being read.

    `withheld` are UIDs that Gmail lists but does not hand over; the cursor does not pass them.
    """

    run: Run
    source: MailSource
    state: FolderState
    cursor: Cursor
    withheld: set[int] = field(default_factory=set)


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
            placed[uid] = Placement(uid, Outcome.STORED, number, size=row.size, flags=row.flags or ())
            if row.labels is not None and set(row.labels) != set(stored):
                labels[number] = row.labels
        elif not choice.has_label(row, wanted_labels):
            placed[uid] = Placement(uid, Outcome.REFUSED, size=row.size, flags=row.flags or ())
    return Work(rows, placed, labels)


def read(reading: Reading, work: Work, *, newest_first: bool = False) -> bool:
    """Fetch and store, and move the cursor along; False when a message that was withheld holds it.

    From the oldest on, the cursor's end moves up; from the newest on, its backlog shrinks.
    """
    sizes = {uid: 0 if uid in work.placed else row.size for uid, row in work.rows.items()}
    cut = rules.batches(sizes, reading.run.max_messages, newest_first=newest_first)
    following = iter([*(uids[0] for uids in cut[1:]), 0])
    held = False
    with Ahead(_handed_over(reading.source, cut, work.placed), reading.source.hang_up) as batches:
        for batch in batches:
            after = next(following)
            if not held:
                reading.cursor = _moved(reading.cursor, batch, after if newest_first else None)
            held = held or bool(batch.withheld)
            _keep(reading, batch, work)
            reading.run.ports.progress.advance(len(batch.asked))
    return not held


@dataclass(frozen=True, slots=True)
class _Batch:
    """What became of the UIDs asked for: placed, handed over, gone, or listed and yet withheld."""

    asked: Sequence[int]
    placed: Sequence[Placement]
    messages: Mapping[int, FetchedMessage]
    gone: Set[int] = frozenset()
    withheld: Set[int] = frozenset()


def _handed_over(
    source: MailSource, batches: Iterable[Sequence[int]], placed: Mapping[int, Placement]
) -> Iterator[_Batch]:
    """Fetch batch after batch, and find out about what is left out of one."""
    for asked in batches:
        known = [placed[uid] for uid in asked if uid in placed]
        uids = sorted(uid for uid in asked if uid not in placed) if known else sorted(asked)
        messages = {message.uid: message for message in source.fetch(uids)} if uids else {}
        if omitted := set(uids) - messages.keys():
            # About one FETCH in fifty leaves out messages that exist, and gives them the next time.
            messages |= {message.uid: message for message in source.fetch(sorted(omitted))}
        if omitted := set(uids) - messages.keys():
            withheld = source.still_there(sorted(omitted))
            yield _Batch(asked, known, messages, omitted - withheld, withheld)
        else:
            yield _Batch(asked, known, messages)


def _moved(cursor: Cursor, batch: _Batch, following: int | None) -> Cursor:
    """Return the cursor behind what was dealt with; `following` is the next older UID of a backlog."""
    if following is not None:
        return replace(cursor, backlog_uid=rules.remaining(cursor.backlog_uid, batch.withheld, following))
    done = set(batch.asked) - batch.withheld - batch.gone
    return replace(cursor, last_uid=rules.passed(cursor.last_uid, batch.asked, done, batch.gone))


def _keep(reading: Reading, batch: _Batch, work: Work) -> None:
    """Commit a batch together with the cursor."""
    run, cursor = reading.run, reading.cursor
    messages = [message for _, message in sorted(batch.messages.items())]
    with run.ports.store.begin() as tx:
        received = (receive_sent if cursor.folder == SENT else receive)(tx, run.mailbox, messages)
        if batch.gone:
            tx.folders.remove(run.mailbox.id, cursor, batch.gone)
        _relabel(tx, batch.placed, work.labels)
        placements = [*batch.placed, *map(_placement, messages, received), *_left_out(batch)]
        tx.folders.save(run.mailbox.id, cursor, placements)
    reading.withheld |= batch.withheld
    run.became.update(map(_became, received))
    run.became[KNOWN] += sum(one.outcome is Outcome.STORED for one in batch.placed)


def _relabel(tx: Tx, placed: Iterable[Placement], labels: Mapping[EmailId, tuple[str, ...]]) -> None:
    numbers = (one.email_id for one in placed if one.email_id is not None)
    tx.emails.relabel({number: labels[number] for number in numbers if number in labels})


def _left_out(batch: _Batch) -> list[Placement]:
    """Return the placements of what exists and could not be had."""
    return [Placement(uid, Outcome.LISTED) for uid in sorted(batch.withheld)]


def _placement(message: FetchedMessage, received: Received) -> Placement:
    return Placement(message.uid, received.outcome, received.email_id, size=len(message.raw), flags=message.flags)


def _became(received: Received) -> str:
    return TEST if received.outcome is Outcome.TEST else NEW if received.is_new else KNOWN
