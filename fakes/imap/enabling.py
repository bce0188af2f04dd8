"""ENABLE (RFC 5161): what a client has to ask for before the server speaks differently."""

from __future__ import annotations

from fakes.imap import capabilities
from fakes.imap.context import Context
from fakes.imap.values import Enable


def enable(context: Context, command: Enable) -> str:
    """Switch on what the client can take; what is not offered is passed over."""
    named = [name for name in dict.fromkeys(command.names) if name in _SWITCHES and capabilities.offered(name)]
    for name in named:
        setattr(context, _SWITCHES[name], True)
    context.replies.untagged(" ".join(("ENABLED", *named)))
    return "OK Success"


_SWITCHES = {"CONDSTORE": "condstore", "UTF8=ACCEPT": "utf8"}
