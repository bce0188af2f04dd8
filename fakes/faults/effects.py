"""What a fault does, as values, and the words in which people write them: `close@after`, `stall=30s`, `answer=TEXT`.

`parse` turns words into a value, `str` turns it back. What a value means to a reply is in `spoiling`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType


class InvalidFault(ValueError):
    """A fault that cannot be; one line that names the field, its value and what is allowed."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{field}: {value!r} is not possible; {allowed}")


class At(StrEnum):
    """When a connection is dropped: before a command is carried out, or after its reply was sent."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Refuse:
    """Do not do it, and say so as the protocol refuses for the time being; before TLS a reset."""

    def __str__(self) -> str:
        return "refuse"


@dataclass(frozen=True, slots=True)
class Answer:
    r"""Do not do it, and answer with these lines; `\n` divides them, an IMAP tag is filled in."""

    text: str

    def __str__(self) -> str:
        return f"answer={self.text}"

    @property
    def lines(self) -> list[str]:
        """The lines to be sent."""
        return self.text.replace("\\n", "\n").splitlines()


@dataclass(frozen=True, slots=True)
class Drop:
    """End the connection, by a close or by a TCP reset: before, after, or when so many bytes of the command arrived."""

    reset: bool = False
    at: At | int = At.BEFORE

    def __str__(self) -> str:
        word = "reset" if self.reset else "close"
        return word if self.at is At.BEFORE else f"{word}@{self.at}"


@dataclass(frozen=True, slots=True)
class Delay:
    """Do it, and say nothing until the world's clock has moved on by so much."""

    duration: timedelta

    def __str__(self) -> str:
        seconds = self.duration.total_seconds()
        return f"stall={int(seconds) if seconds.is_integer() else seconds}s"


@dataclass(frozen=True, slots=True)
class Truncate:
    """Do it, send so many bytes of the reply, and close."""

    size: int

    def __str__(self) -> str:
        return f"truncate={self.size}"


@dataclass(frozen=True, slots=True)
class LoseReply:
    """Do it, and close instead of replying; or when `silent`, go on without ever replying."""

    silent: bool = False

    def __str__(self) -> str:
        return "lose-reply=silent" if self.silent else "lose-reply"


@dataclass(frozen=True, slots=True)
class Omit:
    """Leave these UIDs out of what a FETCH or a SEARCH finds."""

    uids: frozenset[int]

    def __str__(self) -> str:
        return f"omit={','.join(map(str, sorted(self.uids)))}"


@dataclass(frozen=True, slots=True)
class Repeat:
    """Send each untagged response twice."""

    def __str__(self) -> str:
        return "repeat"


@dataclass(frozen=True, slots=True)
class Reorder:
    """Send the untagged responses in reverse order."""

    def __str__(self) -> str:
        return "reorder"


class Figure(StrEnum):
    """A number that a server tells of a folder."""

    UIDVALIDITY = "uidvalidity"
    HIGHESTMODSEQ = "highestmodseq"


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell another number of a folder than the true one: `none`, `7`, or by how much it differs, `+7`, `-7`."""

    figure: Figure
    change: str

    def __str__(self) -> str:
        return f"{self.figure}={self.change}"

    def told(self, true: int) -> int | None:
        """Return what is told in place of the true number; None for nothing at all."""
        if self.change == "none":
            return None
        return max(0, true + int(self.change)) if self.change[0] in "+-" else int(self.change)


class TlsFlaw(StrEnum):
    """What is wrong with a server's TLS."""

    EXPIRED = "expired"
    WRONG_NAME = "wrong-name"
    UNKNOWN_CA = "unknown-ca"
    OLD_VERSION = "old-version"


@dataclass(frozen=True, slots=True)
class WrongTls:
    """Offer TLS that a careful client refuses."""

    flaw: TlsFlaw

    def __str__(self) -> str:
        return self.flaw.value


Effect = Refuse | Answer | Drop | Delay | Truncate | LoseReply | Omit | Repeat | Reorder | Tell | WrongTls

ALLOWED = (
    "allowed are refuse, answer=TEXT, close, reset (both with @before, @after or @BYTES), stall=DURATION,"
    " truncate=BYTES, lose-reply, lose-reply=silent, omit=UID,UID, repeat, reorder, uidvalidity=N, highestmodseq=N"
    " (N is none, 7, +7 or -7), expired, wrong-name, unknown-ca, old-version"
)

UNITS: Mapping[str, str] = MappingProxyType({"s": "seconds", "m": "minutes", "h": "hours", "d": "days"})


def parse(words: str) -> Effect:
    """Read what somebody wrote. InvalidFault when it is none of the words."""
    word, given, argument = words.partition("=")
    maker = _WITH_ARGUMENT.get(word) if given else _ALONE.get(words)
    effect = maker(argument) if maker else _drop(words)
    if effect is None:
        raise InvalidFault("what", words, ALLOWED)
    return effect


def duration(text: str) -> timedelta | None:
    """Read a length of time such as 30s, 5m, 1.5h or 8d; None when it is none."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)([smhd])", text, re.ASCII)
    return timedelta(**{UNITS[match[2]]: float(match[1])}) if match else None


def _drop(words: str) -> Drop | None:
    match = re.fullmatch(r"(close|reset)(?:@(before|after|\d{1,9}))?", words, re.ASCII)
    if match is None:
        return None
    at = match[2] or "before"
    return Drop(match[1] == "reset", int(at) if at.isdigit() else At(at))


def _delay(text: str) -> Delay | None:
    found = duration(text)
    return Delay(found) if found is not None else None


def _omit(text: str) -> Omit | None:
    return Omit(frozenset(map(int, text.split(",")))) if re.fullmatch(r"\d{1,9}(,\d{1,9})*", text, re.ASCII) else None


def _tell(figure: Figure) -> Callable[[str], Tell | None]:
    def make(text: str) -> Tell | None:
        return Tell(figure, text) if re.fullmatch(r"none|[+-]?\d{1,19}", text, re.ASCII) else None

    return make


_ALONE: Mapping[str, Callable[[str], Effect | None]] = {
    "refuse": lambda _: Refuse(),
    "lose-reply": lambda _: LoseReply(),
    "repeat": lambda _: Repeat(),
    "reorder": lambda _: Reorder(),
    **{flaw.value: lambda _, flaw=flaw: WrongTls(flaw) for flaw in TlsFlaw},  # type: ignore[misc]  # the default binds it
}

_WITH_ARGUMENT: Mapping[str, Callable[[str], Effect | None]] = {
    "answer": lambda text: Answer(text) if text else None,
    "stall": _delay,
    "truncate": lambda text: Truncate(int(text)) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else None,
    "lose-reply": lambda text: LoseReply(silent=True) if text == "silent" else None,
    "omit": _omit,
    **{figure.value: _tell(figure) for figure in Figure},
}

WORDS = frozenset({"close", "reset", *_ALONE, *_WITH_ARGUMENT})
"""Every word that `parse` understands, without what follows it."""
