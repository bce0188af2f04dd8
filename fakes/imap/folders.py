"""Commands about folders, for a session that has signed in (google.md 3.5, 3.6)."""

from __future__ import annotations

from collections.abc import Callable, Collection

from fakes.gmail.folders import Folder, FolderFault, FolderRefused
from fakes.gmail.message import SEEN
from fakes.imap.capabilities import APPEND_LIMIT
from fakes.imap.context import Context
from fakes.imap.fetch import quoted
from fakes.imap.quota import FULL, fits
from fakes.imap.values import Append, Create, Delete, Namespace, Rename, Select, Status, Subscribe

SYSTEM_FLAGS = "\\Answered \\Flagged \\Draft \\Deleted \\Seen"
GMAIL_KEYWORDS = frozenset({"$NotPhishing", "$Phishing"})

_REFUSALS = {
    FolderFault.TAKEN: "NO [ALREADYEXISTS] Duplicate folder name {name} (Failure)",
    FolderFault.MISSING: "NO [NONEXISTENT] Unknown Mailbox: {name} (Failure)",
    FolderFault.BLANKS: "NO [CANNOT] Folder contains excess whitespace (Failure)",
    # A stand-in: that Gmail refuses these is known (google.md 3.10), its words are not.
    FolderFault.NOT_ALLOWED: "NO [CANNOT] Folder name is not allowed: {name} (Failure)",
}
"""What Gmail says when nothing is done with a folder (google.md 3.9)."""


def namespace(context: Context, _: Namespace) -> str:
    """Tell that there is one namespace, with "/" between levels."""
    context.replies.untagged('NAMESPACE (("" "/")) NIL NIL')
    return "OK Success"


def create(context: Context, command: Create) -> str:
    """Make a folder; those that its name lies under need not exist."""
    return _done(context, command.folder, lambda name: context.store.create_folder(name))


def delete(context: Context, command: Delete) -> str:
    """Delete a folder: its label, that is; the messages stay in All Mail."""
    return _done(context, command.folder, lambda name: context.store.delete_folder(name))


def rename(context: Context, command: Rename) -> str:
    """Rename a folder and all that lie under it."""
    new = context.name(command.new)
    if new is None:
        return _REFUSALS[FolderFault.NOT_ALLOWED].format(name=command.new)
    return _done(context, command.folder, lambda name: context.store.rename_folder(name, new))


def subscribe(context: Context, command: Subscribe) -> str:
    """Subscribe to a folder or no longer."""
    change = context.store.subscribe_to if command.on else context.store.unsubscribe_from
    return _done(context, command.folder, change)


def _done(context: Context, wire: str, change: Callable[[str], object]) -> str:
    """Do something with a name, and say how it went."""
    name = context.name(wire)
    if name is None:
        return _REFUSALS[FolderFault.NOT_ALLOWED].format(name=wire)
    try:
        change(name)
    except FolderRefused as error:
        return refused(context, error)
    return "OK Success"


def refused(context: Context, error: FolderRefused) -> str:
    """Say why there is no such folder to be."""
    return _REFUSALS[error.fault].format(name=context.wire_name(error.name))


def select(context: Context, command: Select) -> str:
    """Open a folder; a failed attempt leaves the one that was open."""
    was_selected = context.view is not None
    context.leave()
    folder = context.folder(command.folder)
    if folder is None:
        # The parenthesis: google.md 3.9, for [Gmail] and after another folder.
        state = (
            " (now in authenticated state)"
            if was_selected or context.name(command.folder) == context.store.prefix
            else ""
        )
        return f"NO [NONEXISTENT] Unknown Mailbox: {command.folder}{state} (Failure)"
    _run_ahead(context, folder)
    view = context.open(folder, read_only=command.read_only)
    context.condstore |= command.condstore
    say = context.replies.untagged
    tell_flags(context)
    say(f"OK [UIDVALIDITY {folder.uidvalidity}] UIDs valid.")
    say(f"{len(view.uids)} EXISTS")
    say(f"{len(context.recent)} RECENT")
    if context.store.classic and (unseen := context.first_unseen()):
        say(f"OK [UNSEEN {unseen}] First unseen.")  # RFC 3501 section 6.3.1; Gmail does not tell
    say(f"OK [UIDNEXT {folder.uidnext}] Predicted next UID.")
    text = " Highest." if context.store.classic else ""  # none at Gmail
    say(f"OK [HIGHESTMODSEQ {context.store.highest_modseq}]{text}")
    access = "READ-ONLY" if command.read_only else "READ-WRITE"
    return f"OK [{access}] {context.wire_name(folder.name)} selected. (Success)"


def tell_flags(context: Context) -> None:
    """Say which flags and keywords there are, and that more keywords can be made where anything can be changed."""
    keywords = context.store.keywords
    context.keywords_told = len(keywords)
    flags = " ".join((SYSTEM_FLAGS, *sorted(GMAIL_KEYWORDS.union(keywords))))
    permanent = "" if context.selected.read_only else f"{flags} \\*"
    context.replies.untagged(f"FLAGS ({flags})")
    context.replies.untagged(f"OK [PERMANENTFLAGS ({permanent})] Flags permitted.")


def status(context: Context, command: Status) -> str:
    """Tell a folder's figures without opening it, in Gmail's order whatever the client's."""
    folder = context.folder(command.folder)
    if folder is None:
        return f"NO [NONEXISTENT] Unknown Mailbox: {command.folder} (Failure)"
    tell_status(context, folder, command.items)
    return "OK Success"


def tell_status(context: Context, folder: Folder, items: Collection[str]) -> None:
    """Say a folder's figures, for STATUS and for LIST with RETURN (STATUS …)."""
    store = context.store
    _run_ahead(context, folder)
    if "HIGHESTMODSEQ" in items:  # RFC 7162 section 3.1: it enables what it asks about
        context.hear_modseqs()
    shown = list(folder.uids.items())[-store.folder_limit :]
    figures: dict[str, Callable[[], int]] = {
        "APPENDLIMIT": lambda: APPEND_LIMIT,
        "HIGHESTMODSEQ": lambda: store.highest_modseq,
        "MESSAGES": lambda: len(shown),
        "RECENT": lambda: len(folder.since(folder.unclaimed)) if store.classic else 0,
        "UIDNEXT": lambda: folder.uidnext,
        "UIDVALIDITY": lambda: folder.uidvalidity,
        "UNSEEN": lambda: sum(SEEN not in store.message(gm_msgid).flags for _, gm_msgid in shown),
    }
    told = " ".join(f"{name} {figure()}" for name, figure in figures.items() if name in items)
    context.replies.untagged(f"STATUS {quoted(context.wire_name(folder.name))} ({told})")


def _run_ahead(context: Context, folder: Folder) -> None:
    """Let a UID have been used up meanwhile, as labels that come and go do."""
    if context.variations is not None and context.variations.runs_ahead(folder.name):
        folder.discard_uid()


def append(context: Context, command: Append) -> str:
    """Put a message into a folder, and tell its UID there (RFC 4315 section 3)."""
    folder = context.folder(command.folder)
    if folder is None:
        return f"NO [TRYCREATE] No folder {command.folder} (Failure)"
    if not fits(context, len(command.message)) and context.store.twin(command.message) is None:
        return FULL
    uid = context.store.append(folder, command.message, flags=command.flags, internal_date=command.date)
    return f"OK [APPENDUID {folder.uidvalidity} {uid}] (Success)"
