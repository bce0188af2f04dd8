"""Incoming mail: from the Inbox into the database, each message once and none passed over.

Emails and the moved cursor commit together, batch by batch, so that a run may end anywhere and the next one goes on
from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from gmailsync.errors import GmailSyncError, ImapError
from gmailsync.flows import tokens
from gmailsync.flows.ahead import Ahead
from gmailsync.flows.receiving import Received, receive
from gmailsync.model.email import FetchedMessage
from gmailsync.model.folder import Cursor, Outcome, Placement
from gmailsync.model.mailbox import Mailbox
from gmailsync.model.profile import ServerProfile
from gmailsync.model.secret import Secret
from gmailsync.ports import MailSource, Ports
from gmailsync.rules import cursor as rules

INBOX = "INBOX"
"""The only folder that an IMAP profile reads."""

_NEW, _KNOWN, _TEST, _REFUSED = "new", "known", "test message", "refused"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one pull did: messages by what became of them, and what went wrong.

    `known` were stored before, `test_messages` are those of Test & Enable, which do not become emails, and `refused`
    are those that no mailbox wants; the decision trace says why.
    """

    new: int = 0
    known: int = 0
    test_messages: int = 0
    refused: int = 0
    errors: tuple[GmailSyncError, ...] = ()


@dataclass(slots=True)
class _Run:
    """One reading of the Inbox: what it needs, and what has become of the messages so far.

    `withheld` are UIDs that Gmail lists but does not hand over; from the first of them on the cursor stands still.
    """

    ports: Ports
    mailbox: Mailbox
    max_messages: int
    became: Counter[str] = field(default_factory=Counter)
    withheld: set[int] = field(default_factory=set)


def pull(ports: Ports, mailbox: Mailbox, profile: ServerProfile, *, max_messages: int = rules.MAX_MESSAGES) -> Pulled:
    """Store what is new in the Inbox, at most `max_messages` in one commit.

    Whatever breaks off, what was read before it is stored.
    """
    run = _Run(ports, mailbox, max_messages)

    def read(token: Secret) -> None:
        with ports.mail.imap(profile.incoming, mailbox.address, token) as source:
            _read_inbox(run, source)

    errors: tuple[GmailSyncError, ...] = ()
    try:
        tokens.with_token(ports, mailbox, read)
    except GmailSyncError as error:
        errors = (error,)
    return Pulled(run.became[_NEW], run.became[_KNOWN], run.became[_TEST], run.became[_REFUSED], errors)


def _read_inbox(run: _Run, source: MailSource) -> None:
    """Fetch and store what lies beyond the cursor, a batch at a time."""
    folder = source.open_folder(INBOX)
    with run.ports.store.begin() as tx:
        cursor = rules.plan(tx.folders.cursor(run.mailbox.id, folder.name), folder)
    sizes = source.sizes_after(cursor.last_uid)
    run.ports.progress.start(f"fetching {run.mailbox.address}", len(sizes))
    with Ahead(_handed_over(source, rules.batches(sizes, run.max_messages)), source.hang_up) as batches:
        for batch in batches:
            cursor = _keep(run, cursor, batch)
            run.ports.progress.advance(len(batch.asked))
    if run.withheld:
        shown = ", ".join(str(uid) for uid in sorted(run.withheld)[:10])
        raise ImapError(
            f"Gmail lists {len(run.withheld)} messages of the Inbox that it does not hand over (UID {shown})",
            advice="Nothing to do: they are asked for again by the next sync. If it stays so, move them within Gmail.",
        )


@dataclass(frozen=True, slots=True)
class _Batch:
    """What became of the UIDs asked for: handed over, gone, or listed and yet withheld."""

    asked: Sequence[int]
    messages: Mapping[int, FetchedMessage]
    gone: Set[int] = frozenset()
    withheld: Set[int] = frozenset()


def _handed_over(source: MailSource, batches: Iterable[Sequence[int]]) -> Iterator[_Batch]:
    """Fetch batch after batch, and find out about what is left out of one."""
    for uids in batches:
        messages = {message.uid: message for message in source.fetch(uids)}
        if omitted := set(uids) - messages.keys():
            # About one FETCH in fifty leaves out messages that exist, and gives them the next time.
            messages |= {message.uid: message for message in source.fetch(sorted(omitted))}
        if omitted := set(uids) - messages.keys():
            withheld = source.still_there(sorted(omitted))
            yield _Batch(uids, messages, omitted - withheld, withheld)
        else:
            yield _Batch(uids, messages)


def _keep(run: _Run, cursor: Cursor, batch: _Batch) -> Cursor:
    """Commit a batch together with the cursor; return where the cursor is now."""
    held_back = bool(run.withheld)  # by an earlier batch
    run.withheld |= batch.withheld
    if not held_back:
        last_uid = rules.passed(cursor.last_uid, batch.asked, batch.messages.keys(), batch.gone)
        cursor = replace(cursor, last_uid=last_uid)
    messages = [message for _, message in sorted(batch.messages.items())]
    with run.ports.store.begin() as tx:
        received = receive(tx, run.mailbox, messages, run.ports.clock.now())
        placements = [Placement(uid, Outcome.LISTED) for uid in sorted(batch.withheld)]
        placements += map(_placement, messages, received)
        tx.folders.save(run.mailbox.id, cursor, placements)
    run.became.update(map(_became, received))
    return cursor


def _placement(message: FetchedMessage, received: Received) -> Placement:
    return Placement(message.uid, received.outcome, received.email_id, size=len(message.raw), flags=message.flags)


def _became(received: Received) -> str:
    left_out = {Outcome.TEST: _TEST, Outcome.REFUSED: _REFUSED}.get(received.outcome)
    return left_out or (_NEW if received.is_new else _KNOWN)
