"""The register of a world's faults: what is to go wrong, how often it has, and whether it is this command's turn."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock

from fakes.faults.effects import Drop, Effect, InvalidFault, LoseReply
from fakes.faults.fault import ANY, CONNECT, GREETING, TLS, Fault, Where


@dataclass(eq=False, slots=True)
class _Rule:
    """A fault and what has become of it."""

    fault: Fault
    fired: int = 0
    skipped: int = 0
    matches: Counter[str] = field(default_factory=Counter)


@dataclass(eq=False, slots=True)
class WireEvent:
    """A connection that ends at the n-th wire event from now, whatever that is; `fired` tells whether it came so far.

    Events are counted over all protocols: each command, request and message twice, before it is carried out and
    afterwards, before the reply.
    """

    n: int
    seen: int = 0
    happened: str = ""

    @property
    def fired(self) -> bool:
        """Whether there was an n-th event."""
        return bool(self.happened)


@dataclass(frozen=True, slots=True)
class Hit:
    """A fault fires. `rule` is None for a wire event's."""

    effect: Effect
    rule: _Rule | None = None


class Faults:
    """The faults of one world. Safe to use from any thread; `note` writes to the world's journal.

    While nothing is `armed`, sessions ask nothing.
    """

    def __init__(self, seed: int, lock: RLock, note: Callable[[str], None]) -> None:
        self._key = f"faults {seed}".encode()
        self._lock = lock
        self._note = note
        self._rules: dict[str, _Rule] = {}
        self._events: list[WireEvent] = []
        self._sessions: Counter[str] = Counter()

    # --- for whoever makes trouble ---

    def add(
        self,
        where: str,
        when: str,
        what: str | Effect,
        *,
        name: str = "",
        times: int | None = None,
        account: str | None = None,
        skip: int = 0,
        chance: float | None = None,
        optional: bool = False,
    ) -> Fault:
        """Let something go wrong from now on; see `Fault` for what the words mean. InvalidFault when it cannot be."""
        return self.install(
            Fault(
                where=where,  # type: ignore[arg-type]  # words become values in Fault, which checks them
                when=when,
                what=what,  # type: ignore[arg-type]  # as above
                name=name,
                times=times,
                account=account,
                skip=skip,
                chance=chance,
                optional=optional,
            )
        )

    def install(self, fault: Fault) -> Fault:
        """Take a fault as it is, but give it a name if it has none. InvalidFault when its name is taken."""
        with self._lock:
            if fault.name in self._rules:
                raise InvalidFault("name", fault.name, "another fault has this name")
            if not fault.name:
                fault = _renamed(fault, self._free_name(f"{fault.where} {fault.when} {fault.what}"))
            self._rules[fault.name] = _Rule(fault)
            self._note(f"fault {fault.name!r} was added")
            return fault

    def remove(self, name: str) -> None:
        """Let it be. InvalidFault when there is no fault of this name."""
        with self._lock:
            if name not in self._rules:
                raise InvalidFault("name", name, f"allowed are {', '.join(self._rules) or 'none: there is no fault'}")
            del self._rules[name]
            self._note(f"fault {name!r} was removed")

    def discard(self, name: str) -> None:
        """Let it be, if there is a fault of this name."""
        with self._lock:
            if name in self._rules:
                self.remove(name)

    def list(self) -> tuple[Fault, ...]:
        """Return every fault, in the order added."""
        with self._lock:
            return tuple(rule.fault for rule in self._rules.values())

    def fired(self, name: str) -> int:
        """Return how often the fault of this name has fired. InvalidFault when there is none."""
        with self._lock:
            if name not in self._rules:
                raise InvalidFault("name", name, f"allowed are {', '.join(self._rules) or 'none: there is no fault'}")
            return self._rules[name].fired

    def nth_wire_event(self, n: int) -> WireEvent:
        """Drop the connection at the n-th wire event from now, 1 for the next. InvalidFault for less than 1.

        For a loop: fail at event 1, 2, 3 and so on, each time in a fresh world, until none `fired`.
        """
        if n < 1:
            raise InvalidFault("n", n, "allowed is a number, at least 1")
        with self._lock:
            event = WireEvent(n)
            self._events.append(event)
            return event

    def unfired(self) -> tuple[str, ...]:
        """Return the names of faults that had to fire and never did."""
        with self._lock:
            return tuple(rule.fault.name for rule in self._rules.values() if rule.fault.certain and not rule.fired)

    # --- for whoever suffers it ---

    @property
    def armed(self) -> bool:
        """Whether anything can go wrong at all."""
        return bool(self._rules or self._events)

    def session(self, where: Where) -> str:
        """Return the name of a new connection, by which the dice know it."""
        with self._lock:
            self._sessions[where] += 1
            return f"{where}-{self._sessions[where]}"

    def meets(self, where: Where, when: str, session: str, account: str = "") -> Hit | None:
        """Tell what goes wrong with this command, which is whole and not carried out; the oldest fault goes first."""
        with self._lock:
            if when not in (CONNECT, TLS, GREETING) and self._event(f"before {where} {when}"):
                return Hit(Drop())
            return self._first(where, when, session, account, lambda effect: not _counts(effect))

    def arrives(self, where: Where, when: str, session: str, account: str, had: int, has: int) -> Hit | None:
        """Tell what goes wrong when a command of which `had` bytes had arrived has `has` of them."""
        with self._lock:
            return self._first(
                where,
                when,
                session,
                account,
                lambda effect: isinstance(effect, Drop) and _counts(effect) and had < int(effect.at) <= has,
            )

    def counts_bytes(self, where: Where) -> bool:
        """Tell whether some fault waits for a certain byte."""
        return any(_counts(rule.fault.what) and rule.fault.where is where for rule in self._rules.values())

    def done(self, where: Where, when: str) -> Hit | None:
        """Tell what goes wrong after a command was carried out, before its reply."""
        with self._lock:
            return Hit(LoseReply()) if when != GREETING and self._event(f"after {where} {when}") else None

    def missed(self, hit: Hit) -> None:
        """Take back that a fault fired: there was nothing in the reply for it to change."""
        with self._lock:
            if hit.rule is not None:
                hit.rule.fired -= 1
                self._note(f"fault {hit.rule.fault.name!r} found nothing to change")

    # --- private ---

    def _event(self, what: str) -> bool:
        """Count a wire event; tell whether somebody waited for it."""
        struck = False
        for event in self._events:
            event.seen += 1
            if event.seen == event.n:
                event.happened = what
                self._note(f"wire event {event.n}, {what}: the connection ends")
                struck = True
        return struck

    def _first(
        self, where: Where, when: str, session: str, account: str, takes: Callable[[Effect], bool]
    ) -> Hit | None:
        for rule in self._rules.values():
            if _fits(rule.fault, where, when, account) and takes(rule.fault.what) and self._turn(rule, session):
                rule.fired += 1
                self._note(f"fault {rule.fault.name!r} fired at {where} {when}")
                return Hit(rule.fault.what, rule)
        return None

    def _turn(self, rule: _Rule, session: str) -> bool:
        """Tell whether a fault that fits fires this time."""
        fault = rule.fault
        if fault.times is not None and rule.fired >= fault.times:
            return False
        if rule.skipped < fault.skip:
            rule.skipped += 1
            return False
        rule.matches[session] += 1
        if fault.chance is None:
            return True
        return self._dice(f"{fault.name}/{session}/{rule.matches[session]}") < fault.chance

    def _dice(self, throw: str) -> float:
        """Return a number from 0 to 1 that this throw has in this world, whatever else is thrown."""
        return int.from_bytes(hmac.digest(self._key, throw.encode(), hashlib.sha256)[:6]) / (1 << 48)

    def _free_name(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self._rules:
            number += 1
            name = f"{wanted} ({number})"
        return name


def _counts(effect: Effect) -> bool:
    """Tell whether an effect waits for a certain byte."""
    return isinstance(effect, Drop) and type(effect.at) is int


def _fits(fault: Fault, where: Where, when: str, account: str) -> bool:
    if fault.where is not where or (fault.account is not None and fault.account.lower() != account.lower()):
        return False
    return fault.when == when or (fault.when == ANY and when not in (CONNECT, TLS, GREETING))


def _renamed(fault: Fault, name: str) -> Fault:
    return Fault.from_json({**fault.to_json(), "name": name})
