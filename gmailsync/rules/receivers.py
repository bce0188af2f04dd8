"""Which of our mailboxes a message came to: those it names, and the one it was found in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gmailsync.model.facts import MailFacts, NamedAddress
from gmailsync.model.known import Known, Receiver
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules.addresses import key


@dataclass(frozen=True, slots=True)
class Named:
    """Our mailboxes that To, Cc and Bcc name, in their order, each once in a list; `all`: each once altogether.

    `delivered`: a server noted on the message that it was delivered to the mailbox it was found in.
    """

    to: tuple[Receiver, ...] = ()
    cc: tuple[Receiver, ...] = ()
    bcc: tuple[Receiver, ...] = ()
    all: tuple[Receiver, ...] = ()
    delivered: bool = False

    def includes(self, receiver: Receiver) -> bool:
        """Whether a mailbox is named."""
        return any(one.mailbox_id == receiver.mailbox_id for one in self.all)


def named(mail: MailFacts, known: Known, settings: DecidingSettings, receiver: Receiver) -> Named:
    """Return which of our mailboxes a message found in `receiver` came to.

    Delivered-To counts for that mailbox alone: anybody can write such a line into a message, and would otherwise choose
    which of our mailboxes accepts it.
    """
    normalise = settings.normalise_gmail_addresses
    to = tuple(_ours(mail.to, known, receiver, normalise=normalise))
    cc = tuple(_ours(mail.cc, known, receiver, normalise=normalise)) if mail.cc else ()
    bcc = tuple(_ours(mail.bcc, known, receiver, normalise=normalise)) if mail.bcc else ()
    delivered = tuple(NamedAddress(address) for address in mail.delivered_to) if settings.use_delivered_to else ()
    return Named(
        to=to,
        cc=cc,
        bcc=bcc,
        all=_once(to + cc + bcc) if cc or bcc else to,
        delivered=any(one is receiver for one in _ours(delivered, known, receiver, normalise=normalise)),
    )


def _ours(field: tuple[NamedAddress, ...], known: Known, receiver: Receiver, *, normalise: bool) -> Iterator[Receiver]:
    """Yield those of our mailboxes that a field names, each once; `receiver` as it was given."""
    seen = set()
    own = key(receiver.address, normalise=normalise)
    for one in field:
        address = key(one.address, normalise=normalise)
        found = receiver if address == own else known.receivers.get(address)
        if found is not None and found.mailbox_id not in seen:
            seen.add(found.mailbox_id)
            yield receiver if found.mailbox_id == receiver.mailbox_id else found


def _once(receivers: tuple[Receiver, ...]) -> tuple[Receiver, ...]:
    found: dict[int, Receiver] = {}
    for one in receivers:
        found.setdefault(one.mailbox_id, one)
    return tuple(found.values())
