"""Commands about folders, for a session that has signed in (google.md 3.5, 3.6)."""

from __future__ import annotations

import re
from collections.abc import Callable

from fakes.gmail.folders import INBOX, PREFIX, Folder, Role
from fakes.gmail.mail import SEEN, MailStore
from fakes.imap.capabilities import APPEND_LIMIT
from fakes.imap.context import Context
from fakes.imap.fetch import quoted
from fakes.imap.values import Append, List, Listing, Namespace, Select, Status

SYSTEM_FLAGS = "\\Answered \\Flagged \\Draft \\Deleted \\Seen"
GMAIL_KEYWORDS = frozenset({"$NotPhishing", "$Phishing"})

_TOKENS = re.compile(r"[*%]+|[^*%]+")

XLIST_ROLES = {
    Role.ALL: "\\AllMail",
    Role.DRAFTS: "\\Drafts",
    Role.FLAGGED: "\\Starred",
    Role.IMPORTANT: "\\Important",
    Role.JUNK: "\\Spam",
    Role.SENT: "\\Sent",
    Role.TRASH: "\\Trash",
}


def namespace(context: Context, _: Namespace) -> str:
    """Tell that there is one namespace, with "/" between levels."""
    context.replies.untagged('NAMESPACE (("" "/")) NIL NIL')
    return "OK Success"


def list_folders(context: Context, command: List) -> str:
    """List folders by pattern; every folder counts as subscribed."""
    if not command.pattern:  # RFC 3501 section 6.3.8: asks for the delimiter only
        context.replies.untagged(f'{command.kind} (\\Noselect) "/" "/"')
        return "OK Success"
    pattern = command.reference + command.pattern
    folders = {folder.name: folder for folder in context.store.folders}
    for name in _with_parents(folders):
        wire = context.wire_name(name)
        if _matches(pattern, wire):
            attributes = _attributes(command.kind, name, folders)
            shown = "Inbox" if command.kind is Listing.XLIST and name == "INBOX" else wire
            context.replies.untagged(f'{command.kind} ({" ".join(attributes)}) "/" {quoted(shown)}')
    return "OK Success"


def select(context: Context, command: Select) -> str:
    """Open a folder; a failed attempt leaves the one that was open."""
    was_selected = context.view is not None
    context.leave()
    folder = context.folder(command.folder)
    if folder is None:
        # The parenthesis: google.md 3.9, for [Gmail] and after another folder.
        state = " (now in authenticated state)" if was_selected or command.folder == PREFIX else ""
        return f"NO [NONEXISTENT] Unknown Mailbox: {command.folder}{state} (Failure)"
    context.open(folder, read_only=command.read_only)
    context.condstore |= command.condstore
    keywords = sorted(GMAIL_KEYWORDS.union(context.store.keywords))
    flags = " ".join((SYSTEM_FLAGS, *keywords))
    say = context.replies.untagged
    say(f"FLAGS ({flags})")
    permanent = "" if command.read_only else f"{flags} \\*"
    say(f"OK [PERMANENTFLAGS ({permanent})] Flags permitted.")
    say(f"OK [UIDVALIDITY {folder.uidvalidity}] UIDs valid.")
    say(f"{len(folder.uids)} EXISTS")
    say("0 RECENT")
    say(f"OK [UIDNEXT {folder.uidnext}] Predicted next UID.")
    say(f"OK [HIGHESTMODSEQ {context.store.highest_modseq}]")  # no text, as at Gmail
    access = "READ-ONLY" if command.read_only else "READ-WRITE"
    return f"OK [{access}] {context.wire_name(folder.name)} selected. (Success)"


def status(context: Context, command: Status) -> str:
    """Tell a folder's figures without opening it, in Gmail's order whatever the client's."""
    folder = context.folder(command.folder)
    if folder is None:
        return f"NO [NONEXISTENT] Unknown Mailbox: {command.folder} (Failure)"
    figures: dict[str, Callable[[], int]] = {
        "APPENDLIMIT": lambda: APPEND_LIMIT,
        "HIGHESTMODSEQ": lambda: context.store.highest_modseq,
        "MESSAGES": lambda: len(folder.uids),
        "RECENT": lambda: 0,
        "UIDNEXT": lambda: folder.uidnext,
        "UIDVALIDITY": lambda: folder.uidvalidity,
        "UNSEEN": lambda: _unseen(context.store, folder),
    }
    context.condstore |= "HIGHESTMODSEQ" in command.items
    told = " ".join(f"{name} {figure()}" for name, figure in figures.items() if name in command.items)
    context.replies.untagged(f"STATUS {quoted(context.wire_name(folder.name))} ({told})")
    return "OK Success"


def append(context: Context, command: Append) -> str:
    """Put a message into a folder; one that is there already by its Message-ID only gets the label (google.md 3.8)."""
    folder = context.folder(command.folder)
    if folder is None:
        return f"NO [TRYCREATE] No folder {command.folder} (Failure)"
    store = context.store
    labels = [folder.label] if folder.label else []
    if twin := store.twin(command.message):
        store.add_labels(twin.gm_msgid, labels)
    else:
        store.add(command.message, labels=labels, flags=command.flags, internal_date=command.date)
    return "OK (Success)"


def _unseen(store: MailStore, folder: Folder) -> int:
    return sum(SEEN not in store.message(gm_msgid).flags for gm_msgid in folder.uids.values())


def _with_parents(names: dict[str, Folder]) -> list[str]:
    """Return the names of folders, and of parents that are only a part of their names, in the order of LIST."""
    parents = {name[:end] for name in names for end in range(len(name)) if name[end] == "/"}
    return sorted(parents | set(names), key=lambda name: (name != "INBOX", name))


def _attributes(kind: Listing, name: str, folders: dict[str, Folder]) -> list[str]:
    """Return a folder's attributes; Gmail sorts them by the alphabet."""
    has_children = any(other.startswith(f"{name}/") for other in folders)
    attributes = ["\\HasChildren" if has_children else "\\HasNoChildren"]
    folder = folders.get(name)
    if folder is None:
        attributes.append("\\NonExistent" if kind is Listing.LSUB else "\\Noselect")
    elif kind is Listing.XLIST:
        attributes += ["\\Inbox"] if folder.label == INBOX else []
        attributes += [XLIST_ROLES[folder.role]] if folder.role else []
    elif kind is Listing.LIST and folder.role:
        attributes.append(folder.role.value)
    return sorted(attributes)


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
