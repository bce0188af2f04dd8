"""Which of our mailboxes a message came to: those it names, and the one it was found in."""

from __future__ import annotations

from dataclasses import dataclass

from gmailsync.model.facts import MailFacts, NamedAddress
from gmailsync.model.known import Known, Receiver
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules.addresses import key


@dataclass(frozen=True, slots=True)
class Named:
    """Our mailboxes that To, Cc and Bcc name, in their order, each once in a list; `all`: each once altogether.

    `is_read`: they include the mailbox that the message was found in. `is_delivered`: they do, or a server noted on the
    message that it was delivered there.
    """

    to: tuple[Receiver, ...] = ()
    cc: tuple[Receiver, ...] = ()
    bcc: tuple[Receiver, ...] = ()
    all: tuple[Receiver, ...] = ()
    is_read: bool = False
    is_delivered: bool = False


def named(mail: MailFacts, known: Known, settings: DecidingSettings, receiver: Receiver) -> Named:
    """Return which of our mailboxes a message found in `receiver` came to.

    Delivered-To counts for that mailbox alone: anybody can write such a line into a message, and would otherwise choose
    which of our mailboxes accepts it.
    """
    normalise = settings.normalise_gmail_addresses
    own = key(receiver.address, normalise=normalise)

    def ours(address: str) -> Receiver | None:
        wanted = key(address, normalise=normalise)
        found = receiver if wanted == own else known.receivers.get(wanted)
        return receiver if found is not None and found.mailbox_id == receiver.mailbox_id else found

    def those(field: tuple[NamedAddress, ...]) -> tuple[Receiver, ...]:
        return _once([found for one in field if (found := ours(one.address)) is not None])

    to, cc, bcc = those(mail.to), those(mail.cc) if mail.cc else (), those(mail.bcc) if mail.bcc else ()
    everybody = _once([*to, *cc, *bcc]) if cc or bcc else to
    is_read = receiver in everybody
    noted = mail.delivered_to if settings.use_delivered_to and not is_read else ()
    is_delivered = is_read or any(ours(address) is receiver for address in noted)
    return Named(to, cc, bcc, everybody, is_read, is_delivered)


def _once(receivers: list[Receiver]) -> tuple[Receiver, ...]:
    if len(receivers) < 2:
        return tuple(receivers)
    found: dict[int, Receiver] = {}
    for one in receivers:
        found.setdefault(one.mailbox_id, one)
    return tuple(found.values())
