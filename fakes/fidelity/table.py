"""What a row of misconfiguration is: a mistake, where it shows, how sure its text is, and whether it can be played."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Where(StrEnum):
    """Where a customer meets a mistake."""

    CONSOLE = "console"
    PAGE = "Google's page"
    REDIRECT = "redirect"
    TOKEN = "token endpoint"  # noqa: S105 - a place, not a secret
    IMAP = "IMAP"
    POP = "POP"
    SMTP = "SMTP"
    MAIL = "what arrives"


class Mark(StrEnum):
    """How sure it is that Google says what the simulation says."""

    VERIFIED = "verified"
    """Seen in a source."""
    RECALLED = "recalled"
    """Believed, without a source."""
    STAND_IN = "stand-in"
    """The rule is Google's, its words are not known, and those shown are invented."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `not_played` is the reason why it is not; `left_out` is what of a played row is not."""

    number: str
    wrong: str
    where: tuple[Where, ...]
    mark: Mark
    not_played: str = ""
    left_out: str = ""

    @property
    def played(self) -> bool:
        """Whether the mistake can be made in the simulation, and is met as at Google."""
        return not self.not_played


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one section of google.md."""

    number: str
    title: str
    rows: tuple[Row, ...]
