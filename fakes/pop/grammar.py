"""From a line to a command (RFC 1939 sections 5 to 7, RFC 2449 section 5, RFC 5034 section 4).

What cannot be read becomes `BadCommand`, a value like any other. Gmail's verbs are those that it announces; STLS, APOP,
UTF8 and LANG are not among them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Capability:
    """CAPA."""


@dataclass(frozen=True, slots=True)
class User:
    """USER name."""

    name: str


@dataclass(frozen=True, slots=True)
class Password:
    """PASS string, which may have blanks."""

    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Authenticate:
    """AUTH mechanism [initial-response]; the response is base64 as it came, None when there is none."""

    mechanism: str
    initial: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Stat:
    """STAT."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """LIST [msg]."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class UniqueIds:
    """UIDL [msg]."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class Retrieve:
    """RETR msg."""

    number: int


@dataclass(frozen=True, slots=True)
class Top:
    """TOP msg n: the header and `lines` lines of the body."""

    number: int
    lines: int


@dataclass(frozen=True, slots=True)
class Delete:
    """DELE msg."""

    number: int


@dataclass(frozen=True, slots=True)
class Noop:
    """NOOP."""


@dataclass(frozen=True, slots=True)
class Reset:
    """RSET."""


@dataclass(frozen=True, slots=True)
class Quit:
    """QUIT."""


@dataclass(frozen=True, slots=True)
class BadCommand:
    """A line that is none of these. `unimitated` names what Gmail would have understood."""

    unimitated: str = ""


Command = (
    Capability
    | User
    | Password
    | Authenticate
    | Stat
    | Sizes
    | UniqueIds
    | Retrieve
    | Top
    | Delete
    | Noop
    | Reset
    | Quit
    | BadCommand
)

# RFC 1939 section 3: arguments are of printable ASCII; a number of more than ten digits is no message's.
_NUMBER = re.compile(rb"[0-9]{1,10}")
_MECHANISM = re.compile(rb"[A-Za-z0-9_-]{1,20}")


class _Unreadable(Exception):
    """The arguments are not those of the verb."""


def parse(line: bytes) -> Command:
    """Read one line without its end. Verbs and mechanisms may be in small letters."""
    verb, argument = _split(line)
    if verb == b"X-GOOGLE-RICO":
        return BadCommand(unimitated="X-GOOGLE-RICO")
    if verb not in _READERS:
        return BadCommand()
    try:
        return _READERS[verb](argument)
    except _Unreadable:
        return BadCommand()


def begins_command(line: bytes) -> bool:
    """Tell whether a line that should be a SASL response is the client's next command instead."""
    return _split(line)[0] in _READERS


def _split(line: bytes) -> tuple[bytes, bytes]:
    verb, _, argument = line.partition(b" ")
    return verb.upper(), argument


def _alone(command: Command) -> Callable[[bytes], Command]:
    """Read a command that has no arguments."""

    def read(argument: bytes) -> Command:
        if argument.strip(b" "):
            raise _Unreadable
        return command

    return read


def _text(argument: bytes) -> str:
    if not argument:
        raise _Unreadable
    return argument.decode("utf-8", "backslashreplace")


def _number(word: bytes) -> int:
    if not _NUMBER.fullmatch(word):
        raise _Unreadable
    return int(word)


def _one(argument: bytes) -> int:
    return _number(argument.strip(b" "))


def _perhaps_one(argument: bytes) -> int | None:
    return _one(argument) if argument.strip(b" ") else None


def _top(argument: bytes) -> Top:
    words = argument.split()
    if len(words) != 2:
        raise _Unreadable
    return Top(_number(words[0]), _number(words[1]))


def _authenticate(argument: bytes) -> Authenticate:
    mechanism, blank, initial = argument.strip(b" ").partition(b" ")
    if not _MECHANISM.fullmatch(mechanism):
        raise _Unreadable
    # RFC 5034 section 4: "=" is an initial response of no bytes.
    response = b"" if initial == b"=" else initial
    return Authenticate(mechanism.decode().upper(), response if blank else None)


_READERS: Mapping[bytes, Callable[[bytes], Command]] = MappingProxyType(
    {
        b"CAPA": _alone(Capability()),
        b"USER": lambda argument: User(_text(argument.strip(b" "))),
        b"PASS": lambda argument: Password(_text(argument)),
        b"AUTH": _authenticate,
        b"STAT": _alone(Stat()),
        b"LIST": lambda argument: Sizes(_perhaps_one(argument)),
        b"UIDL": lambda argument: UniqueIds(_perhaps_one(argument)),
        b"RETR": lambda argument: Retrieve(_one(argument)),
        b"TOP": _top,
        b"DELE": lambda argument: Delete(_one(argument)),
        b"NOOP": _alone(Noop()),
        b"RSET": _alone(Reset()),
        b"QUIT": _alone(Quit()),
    }
)
