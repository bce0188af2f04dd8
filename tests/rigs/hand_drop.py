"""An account's mail by POP, made of a few dictionaries, for flows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from gmailsync.errors import PopError
from gmailsync.model.maildrop import Offered

BATCH = 3
"""Messages that a session shows, as Gmail does some 250 at a time."""


@dataclass
class HandDrop:
    """An account's mail by POP, shown in batches as Gmail does.

    `poison` is listed and not handed over; `troubles` are raised by RETR and `refusals` by the sign-in, None lets it
    pass. `asked` and `deleted` are what RETR and DELE were said of; `gone` is what is shown no more.
    """

    mail: dict[str, bytes] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    poison: set[str] = field(default_factory=set)
    troubles: list[Exception | None] = field(default_factory=list)
    refusals: list[Exception | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    ended_well: list[bool] = field(default_factory=list)
    loses_quit: int = 0
    lets_go_of_what_was_read: bool = True

    def deliver(self, raw: bytes, uidl: str = "") -> str:
        uidl = uidl or f"GmailId{len(self.mail):016x}"
        self.mail[uidl] = raw
        return uidl

    @contextmanager
    def session(self, _endpoint, _address, _token, *, recent=False) -> Iterator[HandSession]:
        if self.refusals and (refusal := self.refusals.pop(0)) is not None:
            raise refusal
        hidden = set() if recent else self.gone
        shown = [uidl for uidl in self.mail if uidl not in hidden]
        session = HandSession(self, shown if recent else shown[:BATCH])
        try:
            yield session
        except BaseException:
            self.ended_well.append(False)
            raise
        self.ended_well.append(True)
        if self.loses_quit:
            self.loses_quit -= 1
        else:
            self.gone |= session.marked
            self.gone |= set() if recent or not self.lets_go_of_what_was_read else session.read


@dataclass
class HandSession:
    """One sign-in: what it shows, and what was read and marked as deleted in it."""

    drop: HandDrop
    shown: list[str]
    read: set[str] = field(default_factory=set)
    marked: set[str] = field(default_factory=set)

    @property
    def lets_go_of_what_was_read(self) -> bool:
        return self.drop.lets_go_of_what_was_read

    def listing(self) -> list[Offered]:
        return [Offered(number, uidl, len(self.drop.mail[uidl])) for number, uidl in enumerate(self.shown, 1)]

    def retrieve(self, numbers: Sequence[int]) -> Iterator[tuple[int, bytes | PopError]]:
        for number in numbers:
            uidl = self.shown[number - 1]
            if self.drop.troubles and (trouble := self.drop.troubles.pop(0)) is not None:
                raise trouble
            self.drop.asked.append(uidl)
            if uidl in self.drop.poison:
                yield number, PopError("no", server_line="-ERR [SYS/TEMP] no")
            else:
                self.read.add(uidl)
                yield number, self.drop.mail[uidl]

    def top(self, number: int) -> bytes:
        return self.drop.mail[self.shown[number - 1]].partition(b"\r\n\r\n")[0] + b"\r\n\r\n"

    def delete(self, numbers: Sequence[int]) -> None:
        self.marked |= {self.shown[number - 1] for number in numbers}
        self.drop.deleted |= self.marked

    def hang_up(self) -> None:
        """Nothing is connected."""
