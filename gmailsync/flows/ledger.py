"""The failure ledger at work: what is entered into it, and what is tried again.

A message that Gmail lists and does not hand over, or that cannot be read, keeps no other message waiting: it is entered
with its bytes, where there are any, and tried again until it becomes an email or is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from gmailsync.errors import GmailSyncError, MessageUnreadable, MessageWithheld
from gmailsync.flows import leases
from gmailsync.flows.receiving import Receive, Received
from gmailsync.model.email import FetchedMessage
from gmailsync.model.failure import Failure, FailureId, NewFailure
from gmailsync.model.mailbox import Mailbox
from gmailsync.ports import Ports, Tx

WITHHELD = MessageWithheld("Gmail lists the message, and does not hand it over")

_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)

Place = TypeVar("Place", int, str)
"""What a server calls a message: a UID by IMAP, a unique-id by POP."""
Message = TypeVar("Message")


def unreadable(error: Exception) -> MessageUnreadable:
    """Return what is noted of a message that made reading fail; not the error's words, which may quote the mail."""
    return MessageUnreadable(f"the message cannot be read ({type(error).__name__})")


def rehearse(
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
        except Exception as error:  # noqa: BLE001 - whatever a stranger's bytes may make of a mistake of ours
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
    """Try the messages again whose bytes are kept and whose time has come.

    No server is needed for it, nor need the message be there any more. Returns what became of those that can be read
    now, and how many still cannot.
    """
    now = ports.clock.now()
    with leases.unfenced(ports).store.begin() as tx:
        due = [failure.id for failure in tx.failures.due(mailbox.id, now) if failure.has_bytes]
    received: list[Received] = []
    for number in due:
        try:
            received.append(_replay_one(ports, mailbox, receive, number, now))
        except GmailSyncError:
            raise
        except Exception as error:  # noqa: BLE001 - as when it was read first
            _note_again(ports, number, unreadable(error), now)
    return received, len(due) - len(received)


def _replay_one(ports: Ports, mailbox: Mailbox, receive: Receive, number: FailureId, now: datetime) -> Received:
    with ports.store.begin() as tx:
        failure = tx.failures.get(number)
        [received] = receive(tx, mailbox, [_message(failure)], now)
        tx.folders.settle(number, received.outcome, received.email_id)
        tx.fates.settle(number, received.outcome, received.email_id)
        tx.failures.remove(number)
    return received


def _note_again(ports: Ports, number: FailureId, error: GmailSyncError, now: datetime) -> None:
    with ports.store.begin() as tx:
        tx.failures.note(replace(tx.failures.get(number), message=error.message), now)


def try_again(ports: Ports, chosen: Sequence[FailureId] | None = None) -> int:
    """Let the next sync try these entries, or all of them; return how many. `NotFound` when there is no such entry."""
    with ports.store.begin() as tx:
        if chosen is None:
            chosen = [failure.id for failure in tx.failures.select()]
        for number in chosen:
            tx.failures.get(number)
        tx.failures.make_due(chosen, ports.clock.now())
    return len(chosen)


def _message(failure: Failure) -> FetchedMessage:
    """Return the message as it was handed over; its labels come with the next look at the folder."""
    return FetchedMessage(failure.uid, failure.raw or b"", failure.gmail_message_id, None, (), (), _UNKNOWN)


def shown(uids: Iterable[int]) -> str:
    """Return the first ten UIDs for people."""
    return ", ".join(map(str, sorted(uids)[:10]))
