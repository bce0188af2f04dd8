"""The failure ledger at work: what is entered into it, and what is tried again.

A message that Gmail lists and does not hand over, or that cannot be read, keeps no other message waiting: it is entered
with its bytes, where there are any, and tried again until it becomes an email, is gone, or is given up by a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from gmailsync.errors import BadInput, GmailSyncError, MessageFailed, MessageUnreadable, MessageWithheld
from gmailsync.flows import leases
from gmailsync.flows.receiving import Receive, Received
from gmailsync.flows.sent import receiver_in
from gmailsync.model.email import EmailId, FetchedMessage
from gmailsync.model.failure import Failure, FailureId, GivenUp, NewFailure
from gmailsync.model.folder import Cursor, Outcome
from gmailsync.model.mailbox import Mailbox
from gmailsync.ports import Ports, Tx
from gmailsync.rules import alerting, popping

WITHHELD = MessageWithheld("Gmail lists the message, and does not hand it over")

_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)

Place = TypeVar("Place", int, str)
"""What a server calls a message: a UID by IMAP, a unique-id by POP."""
Message = TypeVar("Message")


def unreadable(error: Exception) -> MessageUnreadable:
    """Return what is noted of a message that made reading fail; not the error's words, which may quote the mail."""
    return MessageUnreadable(f"the message cannot be read ({type(error).__name__})")


def keep(
    ports: Ports,
    messages: Mapping[Place, Message],
    attempt: Callable[[Tx, Message], object],
    commit: Callable[[dict[Place, GmailSyncError]], None],
) -> None:
    """Commit a batch; where that fails as nobody foresaw, once more without the messages whose attempt fails alone.

    `commit` is told those, and enters them into the ledger, so that they do not keep the others waiting.
    """
    try:
        commit({})
    except GmailSyncError:
        raise
    except Exception:  # noqa: BLE001 - whatever a stranger's bytes may make of a mistake of ours
        commit(_rehearse(ports, messages, attempt))


def _rehearse(
    ports: Ports, messages: Mapping[Place, Message], attempt: Callable[[Tx, Message], object]
) -> dict[Place, GmailSyncError]:
    """Find out with which of these messages the attempt fails as nobody foresaw, and store nothing."""
    failed: dict[Place, GmailSyncError] = {}
    for place, message in messages.items():
        try:
            with ports.store.begin() as tx:
                attempt(tx, message)
                raise _Rehearsed
        except _Rehearsed:
            pass
        except GmailSyncError:
            raise
        except Exception as error:  # noqa: BLE001 - as when the batch was committed
            failed[place] = unreadable(error)
    return failed


class _Rehearsed(Exception):
    """Takes back a transaction that was only to show whether it can be done."""


def entry(mailbox: Mailbox, error: GmailSyncError, size: int, raw: bytes | None) -> NewFailure:
    """Return an entry about a message that has yet to be told where it lies; with its bytes if there are any."""
    return NewFailure(
        mailbox_id=mailbox.id,
        code=error.code,
        message=error.message,
        advice=error.advice,
        server_line=error.server_line,
        size=size,
        raw=raw,
    )


def replay(ports: Ports, mailbox: Mailbox, receive: Receive) -> tuple[list[Received], int]:
    """Try the messages again whose bytes are kept and whose time has come; let go of what came by IMAP since.

    No server is needed for it, nor need the message be there any more. Returns what became of those that can be read
    now, and how many still cannot.
    """
    now = ports.clock.now()
    with leases.unfenced(ports).store.begin() as tx:
        entries = tx.failures.due(mailbox.id, now)
        brought = _brought_by_imap(tx, mailbox, entries)
    if brought:
        with ports.store.begin() as tx:
            for number, email_id in brought.items():
                tx.failures.settle(number, Outcome.STORED, email_id)
    due = [failure.id for failure in entries if failure.has_bytes]
    received: list[Received] = []
    for number in due:
        try:
            received.append(_replay_one(ports, mailbox, receive, number, now))
        except GmailSyncError:
            raise
        except Exception as error:  # noqa: BLE001 - as when it was read first
            _note_again(ports, number, unreadable(error), now)
    return received, len(due) - len(received)


