"""The settings of deciding by name, as people set them; a complaint names setting, value and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from gmailsync.errors import BadInput, NotFound
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules import smart_matching, tracking_token
from gmailsync.rules.entries import ADDRESS

_ON, _OFF = frozenset({"on", "yes", "true"}), frozenset({"off", "no", "false"})

_RANGES = {
    **{f"token-layout.{name}": allowed for name, allowed in tracking_token.RANGES.items()},
    "max-subject-length": (1, 800),  # a business system keeps no more of a subject
    "smart-matching.max-count": (1, 1_000),
    "smart-matching.delta-subject-count": (0, 1_000),
    "smart-matching.min-address-count": (1, 1_000),
    "smart-matching.max-days": (0, 36_500),
    "attachment-limit": (0, 131_072),  # as server-side synchronisation: 128 MB
}
"""From where to where each number goes."""

_EXTENSION = re.compile(r"\.?([^\s.,/\\]{1,50})")


def shown(settings: DecidingSettings) -> dict[str, str]:
    """Return {name: value} of every setting, as `changed` takes them."""
    return {name: _written(value) for name, value in _leaves(settings, "").items()}


def changed(settings: DecidingSettings, name: str, text: str) -> DecidingSettings:
    """Return the settings with one of them changed. `NotFound` for an unknown name, `BadInput` for a wrong value."""
    value = _read(name, _leaf(settings, name), text.strip())
    outer, _, inner = (part.replace("-", "_") for part in name.partition("."))
    if inner:
        value = replace(getattr(settings, outer), **{inner: value})
    field: dict[str, Any] = {outer: value}
    new = replace(settings, **field)
    tracking_token.check(new.token_layout)
    smart_matching.check_filter(new.smart_matching.filter_keywords)
    return new


def restored(settings: DecidingSettings, name: str) -> DecidingSettings:
    """Return the settings with one of them as it is by default. `NotFound` for an unknown name."""
    return changed(settings, name, _written(_leaf(DecidingSettings(), name)))


def _leaf(settings: DecidingSettings, name: str) -> object:
    leaves = _leaves(settings, "")
    if name not in leaves:
        near = get_close_matches(name.lower().replace("_", "-"), leaves)
        meant = f"; did you mean {' or '.join(near)}?" if near else ""
        raise NotFound("setting", name, f"no setting has this name{meant} (gmailsync setting list shows all)")
    return leaves[name]


def _leaves(settings: Any, prefix: str) -> Mapping[str, Any]:
    """Return {name: value} of a settings object, those of one within another by `outer.inner`."""
    found: dict[str, Any] = {}
    for one in fields(settings):
        value = getattr(settings, one.name)
        name = prefix + one.name.replace("_", "-")
        found |= _leaves(value, f"{name}.") if is_dataclass(value) else {name: value}
    return found


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(sorted(value)) if isinstance(value, frozenset) else str(value)


def _read(name: str, old: object, text: str) -> object:
    """Return a value of the same type as the one it replaces."""
    if isinstance(old, bool):
        if text.lower() not in _ON | _OFF:
            raise BadInput(name, text, "on or off")
        return text.lower() in _ON
    if isinstance(old, int):
        return _number(name, text)
    if isinstance(old, StrEnum):
        words = [str(word) for word in type(old)]
        if text not in words:
            raise BadInput(name, text, f"one of {', '.join(words)}")
        return type(old)(text)
    if isinstance(old, frozenset):
        return frozenset(_ENTRIES[name](name, entry.strip()) for entry in text.split(",") if entry.strip())
    return text


def _number(name: str, text: str) -> int:
    least, most = _RANGES[name]
    # No more digits than the greatest has: Python takes its time for thousands of them.
    if not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
        raise BadInput(name, text, f"a whole number from {least} to {most}")
    return int(text)


def _listed(name: str, entry: str) -> str:
    """Return an entry of the never-log list: an address, or a domain with or without an @ before it."""
    domain = entry.lower().removeprefix("*").removeprefix("@")
    if not ADDRESS.fullmatch(entry) and not ADDRESS.fullmatch(f"x@{domain}"):
        raise BadInput(name, entry, "addresses such as bob@example.com and domains such as example.com, with commas")
    return entry.lower()


def _extension(name: str, entry: str) -> str:
    """Return the end of a file's name, with or without its dot."""
    found = _EXTENSION.fullmatch(entry.lower())
    if found is None:
        raise BadInput(name, entry, "ends of file names such as exe or .exe, with commas")
    return found[1]


_ENTRIES: Mapping[str, Callable[[str, str], str]] = {"never-log": _listed, "blocked-extensions": _extension}
"""How the entries of each list are read."""
