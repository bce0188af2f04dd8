"""The types of single values in a setup: texts, addresses, domains, switches, durations."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, ConfigDict, PlainValidator, Strict

from gmailsync.model.secret import Secret
from gmailsync.model.startdate import read_start_date

SAME = "same"
"""In a setup file: the client id or secret that the Google console made in step 3."""

ANY = "any"
"""In a setup file: no list of clients that may use IMAP, so that all may."""

EXAMPLE_ADDRESS = "alice@contoso.com"
"""The mailbox of a setup that names none."""

UNITS = {
    "month": timedelta(days=30),
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}
"""What a duration is counted in."""

APP_PASSWORD = re.compile(r"(?:[a-z]{4} ?){3}[a-z]{4}")
"""An app password as Google makes it and shows it: 16 small letters, perhaps in groups of four."""

LONGEST = timedelta(days=3650)
"""Of one duration; a hundred of them stay within the calendar."""

STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
"""How a part of a setup is read: nothing beside its keys."""


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("a text that is not empty")
    if not value.isprintable():
        raise ValueError("a text of printable characters on one line")
    return value


def _name(value: str) -> str:
    return _text(value) if value else value


def _address(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}", value):
        raise ValueError(f"an email address such as {EXAMPLE_ADDRESS}")
    return value


def _domain(value: str) -> str:
    if not re.fullmatch(r"(?:[a-zA-Z0-9-]{1,63}\.)+[a-zA-Z0-9-]{2,63}", value):
        raise ValueError("a domain such as contoso.com, without scheme and path")
    return value


def _environment(value: str) -> str:
    """Return the base URL without a slash at its end; `https`, or `http` for this machine only."""
    allowed = "a URL such as https://contoso.crm.dynamics.com, without path (http only for localhost)"
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError as error:
        raise ValueError(allowed) from error
    local = url.hostname in {"localhost", "127.0.0.1", "::1"}
    if url.scheme != "https" and not (url.scheme == "http" and local):
        raise ValueError(allowed)
    bare = url.path in {"", "/"} and not (url.query or url.fragment or url.username is not None or port == 0)
    if not bare or not (local or re.fullmatch(r"(?:[a-zA-Z0-9-]{1,63}\.)+[a-zA-Z0-9-]{2,63}", url.hostname or "")):
        raise ValueError(allowed)
    return value.rstrip("/")


def _start(value: object) -> datetime | None:
    return None if value is None else read_start_date(str(value))


def _none_for_same(value: object) -> object:
    return None if value == SAME else value


def _secret(value: object) -> Secret | None:
    if value is None or value == SAME:
        return None
    if isinstance(value, str) and value.strip():
        return Secret(value)
    raise ValueError(f"{SAME}, or the client secret as text")


def _app_password(value: object) -> Secret | None:
    if value is None:
        return None
    if isinstance(value, str) and APP_PASSWORD.fullmatch(value):
        return Secret(value.replace(" ", ""))
    raise ValueError("16 small letters, or four groups of four, as Google shows them")


def duration(text: str) -> timedelta:
    """Return how long `8 days` or `90 minutes` is. ValueError says what is allowed."""
    match = re.fullmatch(r"(\d{1,9}) (month|week|day|hour|minute|second)s?", text)
    length = int(match[1]) * UNITS[match[2]] if match else timedelta(0)
    if not timedelta(0) < length <= LONGEST:
        raise ValueError(f"a time such as 8 days, 90 minutes, 6 months (of 30 days), at most {LONGEST.days} days")
    return length


def _duration(value: object) -> str:
    text = str(value)
    duration(text)
    return text


def _clients(value: object) -> tuple[str, ...] | str:
    """Return a list of client ids, or `ANY`."""
    if value == ANY:
        return ANY
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) and one.strip() for one in value):
        return tuple(value)
    raise ValueError(f"{ANY}, or a list of client ids, in which {SAME} is the one of step 3")


OnOff = Annotated[bool, Strict()]
Text = Annotated[str, AfterValidator(_text)]
Name = Annotated[str, AfterValidator(_name)]
"""A text that may be empty."""
Address = Annotated[str, AfterValidator(_address)]
Domain = Annotated[str, AfterValidator(_domain)]
Environment = Annotated[str, AfterValidator(_environment)]
StartDate = Annotated[datetime | None, PlainValidator(_start)]
Duration = Annotated[str, PlainValidator(_duration)]
ClientSecret = Annotated[Secret | None, PlainValidator(_secret)]
AppPassword = Annotated[Secret | None, PlainValidator(_app_password)]
ClientId = Annotated[Text | None, BeforeValidator(_none_for_same)]
ImapClients = Annotated[tuple[str, ...] | str, BeforeValidator(_clients)]
