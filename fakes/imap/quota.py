"""QUOTA (RFC 2087, RFC 9208) as Gmail has it: one root without a name, which all folders share (google.md 3.2)."""

from __future__ import annotations

from fakes.imap.context import Context
from fakes.imap.fetch import quoted
from fakes.imap.values import GetQuota, GetQuotaRoot, SetQuota

FULL = "NO [OVERQUOTA] Out of storage (Failure)"
"""A stand-in with RFC 9208's response code: what Gmail says to an APPEND that does not fit is not known."""
# Stand-ins, both: that there is one root and that nobody sets it is Gmail's, its words are not known.
NO_SUCH_ROOT = "NO [NONEXISTENT] Unknown quota root: {root} (Failure)"
NOT_TO_BE_SET = "NO [CANNOT] Quota cannot be changed (Failure)"
KIB = 1024


def get_quota_root(context: Context, command: GetQuotaRoot) -> str:
    """Tell which root a folder has, and how it stands."""
    folder = context.folder(command.folder)
    if folder is None:
        return f"NO [NONEXISTENT] Unknown Mailbox: {command.folder} (Failure)"
    context.replies.untagged(f'QUOTAROOT {quoted(context.wire_name(folder.name))} ""')
    return get_quota(context, GetQuota(""))


def get_quota(context: Context, command: GetQuota) -> str:
    """Tell how much is stored and how much may be, in KiB."""
    if command.root:
        return NO_SUCH_ROOT.format(root=command.root)
    used = -(-context.store.size // KIB)
    context.replies.untagged(f'QUOTA "" (STORAGE {used} {context.limits.storage // KIB})')
    return "OK Success"


def set_quota(_: Context, command: SetQuota) -> str:
    """Refuse: storage is bought, not set."""
    return NO_SUCH_ROOT.format(root=command.root) if command.root else NOT_TO_BE_SET


def fits(context: Context, size: int) -> bool:
    """Tell whether a message of this size finds room."""
    return context.store.size + size <= context.limits.storage
