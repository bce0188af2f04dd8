"""The settings of deciding by name, as people set them; a complaint names setting, value and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from typing import Any

from gmailsync.errors import BadInput, NotFound
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules import smart_matching, tracking_token
from gmailsync.rules.entries import ADDRESS

_ON, _OFF = frozenset({"on", "yes", "true"}), frozenset({"off", "no", "false"})

_ELSEWHERE = frozenset({"queue_item_for_owners_default_queue", "attachment_limit", "blocked_extensions"})
"""Fields that nothing reads yet, and that therefore nobody can set."""


def shown(settings: DecidingSettings) -> dict[str, str]:
    """Return {name: value} of every setting, as `changed` takes them."""
    return {name: _written(value) for name, value in _leaves(settings, "").items()}


def changed(settings: DecidingSettings, name: str, text: str) -> DecidingSettings:
    """Return the settings with one of them changed. `NotFound` for an unknown name, `BadInput` for a wrong value."""
    leaves = _leaves(settings, "")
    if name not in leaves:
        raise NotFound("setting", name, f"one of {', '.join(leaves)}")
    value = _read(name, leaves[name], text.strip())
    outer, _, inner = (part.replace("-", "_") for part in name.partition("."))
    if inner:
        value = replace(getattr(settings, outer), **{inner: value})
    field: dict[str, Any] = {outer: value}
    new = replace(settings, **field)
    tracking_token.check(new.token_layout)
    smart_matching.check_filter(new.smart_matching.filter_keywords)
    return new


def _leaves(settings: Any, prefix: str) -> Mapping[str, Any]:
    """Return {name: value} of a settings object, those of one within another by `outer.inner`."""
    found: dict[str, Any] = {}
    for one in fields(settings):
        value = getattr(settings, one.name)
        name = prefix + one.name.replace("_", "-")
        if is_dataclass(value):
            found |= _leaves(value, f"{name}.")
        elif one.name not in _ELSEWHERE:
            found[name] = value
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
        if not text.isascii() or not text.isdigit() or int(text) > tracking_token.MAX_BASE:
            raise BadInput(name, text, f"a whole number from 0 to {tracking_token.MAX_BASE}")
        return int(text)
    if isinstance(old, StrEnum):
        words = [str(word) for word in type(old)]
        if text not in words:
            raise BadInput(name, text, f"one of {', '.join(words)}")
        return type(old)(text)
    if isinstance(old, frozenset):
        return frozenset(_entry(name, entry.strip()) for entry in text.split(",") if entry.strip())
    return text


def _entry(name: str, entry: str) -> str:
    """Return an entry of the never-log list: an address, or a domain with or without an @ before it."""
    domain = entry.lower().removeprefix("*").removeprefix("@")
    if not ADDRESS.fullmatch(entry) and not ADDRESS.fullmatch(f"x@{domain}"):
        raise BadInput(name, entry, "addresses such as bob@example.com and domains such as example.com, with commas")
    return entry.lower()
