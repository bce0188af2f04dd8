"""One look at one folder: what is new, what is left of the backlog, what changed, and what has gone.

Nothing is taken for gone on one answer alone, because Gmail leaves out messages that exist, of a FETCH or of a SEARCH.
The marks that make the next look short are written only when all questions were answered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from gmailsync.errors import ImapError, MessageFailed
from gmailsync.flows import leases, ledger
from gmailsync.flows.reading import Reading, Run, Work, plan, read
from gmailsync.model.email import EmailId
from gmailsync.model.failure import Failure, FailureId
from gmailsync.model.folder import Cursor, FolderState, Listed, Outcome, Placement
from gmailsync.model.profile import ServerProfile
from gmailsync.ports import MailSource
from gmailsync.rules import choice
from gmailsync.rules import cursor as rules

_PER_COMMIT = 2_000
"""Messages whose flags and labels one transaction stores."""


def look(run: Run, source: MailSource, profile: ServerProfile, folder: str) -> None:
    """Bring what is stored of the folder in step with it."""
    state = source.open_folder(folder)
    since = rules.read_from(profile.read_from, run.mailbox.read_from)
    with leases.unfenced(run.ports).store.begin() as tx:
        before = tx.folders.cursor(run.mailbox.id, folder)
        failures = tx.failures.due(run.mailbox.id, run.ports.clock.now())
    if before is not None and before.uidvalidity != state.uidvalidity:
        with run.ports.store.begin() as tx:  # a number that comes back may mean other messages than it did
            tx.folders.forget_former(run.mailbox.id, before)
    reading = Reading(run, source, state, rules.begin(before, state, since))
    _retry(reading, failures)
    due = rules.full_look_due(run.mailbox.last_success, run.ports.clock.now())
    if rules.unchanged(before, state, since) and not (state.modseq is None and due):
        _complain(reading)
        return
    _read_on(reading)
    missed = _take_changes(reading, before, due=due)
    found = _compare(reading, before, state, missed)
    if found is None:  # as it is, too, when the owner deletes mail in between
        found = _compare(reading, before, source.open_folder(folder), missed)
    read_missed(reading, missed if found is None else missed | found)
    if found is not None:
        _finish(reading, before)
    _complain(reading, has_unnamed=found is None)


def _retry(reading: Reading, failures: Iterable[Failure]) -> None:
    """Ask again for messages of this folder that are in the failure ledger and whose time has come."""
    place = (reading.cursor.folder, reading.cursor.uidvalidity)
    due = [one for one in failures if (one.folder, one.uidvalidity) == place and not one.has_bytes]
    if due:
        reading.ledger = {failure.uid: failure.id for failure in due}
        rows = {failure.uid: Listed(failure.uid, failure.size) for failure in due}
        read(reading, Work(rows, {}, {}), max_messages=1)  # what was refused once may make others be refused, too


def _read_on(reading: Reading) -> None:
    """Read what is new, and then the backlog from its newest message on."""
    run, source, state, cursor = reading.run, reading.source, reading.state, reading.cursor
    day = choice.search_day(cursor.since)
    first, last = cursor.last_uid + 1, cursor.backlog_uid
    has_new = state.uidnext is None or state.uidnext > first
    new = plan(reading, source.listing(first, since=day), first) if has_new else None
    old = plan(reading, source.listing(1, last, day), 1, last) if last else None
    run.ports.progress.start(_label(reading), sum(len(work.rows) for work in (new, old) if work is not None))
    if new is not None:
        read(reading, new)
    if old is not None:
        read(reading, old, newest_first=True)
        reading.cursor = replace(reading.cursor, backlog_uid=0)


def _label(reading: Reading) -> str:
    folder = reading.cursor.folder
    return f"fetching {reading.run.mailbox.address}" + ("" if folder == "INBOX" else f" {folder}")


def _take_changes(reading: Reading, before: Cursor | None, *, due: bool) -> dict[int, Listed]:
    """Store what flags and labels became; return the messages that are met here for the first time."""
    cursor = reading.cursor
    if before is None or before.uidvalidity != cursor.uidvalidity:
        return {}
    question = rules.flags_question(before, reading.state, due=due)
    if question is rules.Flags.NOTHING_NEW:
        return {}
    if question is rules.Flags.ALL:  # above the cursor, too, which may have stepped back
        rows = reading.source.listing()
    elif before.modseq is not None and before.last_uid:
        rows = reading.source.changes(before.modseq, before.last_uid)
    else:
        return {}
    return keep_changes(reading, rows)


def keep_changes(reading: Reading, rows: Mapping[int, Listed]) -> dict[int, Listed]:
    """Store flags and labels as they are listed; return the messages that are to be read."""
    missed: dict[int, Listed] = {}
    uids = sorted(rows)
    for start in range(0, len(uids), _PER_COMMIT):
        missed |= _change(reading, {uid: rows[uid] for uid in uids[start : start + _PER_COMMIT]})
    return missed


def _change(reading: Reading, rows: Mapping[int, Listed]) -> dict[int, Listed]:
    """Store new flags and labels of these messages; return those that are to be read."""
    run, cursor = reading.run, reading.cursor
    wanted = choice.condition(cursor.folder, run.mailbox.labels)
    with run.ports.store.begin() as tx:
        placed = tx.folders.placements(run.mailbox.id, cursor, rows)
        known = tx.emails.known(run.mailbox.id, {row.gmail_message_id for row in rows.values() if row.gmail_message_id})
        changed: list[Placement] = []
        labels: dict[EmailId, tuple[str, ...]] = {}
        waiting: dict[FailureId, tuple[str, ...]] = {}
        missed: dict[int, Listed] = {}
        for uid, row in rows.items():
            place = placed.get(uid)
            number, stored = known.get(row.gmail_message_id or 0, (None, ()))
            if place is None or _is_to_be_read(place, row, number, wanted):
                missed[uid] = row
                continue
            reading.has_untold |= place.outcome is Outcome.STORED and row.flags is None
            now = _as_told(place, row, number)
            if now != place:
                changed.append(now)
            if number is not None and row.labels is not None and set(row.labels) != set(stored):
                labels[number] = row.labels
            if now.failure_id is not None and row.labels is not None:
                waiting[now.failure_id] = row.labels
            elif place.failure_id is not None and now.failure_id is None:
                tx.failures.remove(place.failure_id)
                reading.failed.discard(uid)
        tx.folders.save(run.mailbox.id, cursor, changed)
        tx.emails.relabel(labels)
        tx.failures.relabel(waiting)
    return {uid: row for uid, row in missed.items() if uid in placed or cursor.backlog_uid < uid <= cursor.last_uid}


def _is_to_be_read(place: Placement, row: Listed, number: EmailId | None, wanted: Collection[str]) -> bool:
    """Tell whether a message may be wanted by now, or is another than the one that lay there.

    An account that was deleted and made anew has the same UIDVALIDITY.
    """
    if place.outcome is Outcome.REFUSED:
        return choice.may_be_wanted(row, wanted)
    return place.outcome is Outcome.STORED and bool(row.gmail_message_id) and number != place.email_id


def _as_told(place: Placement, row: Listed, number: EmailId | None) -> Placement:
    """Return the place with its flags, and of the email `number` if another way has brought it since."""
    if place.outcome in (Outcome.REFUSED, Outcome.FAILED) and number is not None:
        place = replace(place, outcome=Outcome.STORED, email_id=number, failure_id=None, size=0)
    return place if row.flags is None or set(row.flags) == set(place.flags) else replace(place, flags=row.flags)


def _compare(
    reading: Reading, before: Cursor | None, state: FolderState, missed: Collection[int]
) -> dict[int, Listed] | None:
    """Find what has gone, when the server's count says so; return what was left out of earlier answers.

    `missed` are about to be read. None when the server counts more messages than it names: then nothing is taken for
    gone, and the folder is looked at again the next time.
    """
    run, source, cursor = reading.run, reading.source, reading.cursor
    day = choice.search_day(cursor.since)
    # Of a backlog that was searched by date one answer was all; the search for what is older makes up the count.
    was_searched_once = day is not None and cursor.messages is None
    if not was_searched_once and not _may_differ(reading, before, state, missed):
        return {}
    last = state.uidnext - 1 if state.uidnext else None
    named = set(source.uids(1, last, day))
    with run.ports.store.begin() as tx:
        placed = tx.folders.outcomes(run.mailbox.id, cursor, 1, last).keys()
    if day is not None and placed - named:  # what was stored before the start date was moved to a later day
        named.update(uid for uid in source.uids(1, last) if uid in placed)
    absent = placed - named
    gone = absent - source.describe(absent).keys()
    found = (placed | named) - gone
    if was_searched_once:
        found |= set(source.uids(1, last, before=day))
        if len(found) < state.exists:  # neither by a search from that day on nor by one up to it
            named |= set(source.uids(1, last)) - found
            found |= named
    if (day is None or was_searched_once) and len(found) < state.exists:
        return None
    if gone:
        with run.ports.store.begin() as tx:
            tx.folders.remove(run.mailbox.id, cursor, gone)
    return {uid: Listed(uid) for uid in named - placed if uid > cursor.backlog_uid}


def _may_differ(reading: Reading, before: Cursor | None, state: FolderState, missed: Collection[int]) -> bool:
    """Tell whether the server's count leaves room for messages that have gone, or that no answer named.

    `missed` count as placed: one that is missing would make up for one that has gone.
    """
    run, cursor = reading.run, reading.cursor
    below = 2**32 if state.uidnext is None else state.uidnext
    new = (before and before.uidnext) or below
    with run.ports.store.begin() as tx:
        count = tx.folders.count(run.mailbox.id, cursor, below)
        known = tx.folders.placements(run.mailbox.id, cursor, missed)
        fresh = len(tx.folders.outcomes(run.mailbox.id, cursor, new, below - 1))
    count += sum(uid < below and uid not in known for uid in missed)
    return rules.may_differ(before, state, count, fresh, bounded=cursor.since is not None)


def read_missed(reading: Reading, missed: Mapping[int, Listed]) -> None:
    """Read messages that a listing left out, or that are wanted only now: the cursor steps back before them first.

    Until they are read it is without the marks of a complete look. These would tell the next one what has changed up to
    the cursor, and nothing of the messages above it.
    """
    run, cursor = reading.run, reading.cursor
    rows = {**missed, **reading.source.describe(missed, dated=cursor.since is not None)}
    rows = choice.to_read(rows, {}, cursor.since)
    if not rows:
        return
    first, last = min(rows), max(rows)
    last_uid = min(cursor.last_uid, first - 1)
    backlog_uid = min(cursor.backlog_uid, last_uid)
    reading.cursor = Cursor(cursor.folder, cursor.uidvalidity, last_uid, backlog_uid, cursor.since)
    with run.ports.store.begin() as tx:
        tx.folders.remove(run.mailbox.id, cursor, rows)
        tx.folders.save(run.mailbox.id, reading.cursor)
    read(reading, plan(reading, rows, first, last))
    reading.cursor = replace(cursor, last_uid=max(reading.cursor.last_uid, cursor.last_uid))
    with run.ports.store.begin() as tx:
        tx.folders.save(run.mailbox.id, reading.cursor)


def _finish(reading: Reading, before: Cursor | None) -> None:
    """Write down that all was looked at, and forget what lay here under a former UIDVALIDITY.

    Where flags and labels were not all told, the next look asks for all of them once more.
    """
    run = reading.run
    reading.cursor = rules.complete(reading.cursor, reading.state)
    if reading.has_untold:
        reading.cursor = replace(reading.cursor, modseq=None)
    with run.ports.store.begin() as tx:
        tx.folders.save(run.mailbox.id, reading.cursor)
        if before is not None and (before.messages is None or before.uidvalidity != reading.cursor.uidvalidity):
            tx.folders.forget_former(run.mailbox.id, reading.cursor)


def _complain(reading: Reading, *, has_unnamed: bool = False) -> None:
    """Tell of messages that could not be had, not be read, or that no answer names."""
    folder = "the Inbox" if reading.cursor.folder == "INBOX" else f"the folder {reading.cursor.folder}"
    if reading.failed:
        raise MessageFailed(ledger.waiting(len(reading.failed), f"of {folder} (UID {ledger.shown(reading.failed)})"))
    if has_unnamed:
        raise ImapError(
            f"Gmail counts more messages in {folder} than it lists",
            advice="Nothing to do: they are asked for again by the next sync. If it stays so, move them within Gmail.",
        )
