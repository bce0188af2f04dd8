"""What Google allows an account by IMAP and POP, and what it has used of that (google.md 3.4).

Both are plain data of the account: limits are one frozen value to be replaced, figures can be read and reset. What is
said to whom has reached a limit is the servers' to know.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum

MB = 1 << 20
DAY = timedelta(hours=24)
"""After so long the figures of an account begin anew."""


class Volume(StrEnum):
    """Bytes that are counted, by the names of their limits."""

    IMAP_DOWNLOAD = "imap_download"
    IMAP_UPLOAD = "imap_upload"
    POP_DOWNLOAD = "pop_download"

    @property
    def protocol(self) -> str:
        """The protocol that is shut when too many were counted."""
        return self.value.partition("_")[0]


class OverVolume(StrEnum):
    """How it shows that an account has used up its volume; all three were seen (google.md 7.3, row 66)."""

    REFUSED = "refused"
    """Sign-ins and commands are answered by a refusal."""
    EXPIRED = "expired"
    """Sessions end at their next command, as if they were too old."""
    SLOW = "slow"
    """Everything goes on, at less than 1 KiB in a second."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an account may do. Volumes are bytes in a day; those of consumers are not published, these are Workspace's.

    `lockout` is how long a protocol stays shut: one hour is typical, a day is the most. `throttled` slows every
    command down by so much, on the world's clock, and says so; None is an account in Google's good graces. `idle` is
    for how long an IDLE lasts. Sessions by password end after `imap_session` and `pop_session`, those by OAuth with
    their token, which Google does not always keep to: `token_ends_session`. `storage` is the quota, in bytes.
    """

    imap_connections: int = 15
    imap_download: int = 2500 * MB
    imap_upload: int = 500 * MB
    pop_download: int = 1250 * MB
    over_volume: OverVolume = OverVolume.REFUSED
    lockout: timedelta = DAY
    throttled: timedelta | None = None
    idle: timedelta = timedelta(minutes=10)
    imap_session: timedelta = timedelta(hours=24)
    pop_session: timedelta = timedelta(days=7)
    token_ends_session: bool = True
    storage: int = 31457280 * 1024

    def __post_init__(self) -> None:
        """Raise ValueError for less than nothing."""
        for limit in fields(self):
            value = getattr(self, limit.name)
            too_small = value < timedelta(0) if isinstance(value, timedelta) else type(value) is int and value < 0
            if too_small:
                raise ValueError(f"{limit.name} cannot be less than nothing: {value}")


@dataclass(slots=True, eq=False)
class Usage:
    """What an account has used since its day began, with the first byte after the day before.

    `shut` tells until when a protocol is shut because its volume was used up. Callers hold the world's lock.
    """

    began: datetime | None = None
    used: dict[Volume, int] = field(default_factory=lambda: dict.fromkeys(Volume, 0))
    shut: dict[str, datetime] = field(default_factory=dict)

    def count(self, volume: Volume, size: int, limits: Limits, now: datetime) -> None:
        """Count bytes; the one after the last that is allowed shuts the protocol."""
        self._bring_up_to_date(now)
        self.began = self.began or now
        self.used[volume] += size
        if self.used[volume] > getattr(limits, volume.value):
            self.shut.setdefault(volume.protocol, now + limits.lockout)

    def is_shut(self, protocol: str, now: datetime) -> bool:
        """Tell whether the account is locked out of a protocol."""
        if self.shut:
            self._bring_up_to_date(now)
        return protocol in self.shut

    def reset(self) -> None:
        """Begin anew, as an administrator may have it a few times in a month."""
        self.began = None
        self.used = dict.fromkeys(Volume, 0)
        self.shut.clear()

    def _bring_up_to_date(self, now: datetime) -> None:
        if self.began is not None and now - self.began >= DAY:
            self.began = None
            self.used = dict.fromkeys(Volume, 0)
        for protocol, until in list(self.shut.items()):
            if now >= until:
                del self.shut[protocol]
                self.used |= {volume: 0 for volume in Volume if volume.protocol == protocol}
