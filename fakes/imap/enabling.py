"""ENABLE (RFC 5161): what a client has to ask for before the server speaks differently."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from fakes.imap import capabilities
from fakes.imap.context import Context
from fakes.imap.values import Enable


def enable(context: Context, command: Enable) -> str:
    """Switch on what the client can take; what is not offered is passed over."""
    named = [name for name in dict.fromkeys(command.names) if name in _SWITCHES and capabilities.offered(name)]
    context.replies.untagged(" ".join(("ENABLED", *named)))
    for name in named:
        _SWITCHES[name](context)
    return "OK Success"


def _take_utf8(context: Context) -> None:
    context.utf8 = True


_SWITCHES: Mapping[str, Callable[[Context], None]] = MappingProxyType(
    {"CONDSTORE": Context.hear_modseqs, "UTF8=ACCEPT": _take_utf8}
)
