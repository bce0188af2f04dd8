"""What an owner has set up about mail that comes and goes: filters, other addresses, an answer while away."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from fakes.gmail.filters import Filter
from fakes.post.limits import Limits


@dataclass(frozen=True, slots=True)
class SendAs:
    """An address of "Send mail as".

    Gmail leaves it in From once it is `verified`. `broken` is what goes wrong at the SMTP server of the address's own
    through which its mail should leave, such as `Unspecified Error (SENT_SECOND_EHLO): Smtp server does not advertise
    AUTH capability`; empty when nothing does.
    """

    address: str
    verified: bool = True
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Vacation:
    """The vacation responder: what it answers, and between which times; None for no such limit."""

    subject: str
    body: str
    start: datetime | None = None
    end: datetime | None = None

    def is_on(self, now: datetime) -> bool:
        """Tell whether the owner is away."""
        return (self.start is None or self.start <= now) and (self.end is None or now < self.end)


@dataclass(slots=True)
class PostSettings:
    """The settings of one account; tests change them as they like while they hold the world's lock.

    `aliases` are further addresses under which the account gets mail. `limits` replace those of its kind of account.
    """

    aliases: set[str] = field(default_factory=set)
    send_as: list[SendAs] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    vacation: Vacation | None = None
    limits: Limits | None = None

    def own_addresses(self) -> set[str]:
        """Return the addresses, in small letters, that may stand in From beside the account's own."""
        return {alias.lower() for alias in self.aliases} | {
            alias.address.lower() for alias in self.send_as if alias.verified
        }

    def broken_alias(self, address: str) -> SendAs | None:
        """Return the verified alias of this address if its mail cannot leave."""
        return next(
            (
                alias
                for alias in self.send_as
                if alias.verified and alias.broken and alias.address.lower() == address.lower()
            ),
            None,
        )
