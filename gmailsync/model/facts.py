"""What deciding wants to know of a message, read from its header once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from gmailsync.model.email import Headers


@dataclass(frozen=True, slots=True)
class NamedAddress:
    """An address with the name written beside it; the name may be empty."""

    address: str
    name: str = ""


class Automatic(StrEnum):
    """What a message says of the program that wrote it (RFC 3834 section 5, and what was used before it)."""

    NO = "no"
    GENERATED = "generated"  # a notice that answers nothing
    REPLIED = "replied"  # an answer, such as that somebody is on holiday


_HARMLESS = frozenset({"delayed", "delivered", "relayed", "expanded", "deliverable"})
"""Actions that leave hope; some servers write others than "failed" where there is none, such as "expired"."""


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """What a delivery status notification says of one recipient (RFC 3464 section 2.3); empty: it does not say.

    `action` is `failed`, `delayed`, `delivered`, `relayed` or `expanded`, `status` a code such as `5.1.1` (RFC 3463).
    """

    address: str
    action: str = ""
    status: str = ""
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A delivery status notification (RFC 3464): `message_id` and `envelope_id` are of the message that it is about."""

    message_id: str = ""
    envelope_id: str = ""
    recipients: tuple[FailedRecipient, ...] = ()

    @property
    def is_failure(self) -> bool:
        """Whether some recipient did not get the message and will not."""
        return any(recipient.action and recipient.action not in _HARMLESS for recipient in self.recipients)


class MailFacts(NamedTuple):
    """What a message's header says, beside the `headers` that every stored email keeps.

    `author` is the first address of From, or of Sender where From has none; None: no valid one. `delivered_to` are the
    addresses that servers noted on the way (Delivered-To, X-Original-To, Envelope-To, X-Forwarded-To), `references`
    the Message-IDs of References in their order, `conversation_index` is Thread-Index as it stands there.
    `is_list` tells of a list or a bulk mailing. `null_sender`: the return path is empty, as it is of bounces.
    `loop_marks` are the addresses in X-Loop. `report` is there when the message tells of a
    delivery (RFC 3464, or as servers wrote before it).
    """

    headers: Headers
    author: NamedAddress | None = None
    to: tuple[NamedAddress, ...] = ()
    cc: tuple[NamedAddress, ...] = ()
    bcc: tuple[NamedAddress, ...] = ()
    reply_to: tuple[NamedAddress, ...] = ()
    delivered_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    conversation_index: str = ""
    automatic: Automatic = Automatic.NO
    wants_no_reply: bool = False
    is_list: bool = False
    list_id: str = ""
    null_sender: bool = False
    loop_marks: tuple[str, ...] = ()
    report: DeliveryReport | None = None

    @property
    def recipients(self) -> tuple[NamedAddress, ...]:
        """Whom the message names in To, Cc and Bcc, in this order."""
        return self.to + self.cc + self.bcc

    @property
    def related_ids(self) -> tuple[str, ...]:
        """The Message-IDs to look up for deciding: its own, and those that it names. Each once."""
        reported = self.report.message_id if self.report else ""
        named = (self.headers.message_id, self.headers.in_reply_to, *self.references, reported)
        return tuple(dict.fromkeys(message_id for message_id in named if message_id))
