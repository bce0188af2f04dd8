"""What is done to a simulated Google by hand, as data: a verb with JSON arguments, at one moment of its clock.

Another process does its deeds through the door; done again in the same order at the same moments they make the same
world, down to every id and byte. What clients do on the wire is no deed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fakes import events, history, state
from fakes.accounts import Account
from fakes.admission import MAIL_SCOPE
from fakes.consent import ConsentStopped
from fakes.console import ConsoleRefused
from fakes.faults.effects import duration
from fakes.faults.fault import Fault
from fakes.gmail.seeding import SeedMessage
from fakes.google import ENVIRONMENT, SeedReport, SimulatedGoogle
from fakes.grants import ACCESS_LIFE

Json = dict[str, Any]

REFUSED = (ValueError, ConsoleRefused, ConsentStopped)
"""How the world says no to a deed; the text is one for people."""

LONGEST = timedelta(days=3650)
"""Of one step of the clock: ten years, so that nobody leaves the calendar."""

_ACCOUNT_SWITCHES: Mapping[str, type] = MappingProxyType(
    {"name": str, "imap": bool, "pop": bool, "gmail": bool, "organisation": str, "unit": str, "classic": bool}
)


@dataclass(frozen=True, slots=True)
class Deed:
    """One deed. `refused` is what was said to one that could not be done; trying may have left traces all the same."""

    at: datetime
    verb: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""

    def to_json(self) -> Json:
        """Return it as JSON values."""
        refused = {"refused": self.refused} if self.refused else {}
        return {"at": self.at.isoformat(), "verb": self.verb, "arguments": dict(self.arguments), **refused}

    @classmethod
    def from_json(cls, told: object) -> Deed:
        """Make one of JSON values. ValueError names what is wrong."""
        if not isinstance(told, Mapping) or not isinstance(told.get("arguments"), Mapping):
            raise ValueError(f"deed: {told!r}: an object with at, verb and arguments")
        if told.get("verb") not in VERBS:
            raise ValueError(f"verb: {told.get('verb')!r}: one of {', '.join(VERBS)}")
        return cls(
            datetime.fromisoformat(str(told.get("at"))), told["verb"], told["arguments"], str(told.get("refused", ""))
        )


class Deeds:
    """The deeds done to one simulated Google, in their order. Safe to use from any thread."""

    def __init__(self, google: SimulatedGoogle) -> None:
        self.google = google
        self._done: list[Deed] = []

    @property
    def done(self) -> tuple[Deed, ...]:
        """What was done so far."""
        with self.google.world.lock:
            return tuple(self._done)

    def do(self, verb: str, arguments: Mapping[str, Any], at: datetime | None = None) -> Json:
        """Do it, write it down, and return what came of it. Raises what `REFUSED` lists.

        `at` is for a deed that is done again: the clock is moved to that moment.
        """
        if verb not in VERBS:
            raise ValueError(f"verb: {verb!r}: one of {', '.join(VERBS)}")
        with self.google.world.lock, self.google.clock.held(at) as now:
            try:
                told = VERBS[verb](self.google, Arguments(arguments))
            except REFUSED as refusal:
                self._done.append(Deed(now, verb, arguments, str(refusal)))
                raise
            self._done.append(Deed(now, verb, arguments))
            return told

    def again(self, deeds: Iterable[Deed]) -> None:
        """Do again what was done to another world. ValueError for a deed that is refused now and was not, or was."""
        for deed in deeds:
            refused = ""
            try:
                self.do(deed.verb, deed.arguments, deed.at)
            except REFUSED as refusal:
                refused = str(refusal)
            if bool(refused) is not bool(deed.refused):
                raise ValueError(
                    f"{deed.verb} at {deed.at.isoformat()} went otherwise than before: {refused or 'it was done'}"
                )

    def seed(self, address: str, path: Path | str) -> SeedReport:
        """Deliver every message of an mbox file, a Maildir or a folder, as `SimulatedGoogle.seed` does."""
        return self.google.seed(address, path, deliver=self._deliver_seed)

    def _deliver_seed(self, address: str, found: SeedMessage) -> None:
        given = delivery(address, found.raw)
        if found.flags:
            given["flags"] = sorted(found.flags)
        # A date of its own, if only this moment: seeded mail is neither filtered nor answered.
        given["internal_date"] = (found.internal_date or self.google.clock.now()).isoformat()
        self.do("deliver", given)


def delivery(address: str, raw: bytes) -> Json:
    """Return the arguments of `deliver` for a message that arrives now."""
    return {"address": address, "raw": base64.b64encode(raw).decode()}


# --- arguments -------------------------------------------------------------------------------


class Arguments:
    """The arguments of one deed, each asked for by name and type. ValueError names the one that will not do."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given

    def only(self, *names: str) -> None:
        """Refuse what nobody asks for: a misspelt name would pass for a default."""
        for name in self.given:
            if name not in names:
                raise ValueError(f"{name}: unknown; allowed are {', '.join(names)}")

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; without a default it has to be there."""
        value = self.given.get(name, default)
        if not isinstance(value, str) or not value:
            raise ValueError(f"{name}: {value!r}: a text is needed")
        return value

    def texts(self, name: str) -> list[str]:
        """Return a list of texts; none when it is not there."""
        value = self.given.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ValueError(f"{name}: {value!r}: a list of texts is needed")
        return value

    def switch(self, name: str) -> bool:
        """Return a switch, off unless it is given."""
        value = self.given.get(name, False)
        if not isinstance(value, bool):
            raise ValueError(f"{name}: {value!r}: true or false")
        return value


# --- the verbs -------------------------------------------------------------------------------


def _advance(google: SimulatedGoogle, arguments: Arguments) -> Json:
    arguments.only("by")
    text = arguments.text("by")
    length = duration(text.removeprefix("+"))
    if length is None or not timedelta(0) < length <= LONGEST:
        raise ValueError(f"by: {text!r}: a length such as 8d, 90m, 1.5h or 30s, at most {LONGEST.days}d")
    google.clock.advance(length)
    google.world.note(f"the clock was moved on by {text.removeprefix('+')}")
    return clock(google)


def clock(google: SimulatedGoogle) -> Json:
    """Return the world's time, and by how much it is not the machine's."""
    return {"now": google.clock.now().isoformat(), **google.clock.to_json()}


def _add_fault(google: SimulatedGoogle, arguments: Arguments) -> Json:
    return {**google.faults.install(Fault.from_json(arguments.given)).to_json(), "fired": 0}


def _remove_fault(google: SimulatedGoogle, arguments: Arguments) -> Json:
    arguments.only("name")
    google.faults.remove(arguments.text("name"))
    return {}


def _deliver(google: SimulatedGoogle, arguments: Arguments) -> Json:
    arguments.only("address", "raw", "flags", "internal_date")
    try:
        raw = base64.b64decode(arguments.given.get("raw", ""), validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise ValueError("raw: the message in base64 is needed") from None
    account = _known(google, arguments.text("address"))
    date = arguments.given.get("internal_date")
    message = google.world.deliver(
        account.address,
        raw,
        flags=arguments.texts("flags"),
        internal_date=None if date is None else datetime.fromisoformat(str(date)),
    )
    return state.message(account, message)


def _add_account(google: SimulatedGoogle, arguments: Arguments) -> Json:
    arguments.only("address", *_ACCOUNT_SWITCHES)
    switches = {name: value for name, value in arguments.given.items() if name != "address"}
    for name, value in switches.items():
        if not isinstance(value, _ACCOUNT_SWITCHES[name]):
            raise ValueError(f"{name}: {value!r}: a {_ACCOUNT_SWITCHES[name].__name__} is needed")
    return state.account(google.add_account(arguments.text("address"), **switches))


def _app_password(google: SimulatedGoogle, arguments: Arguments) -> Json:
    arguments.only("address")
    return {"app_password": google.set_app_password(arguments.text("address"))}


def _happen(google: SimulatedGoogle, arguments: Arguments) -> Json:
    """Let an event happen, to the only client and organisation unless others are named."""
    arguments.only("event", "client_id", "organisation")
    event = events.parse(arguments.given.get("event"))
    clients = [client for project in google.console.projects.values() for client in project.clients]
    organisations = {one.organisation for one in google.world.accounts.values() if one.organisation}
    history.play(
        google.world,
        [event],
        client_id=arguments.text("client_id", clients[0] if len(clients) == 1 else "unnamed"),
        organisation=arguments.given.get("organisation") or (organisations.pop() if len(organisations) == 1 else None),
    )
    return {"event": event.to_json(), "happened": event.sentence}


def _token(google: SimulatedGoogle, arguments: Arguments) -> Json:
    arguments.only("address", "scopes")
    address, scopes = arguments.text("address"), arguments.texts("scopes") or [MAIL_SCOPE]
    token = google.access_token(address, scopes=scopes)
    return {"access_token": token, "expires_in": int(ACCESS_LIFE.total_seconds()), "address": address, "scopes": scopes}


def _consent(google: SimulatedGoogle, arguments: Arguments) -> Json:
    arguments.only("url", "as", "deny", "untick")
    url = google.give_consent(
        arguments.text("url"), arguments.text("as"), deny=arguments.switch("deny"), untick=arguments.texts("untick")
    )
    return {"url": url}


def _correct_setup(google: SimulatedGoogle, arguments: Arguments) -> Json:
    arguments.only("environment")
    made = google.correct_setup(arguments.text("environment", ENVIRONMENT))
    return {"project": made.project.id, "client_id": made.client.client_id, "client_secret": made.client.client_secret}


def _known(google: SimulatedGoogle, address: str) -> Account:
    account = google.account(address)
    if account is None:
        raise ValueError(f"there is no account {address} in this world")
    return account


VERBS: Mapping[str, Callable[[SimulatedGoogle, Arguments], Json]] = MappingProxyType(
    {
        "advance": _advance,
        "add_fault": _add_fault,
        "remove_fault": _remove_fault,
        "deliver": _deliver,
        "add_account": _add_account,
        "app_password": _app_password,
        "happen": _happen,
        "token": _token,
        "consent": _consent,
        "correct_setup": _correct_setup,
    }
)
"""Every deed there is."""
