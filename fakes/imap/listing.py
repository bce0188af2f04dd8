"""LIST, LSUB and XLIST: which folders there are (google.md 3.5, RFC 5258)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass

from fakes.gmail.folders import Folder, Role
from fakes.gmail.mail import MailStore
from fakes.imap.context import Context
from fakes.imap.fetch import quoted
from fakes.imap.folders import tell_status
from fakes.imap.values import List, Listing

XLIST_ROLES = {
    Role.ALL: "\\AllMail",
    Role.DRAFTS: "\\Drafts",
    Role.FLAGGED: "\\Starred",
    Role.IMPORTANT: "\\Important",
    Role.JUNK: "\\Spam",
    Role.SENT: "\\Sent",
    Role.TRASH: "\\Trash",
}

_CRITERIA = frozenset({"SUBSCRIBED", "SPECIAL-USE"})
"""The selection options that folders can fail."""

_TOKENS = re.compile(r"[*%]+|[^*%]+")


def list_folders(context: Context, command: List) -> str:
    """List folders by patterns and options."""
    if not command.extended and not command.patterns[0]:  # RFC 3501 section 6.3.8: asks for the delimiter only
        root = "" if context.store.classic else "/"
        context.replies.untagged(f'{command.kind} (\\Noselect) "/" "{root}"')
        return "OK Success"
    for entry in _entries(context, command):
        context.replies.untagged(f'{command.kind} ({" ".join(entry.attributes)}) "/" {quoted(entry.wire)}{entry.extra}')
        if command.status and entry.folder is not None:
            tell_status(context, entry.folder, command.status)
    return "OK Success"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the answer; `folder` is None for a name without one."""

    wire: str
    attributes: list[str]
    folder: Folder | None
    extra: str = ""


def _entries(context: Context, command: List) -> Iterable[_Entry]:
    """Yield what is to be listed, in order."""
    store = context.store
    folders = {folder.name: folder for folder in store.folders}
    # Names that are subscribed to may outlive their folders, but not at Gmail, where a label is gone with all it had.
    subscribed = store.subscriptions if store.classic else store.subscriptions & folders.keys()
    criteria = (command.selection or frozenset()) & _CRITERIA
    recursive = "RECURSIVEMATCH" in (command.selection or ())
    by_subscription = command.kind is Listing.LSUB or "SUBSCRIBED" in criteria
    names = subscribed if command.kind is Listing.LSUB else folders.keys() | subscribed
    inner, selectable = _parents(names), folders.keys() | _parents(folders)

    def chosen(name: str) -> bool:
        if "SUBSCRIBED" in criteria and name not in subscribed:
            return False
        if "SPECIAL-USE" in criteria and not (name in folders and folders[name].role):
            return False
        return by_subscription or name in selectable

    def fits(name: str) -> bool:
        return any(_matches(command.reference + pattern, context.wire_name(name)) for pattern in command.patterns)

    # RFC 3501 section 6.3.9: a level above what is subscribed to answers to "%" only; at Gmail it always does.
    only_names = command.kind is Listing.LSUB and store.classic and "%" not in command.patterns[0]
    levels = frozenset() if only_names else inner
    listed = {name: chosen(name) for name in sorted(levels | names, key=_order) if fits(name)}
    below = _parents(name for name in names - listed.keys() if chosen(name)) if recursive else frozenset()
    for name in listed:
        if listed[name] or name in below:
            folder = folders.get(name)
            attributes = {*_place(command, store, name, folder, subscribed)}
            attributes.add("\\HasChildren" if name in inner else "\\HasNoChildren")
            if name in subscribed and "SUBSCRIBED" in criteria | (command.returned or frozenset()):
                attributes.add("\\Subscribed")
            # RFC 5258 section 3.5: of what lies under it only what is not listed for itself.
            extra = f' ("CHILDINFO" ({" ".join(map(quoted, sorted(criteria)))}))' if name in below else ""
            shown = store.inbox_name if command.kind is Listing.XLIST and name == "INBOX" else name
            yield _Entry(context.wire_name(shown), sorted(attributes), folder, extra)


def _parents(names: Iterable[str]) -> Set[str]:
    """Return every level that names lie under."""
    return {name[:end] for name in names for end in range(len(name)) if name[end] == "/"}


def _order(name: str) -> tuple[bool, str]:
    """Return what puts names in the order of LIST: INBOX comes first."""
    return name != "INBOX", name


def _place(command: List, store: MailStore, name: str, folder: Folder | None, subscribed: Set[str]) -> Iterable[str]:
    """Yield the attributes that tell what a folder is for, or that it is none."""
    if command.kind is Listing.LSUB:
        if name not in subscribed:  # RFC 3501 section 6.3.9 wants \Noselect, Gmail has this for what is no folder
            yield "\\Noselect" if folder is not None or store.classic else "\\NonExistent"
    elif folder is None:
        yield "\\NonExistent" if command.extended else "\\Noselect"
    elif command.kind is Listing.XLIST:
        if name == "INBOX":
            yield "\\Inbox"
        if folder.role:
            yield XLIST_ROLES[folder.role]
    elif folder.role:
        yield folder.role.value


def _matches(pattern: str, name: str) -> bool:
    """Tell whether a name fits a pattern: `*` is anything, `%` anything without "/"; INBOX in any case.

    No regular expression: a hostile pattern would keep it busy for ever.
    """
    if name == "INBOX":
        pattern = pattern.upper()
    ends = {0}
    for token in _TOKENS.findall(pattern):
        if "*" in token:
            ends = set(range(min(ends), len(name) + 1))
        elif "%" in token:
            ends = {end for start in ends for end in range(start, _level_end(name, start) + 1)}
        else:
            ends = {start + len(token) for start in ends if name.startswith(token, start)}
        if not ends:
            return False
    return len(name) in ends


def _level_end(name: str, start: int) -> int:
    """Return where the level of the hierarchy ends in which `start` lies."""
    slash = name.find("/", start)
    return len(name) if slash < 0 else slash
