"""Which command a session may give when, and who carries it out (RFC 3501 section 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from fakes.imap import compression, enabling, folders, listing, messages, quota, signing_in
from fakes.imap.context import Context, Dialogue, State
from fakes.imap.values import (
    Append,
    Authenticate,
    BadCommand,
    Capability,
    Check,
    Close,
    Command,
    Compress,
    Copy,
    Create,
    Delete,
    Enable,
    Expunge,
    Fetch,
    GetQuota,
    GetQuotaRoot,
    Identify,
    Idle,
    List,
    Login,
    Logout,
    Namespace,
    Noop,
    Rename,
    Search,
    Select,
    SetQuota,
    Status,
    Store,
    Subscribe,
    Unselect,
)

NOT_PARSED = "BAD Could not parse command"

Method = Callable[[Context, Any], "str | Dialogue"]

ALWAYS = frozenset({State.SIGNED_OUT, State.SIGNED_IN, State.SELECTED})
SIGNED_OUT = frozenset({State.SIGNED_OUT})
SIGNED_IN = frozenset({State.SIGNED_IN, State.SELECTED})
SELECTED = frozenset({State.SELECTED})

RULES: Mapping[type[Command], tuple[frozenset[State], Method]] = MappingProxyType(
    {
        Capability: (ALWAYS, signing_in.capability),
        Noop: (ALWAYS, signing_in.noop),
        Identify: (ALWAYS, signing_in.identify),
        Logout: (ALWAYS, signing_in.logout),
        Login: (SIGNED_OUT, signing_in.login),
        Authenticate: (SIGNED_OUT, signing_in.authenticate),
        Enable: (SIGNED_IN, enabling.enable),
        Compress: (SIGNED_IN, compression.compress),
        GetQuota: (SIGNED_IN, quota.get_quota),
        GetQuotaRoot: (SIGNED_IN, quota.get_quota_root),
        SetQuota: (SIGNED_IN, quota.set_quota),
        Namespace: (SIGNED_IN, folders.namespace),
        List: (SIGNED_IN, listing.list_folders),
        Create: (SIGNED_IN, folders.create),
        Delete: (SIGNED_IN, folders.delete),
        Rename: (SIGNED_IN, folders.rename),
        Subscribe: (SIGNED_IN, folders.subscribe),
        Select: (SIGNED_IN, folders.select),
        Status: (SIGNED_IN, folders.status),
        Append: (SIGNED_IN, folders.append),
        Idle: (SIGNED_IN, messages.idle),
        Check: (SELECTED, messages.check),
        Close: (SELECTED, messages.close),
        Unselect: (SELECTED, messages.unselect),
        Expunge: (SELECTED, messages.expunge),
        Search: (SELECTED, messages.search),
        Fetch: (SELECTED, messages.fetch),
        Store: (SELECTED, messages.store),
        Copy: (SELECTED, messages.copy),
    }
)
"""Which states allow a command (RFC 3501 section 6), and who carries it out."""


def refuse(context: Context, command: BadCommand) -> str:
    """Say what Gmail says to what it does not understand, and remember what it would have understood."""
    if command.unimitated:
        context.not_imitated(command.unimitated)
    if command.unknown:
        return f"BAD Unknown command {context.id}"
    return not_parsed(context)


def not_parsed(context: Context) -> str:
    """Say that a command cannot be read; before sign-in with the session's id, as many texts then (google.md 3.1)."""
    return NOT_PARSED if context.account else f"{NOT_PARSED} {context.id}"
