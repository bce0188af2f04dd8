"""Commands about the messages of the selected folder (RFC 3501 section 6.4, google.md 3.7, 3.8)."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

from fakes.gmail.mail import DELETED, SEEN, SYSTEM_LABELS, Message
from fakes.imap import fetch as fetching
from fakes.imap import search as searching
from fakes.imap.context import Context, Dialogue
from fakes.imap.numbers import SeqNum, SequenceSet
from fakes.imap.values import Check, Close, Expunge, Fetch, How, Idle, Search, Store, Unselect
from fakes.imap.view import Exists, Expunged, Update, View

RETURNED = "OK Returned to authenticated state. (Success)"


def check(_: Context, __: Check) -> str:
    """Do what NOOP does."""
    return "OK Success"


def close(context: Context, _: Close) -> str:
    r"""Leave the folder; what is marked `\Deleted` goes without a word."""
    if not context.selected.read_only:
        _expunge_marked(context)
    context.leave()
    return RETURNED


def unselect(context: Context, _: Unselect) -> str:
    """Leave the folder as it is."""
    context.leave()
    return RETURNED


def expunge(context: Context, _: Expunge) -> str:
    r"""Remove what is marked `\Deleted`: with auto-expunge nothing is, since marking removed it."""
    if context.selected.read_only:
        return "NO EXPUNGE attempt on READ-ONLY folder (Failure)"
    _expunge_marked(context)
    return "OK Success"


def search(context: Context, command: Search) -> str:
    """Find messages; the session's view decides what there is to be found."""
    found = searching.found(command.key, context.selected, context.store)
    if context.omitted:
        found = context.without_omitted(found, uid=itemgetter(1))
    numbers = [f" {uid if command.uid else seq}" for seq, uid in found]
    context.replies.untagged(f"SEARCH{''.join(numbers)}")
    return "OK SEARCH completed (Success)"


def fetch(context: Context, command: Fetch) -> str:
    """Answer with what is asked for of each message; messages that are gone meanwhile are passed over."""
    context.replies.batch(_fetched(context, command))
    return "OK Success"


def store(context: Context, command: Store) -> str:
    """Change flags or labels."""
    view = context.selected
    if view.read_only:
        return "NO STORE attempt on READ-ONLY folder (Failure)"
    if command.labels and command.how is not How.REMOVE:
        try:
            for label in command.values:
                context.store.create_label(label)
        except ValueError:
            return "NO [CANNOT] Folder contains excess whitespace (Failure)"
    with view.own_changes():
        context.replies.batch(_stored(context, command))
    return "OK Success"


def idle(context: Context, _: Idle) -> Dialogue:
    """Begin to tell of changes as they happen (RFC 2177)."""
    context.replies.line("+ idling")
    return Idling()


class Idling:
    """Waits for DONE."""

    def shown(self, line: bytes) -> str:
        """Return the line."""
        return line.decode("utf-8", "backslashreplace")

    def answer(self, line: bytes) -> str:
        """Complete the IDLE."""
        return "OK IDLE terminated (Success)" if line.upper() == b"DONE" else "BAD Could not parse command"


def tell(context: Context, *, expunge: bool) -> None:
    """Say what changed in the selected folder since the session last heard of it."""
    view = context.view
    if view is not None:
        for update in view.updates(expunge=expunge):
            _tell(context, view, update)


def _tell(context: Context, view: View, update: Update) -> None:
    match update:
        case Expunged(seq):
            context.replies.untagged(f"{seq} EXPUNGE")
        case Exists(count):
            context.replies.untagged(f"{count} EXISTS")
        case _:
            message = context.store.message(view.folder.uids[update.uid])
            pieces = [b"UID %d" % update.uid, fetching.flags(view.folder, update.uid, message)]
            context.replies.batch([fetching.response(update.seq, pieces)])


def _expunge_marked(context: Context) -> None:
    folder = context.selected.folder
    for uid in sorted(folder.marked):
        context.store.expunge(folder, uid)


def _chosen(context: Context, messages: SequenceSet, *, uid: bool) -> Iterator[tuple[SeqNum, int, Message]]:
    """Yield the messages of a set that are still in the folder, with sequence number and UID."""
    view = context.selected
    if uid:
        uids = list(messages.among(view.uids))
    else:
        uids = [view.uids[seq - 1] for seq in messages.among(range(1, len(view.uids) + 1))]
    for number in uids:
        gm_msgid = view.folder.uids.get(number)
        seq = view.seq(number)
        if gm_msgid is not None and seq is not None:
            yield seq, number, context.store.message(gm_msgid)


def _fetched(context: Context, command: Fetch) -> Iterator[bytes]:
    """Yield the responses of a FETCH; what is read by it becomes read."""
    chosen = _chosen(context, command.messages, uid=command.uid)
    if context.omitted:
        chosen = context.without_omitted(chosen, uid=itemgetter(1))
    view = context.selected
    reads = not view.read_only and any(section.seen for section in command.sections)
    plain = fetching.pieces(command, view.folder)
    with_flags = fetching.pieces(command, view.folder, flags_too=True)
    for seq, uid, message in chosen:
        if reads and SEEN not in message.flags:
            with view.own_changes():
                read = context.store.set_flags(message.gm_msgid, message.flags | {SEEN})
            view.told_flags(uid)
            yield fetching.response(seq, with_flags(uid, read))
        else:
            yield fetching.response(seq, plain(uid, message))


def _stored(context: Context, command: Store) -> Iterator[bytes]:
    """Yield the responses of a STORE while carrying it out."""
    view = context.selected
    for seq, uid, message in _chosen(context, command.messages, uid=command.uid):
        number = [b"UID %d" % uid] if command.uid else []
        changed = _relabel(context, command, message) if command.labels else _reflag(context, command, uid, message)
        if command.silent or uid not in view.folder.uids:
            continue
        if command.labels:
            yield fetching.response(seq, [fetching.labels(view.folder, changed), *number])
        if not command.labels or changed.flags != message.flags:
            view.told_flags(uid)
            yield fetching.response(seq, [*number, fetching.flags(view.folder, uid, changed)])


def _reflag(context: Context, command: Store, uid: int, message: Message) -> Message:
    r"""Give a message other flags; `\Deleted`, which is the folder's, may make it leave."""
    given = frozenset(command.values)
    flags = _combined(command.how, message.flags, given)
    changed = context.store.set_flags(message.gm_msgid, flags)
    folder = context.selected.folder
    if uid in folder.uids and (DELETED in given or command.how is How.REPLACE):
        context.store.mark(folder, uid, deleted=DELETED in given and command.how is not How.REMOVE)
    return changed


def _relabel(context: Context, command: Store, message: Message) -> Message:
    """Give a message other labels. That of the selected folder stays whatever is asked, as seen at Gmail."""
    own = context.selected.folder.label
    given = frozenset(SYSTEM_LABELS.get(label.lower(), label) for label in command.values) - {own}
    wanted = _combined(command.how, message.labels - {own}, given)
    context.store.remove_labels(message.gm_msgid, message.labels - wanted - {own})
    return context.store.add_labels(message.gm_msgid, wanted - message.labels)


def _combined(how: How, old: frozenset[str], given: frozenset[str]) -> frozenset[str]:
    match how:
        case How.ADD:
            return old | given
        case How.REMOVE:
            return old - given
        case How.REPLACE:
            return given
