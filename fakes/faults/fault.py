"""A fault as data: where, when, what, how often; and which of them make sense together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from fakes.faults.effects import (
    Answer,
    At,
    Delay,
    Drop,
    Effect,
    InvalidFault,
    Omit,
    Refuse,
    Reorder,
    Repeat,
    Tell,
    WrongTls,
    parse,
)


class Where(StrEnum):
    """The servers that can misbehave."""

    OAUTH = "oauth"
    IMAP = "imap"
    POP = "pop"
    SMTP = "smtp"


CONNECT = "connect"
"""A connection was accepted; nothing was said, not even TLS."""

TLS = "tls"
"""A client wants TLS, at once or by STARTTLS."""

GREETING = "greeting"
"""The server's first words."""

MESSAGE = "message"
"""SMTP: the message after DATA has arrived as a whole and was not taken yet."""

ANY = "any"
"""Every command or request."""

_IMAP = (
    "APPEND AUTHENTICATE CAPABILITY CHECK CLOSE COMPRESS COPY CREATE DELETE ENABLE EXAMINE EXPUNGE FETCH GETQUOTA"
    " GETQUOTAROOT ID IDLE LIST LOGIN LOGOUT LSUB MOVE NAMESPACE NOOP RENAME SEARCH SELECT SETQUOTA STARTTLS STATUS"
    " STORE SUBSCRIBE UNSELECT UNSUBSCRIBE XLIST"
)
_POP = "APOP AUTH CAPA DELE LIST NOOP PASS QUIT RETR RSET STAT STLS TOP UIDL USER"
_SMTP = "AUTH DATA EHLO HELO HELP MAIL NOOP QUIT RCPT RSET STARTTLS VRFY"
_OAUTH = "accountchooser auth certs consent error openid-configuration revoke token tokeninfo userinfo warning"

COMMANDS: Mapping[Where, frozenset[str]] = MappingProxyType(
    {
        Where.OAUTH: frozenset(_OAUTH.split()),
        Where.IMAP: frozenset([*_IMAP.split(), GREETING]),
        Where.POP: frozenset([*_POP.split(), GREETING]),
        Where.SMTP: frozenset([*_SMTP.split(), GREETING, MESSAGE]),
    }
)
"""What a fault can wait for: commands in capital letters, endpoints by the last part of their path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One rule. Only what is possible can be made: anything else raises InvalidFault, in one line.

    `times` is how often it fires, None for each time; `skip` how many matches it lets pass first. `chance` throws dice
    for each match. `account` narrows it to one address. An `optional` fault may never fire, as one with dice may.
    """

    where: Where
    when: str
    what: Effect
    name: str = ""
    times: int | None = None
    account: str | None = None
    skip: int = 0
    chance: float | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "where", _where(self.where))
        if isinstance(self.what, str):
            object.__setattr__(self, "what", parse(self.what))
        object.__setattr__(self, "when", _when(self.where, self.when))
        _check_effect(self.where, self.when, self.what)
        _check_count("times", self.times, 1)
        _check_count("skip", self.skip, 0)
        if self.chance is not None and not (isinstance(self.chance, int | float) and 0 < self.chance <= 1):
            raise InvalidFault("chance", self.chance, "allowed is a number above 0 and at most 1")
        if self.account is not None:
            if not isinstance(self.account, str) or "@" not in self.account:
                raise InvalidFault("account", self.account, "allowed is an email address")
            if self.when in (CONNECT, TLS, GREETING):
                raise InvalidFault("account", self.account, f"nobody has signed in at {self.when!r} yet")
        for name, kind in (("name", str), ("optional", bool)):
            if not isinstance(getattr(self, name), kind):
                raise InvalidFault(name, getattr(self, name), f"allowed is a {kind.__name__}")

    @property
    def certain(self) -> bool:
        """Whether it is a mistake when the fault never fires."""
        return not self.optional and self.chance is None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values: `what` in words, and nothing that is as it is by default."""
        values = {**asdict(self), "where": self.where.value, "what": str(self.what)}
        plain = {field.name: field.default for field in fields(self)}
        return {name: value for name, value in values.items() if value != plain[name]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Fault:
        """Make one of JSON values. InvalidFault names what is missing, unknown or impossible."""
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                raise InvalidFault("field", name, f"allowed are {', '.join(known)}")
        for name in ("where", "when", "what"):
            if not isinstance(values.get(name), str):
                raise InvalidFault(name, values.get(name), "it has to be given, as text")
        return cls(**values)


def _where(given: str) -> Where:
    try:
        return Where(given)
    except ValueError:
        raise InvalidFault("where", given, f"allowed are {', '.join(Where)}") from None


def _when(where: Where, given: str) -> str:
    """Return the word as the register knows it; case means nothing."""
    words = COMMANDS[where] | {CONNECT, TLS, ANY}
    for word in (given, given.upper(), given.lower()):
        if word in words:
            return word
    raise InvalidFault("when", given, f"for {where} allowed are {', '.join(sorted(words))}")


def _check_count(field: str, value: int | None, least: int) -> None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
        raise InvalidFault(field, value, f"allowed is a number, at least {least}")


def _check_effect(where: Where, when: str, effect: Effect) -> None:
    """Refuse what could never happen there."""
    what = str(effect)
    if (when == TLS) is not isinstance(effect, WrongTls):
        raise InvalidFault(
            "what", what, "expired, wrong-name, unknown-ca and old-version go with tls, and nothing else"
        )
    if when == CONNECT and not isinstance(effect, Refuse | Drop | Delay):
        raise InvalidFault("what", what, "at connect allowed are refuse, close, reset, stall")
    if isinstance(effect, Drop) and effect.at is not At.BEFORE:
        counted = not isinstance(effect.at, At)
        if when == CONNECT:
            raise InvalidFault("what", what, "at connect there is no after and no byte to wait for")
        if counted and not ((where is Where.IMAP and when != GREETING) or (where, when) == (Where.SMTP, MESSAGE)):
            raise InvalidFault("what", what, "bytes are counted in IMAP's commands and in SMTP's message")
    if isinstance(effect, Answer) and where is Where.OAUTH and not re.match(r"[2-5]\d\d(?: |\Z)", effect.text):
        raise InvalidFault("what", what, "for oauth an answer is a status, or a status, a blank and a body")
    if isinstance(effect, Omit | Repeat | Reorder | Tell) and where is not Where.IMAP:
        raise InvalidFault("what", what, "only imap has UIDs and untagged responses")
    if isinstance(effect, Omit) and when not in ("FETCH", "SEARCH", ANY):
        raise InvalidFault("what", what, "UIDs are omitted from FETCH and SEARCH")
    if isinstance(effect, Tell) and when not in ("SELECT", "EXAMINE", "STATUS", ANY):
        raise InvalidFault("what", what, "the number is told by SELECT, EXAMINE and STATUS")