def _brought_by_imap(tx: Tx, mailbox: Mailbox, entries: Iterable[Failure]) -> dict[FailureId, EmailId]:
    """Find the emails of entries that POP has never handed over, where the mailbox was read by IMAP since."""
    withheld = [(one.id, popping.gmail_message_id(one.uidl)) for one in entries if not one.has_bytes]
    by_gmail_id = {gmail_id: number for number, gmail_id in withheld if gmail_id is not None}
    known = tx.emails.known(mailbox.id, by_gmail_id) if by_gmail_id else {}
    return {by_gmail_id[gmail_id]: email_id for gmail_id, (email_id, _labels) in known.items()}


def _replay_one(ports: Ports, mailbox: Mailbox, receive: Receive, number: FailureId, now: datetime) -> Received:
    with ports.store.begin() as tx:
        failure = tx.failures.get(number)
        [received] = receiver_in(failure.folder, receive)(tx, mailbox, [_message(failure)], now)
        tx.failures.settle(number, received.outcome, received.email_id)
    return received


def _note_again(ports: Ports, number: FailureId, error: GmailSyncError, now: datetime) -> None:
    with ports.store.begin() as tx:
        tx.failures.note(replace(tx.failures.get(number), message=error.message), now)


def try_again(ports: Ports, chosen: Sequence[FailureId] | None = None) -> int:
    """Let the next sync try these entries, or all open ones; return how many. `NotFound` when there is no such entry.

    One that was given up is open again, and so is the alert of its mailbox.
    """
    now = ports.clock.now()
    with ports.store.begin() as tx:
        entries = _entries(tx, chosen) if chosen is not None else [one for one in tx.failures.select() if _is_open(one)]
        tx.failures.make_due([one.id for one in entries], now)
        for mailbox_id in {one.mailbox_id for one in entries if not _is_open(one)}:
            error = MessageFailed("messages that were given up are to be tried again")
            tx.alerts.open(alerting.alert_for(mailbox_id, error), now)
    return len(entries)


def give_up(ports: Ports, chosen: Sequence[FailureId], *, by: str, why: str) -> int:
    """Let nothing try these entries any more, and resolve the alert where no open one is left; return how many.

    They stay in the ledger, so that their messages stay accounted for. Raises `NotFound` when there is no such entry,
    and `BadInput` for one that was given up before, or when nobody or no reason is named; then nothing is changed.
    """
    for field, value in (("by", by), ("why", why)):
        if not value.strip():
            raise BadInput(field, value, "must say something")
    now = ports.clock.now()
    with ports.store.begin() as tx:
        entries = _entries(tx, chosen)
        for one in entries:
            if one.given_up:
                raise BadInput("failure", one.id, f"was given up already, by {one.given_up.by}: {one.given_up.why}")
        tx.failures.give_up([one.id for one in entries], GivenUp(now, by.strip(), why.strip()))
        for mailbox_id in {one.mailbox_id for one in entries} - tx.failures.counts().keys():
            tx.alerts.resolve_code(mailbox_id, now, MessageFailed.code)
    return len(entries)


def given_up(tx: Tx, mailbox: Mailbox, cursor: Cursor) -> set[int]:
    """Return the UIDs under the cursor's UIDVALIDITY that were given up."""
    place = cursor.folder, cursor.uidvalidity
    entries = tx.failures.select(mailbox.id)
    return {one.uid for one in entries if not _is_open(one) and (one.folder, one.uidvalidity) == place}


def _entries(tx: Tx, chosen: Sequence[FailureId]) -> list[Failure]:
    """Return these entries, each once."""
    return [tx.failures.get(number) for number in dict.fromkeys(chosen)]


def _is_open(failure: Failure) -> bool:
    return failure.given_up is None


def _message(failure: Failure) -> FetchedMessage:
    """Return the message as it was handed over, with the labels that it has now."""
    return FetchedMessage(
        uid=failure.uid,
        raw=failure.raw or b"",
        gmail_message_id=failure.gmail_message_id,
        gmail_thread_id=failure.gmail_thread_id,
        labels=failure.labels,
        flags=(),
        internal_date=_UNKNOWN,
    )


def waiting(count: int, which: str) -> str:
    """Say how many messages, and which, are in the ledger."""
    noun, verb = ("message", "waits") if count == 1 else ("messages", "wait")
    return f"{count} {noun} {which} {verb} in the failure ledger"


def shown(uids: Iterable[int]) -> str:
    """Return the first ten UIDs for people."""
    return ", ".join(map(str, sorted(uids)[:10]))
