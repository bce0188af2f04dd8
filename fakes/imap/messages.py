"""Commands about the messages of the selected folder (RFC 3501 section 6.4, google.md 3.7, 3.8)."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

from fakes.gmail.folders import SYSTEM_LABELS, FolderRefused
from fakes.gmail.message import DELETED, SEEN, Message
from fakes.imap import fetch as fetching
from fakes.imap import search as searching
from fakes.imap import search_replies
from fakes.imap.context import Context, Dialogue
from fakes.imap.folders import refused, tell_flags
from fakes.imap.numbers import SeqNum, SequenceSet, sequence_set
from fakes.imap.search import Occasion
from fakes.imap.search_keys import asked_modseq
from fakes.imap.values import Check, Close, Copy, Expunge, Fetch, How, Idle, Item, Search, Store, Unselect
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


def expunge(context: Context, command: Expunge) -> str:
    r"""Remove what is marked `\Deleted`: with auto-expunge nothing is, since marking removed it."""
    if context.selected.read_only:
        return "NO EXPUNGE attempt on READ-ONLY folder (Failure)"
    _expunge_marked(context, command.messages)
    return "OK Success"


def search(context: Context, command: Search) -> str:
    """Find messages; the session's view decides what there is to be found."""
    occasion = Occasion(context.selected, context.world.clock.now(), context.recent, pieces=context.store.classic)
    found = list(searching.found(command.key, occasion, context.store))
    if context.omitted:
        found = list(context.without_omitted(found, uid=itemgetter(1)))
    if asked_modseq(command.key):
        context.hear_modseqs()
    context.replies.untagged(search_replies.reply(command, context.tag, found))
    return "OK SEARCH completed (Success)"


def fetch(context: Context, command: Fetch) -> str:
    """Answer with what is asked for of each message; messages that are gone meanwhile are passed over."""
    if Item.MODSEQ in command.items or command.changed_since is not None:
        context.hear_modseqs()
    _tell_keywords(context)
    context.replies.batch(_fetched(context, command))
    return "OK Success"


def store(context: Context, command: Store) -> str:
    """Change flags or labels."""
    view = context.selected
    if view.read_only:
        return "NO STORE attempt on READ-ONLY folder (Failure)"
    if command.labels and context.store.classic:
        return "NO [CANNOT] Labels are not for a classic account (Failure)"
    if command.labels and command.how is not How.REMOVE:
        try:
            for label in command.values:
                context.store.create_label(label)
        except FolderRefused as error:
            return refused(context, error)
    if command.unchanged_since is not None:
        context.hear_modseqs()
    modified: list[int] = []
    with view.own_changes():
        responses = list(_stored(context, command, modified))
    _tell_keywords(context)
    context.replies.batch(responses)
    if modified:  # RFC 7162's words; Gmail's are not known
        return f"OK [MODIFIED {sequence_set(modified)}] Conditional STORE failed"
    return "OK Success"


def copy(context: Context, command: Copy) -> str:
    """Bring messages into another folder, with MOVE out of this one, and tell their UIDs there (RFC 4315 section 3)."""
    view = context.selected
    if command.leave and view.read_only:
        # A stand-in in the manner of STORE's.
        return "NO MOVE attempt on READ-ONLY folder (Failure)"
    target = context.folder(command.folder)
    if target is None:
        return f"NO [TRYCREATE] No folder {command.folder} (Failure)"
    carry = context.store.move if command.leave else context.store.copy
    chosen = list(_chosen(context, command.messages, uid=command.uid))
    uids = [(uid, carry(view.folder, uid, target)) for _, uid, _ in chosen]
    if not uids:
        return "OK (Success)"
    sources, targets = zip(*uids, strict=True)
    code = f"[COPYUID {target.uidvalidity} {sequence_set(sources)} {sequence_set(targets)}]"
    if command.leave and context.store.classic:  # RFC 6851 section 4.3; Gmail has it in the tagged line
        context.replies.untagged(f"OK {code} Moved UIDs.")
        return "OK (Success)"
    return f"OK {code} (Success)"


def idle(context: Context, _: Idle) -> Dialogue:
    """Begin to tell of changes as they happen (RFC 2177), and of what has changed since the last command."""
    context.replies.line("+ idling")
    tell(context, expunge=True)
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
        _tell_keywords(context)
        for update in view.updates(expunge=expunge):
            _tell(context, view, update)


def _tell(context: Context, view: View, update: Update) -> None:
    match update:
        case Expunged(seq):
            context.replies.untagged(f"{seq} EXPUNGE")
        case Exists(count):
            context.replies.untagged(f"{count} EXISTS")
            _tell_recent(context)
        case _:
            message = context.store.message(view.folder.uids[update.uid])
            flags = fetching.flags(view.folder, update.uid, context.seen(update.uid, message))
            pieces = [b"UID %d" % update.uid, *_modseq(context, message), flags]
            context.replies.batch([context.response(update.seq, update.uid, pieces)])


def tell_of_another(context: Context) -> None:
    """Say the flags of a message that nobody asked for, which is legal at any time (RFC 3501 section 7.4.2)."""
    view, variations = context.view, context.variations
    if view is None or variations is None or not view.uids:
        context.replies.untagged("OK Still here")
        return
    uid = view.uids[variations.other(len(view.uids))]
    gm_msgid = view.folder.uids.get(uid)
    if gm_msgid is not None and gm_msgid not in view.held_back().before and (seq := view.seq(uid)):
        message = context.store.message(gm_msgid)
        flags = fetching.flags(view.folder, uid, context.seen(uid, message))
        context.replies.batch([context.response(seq, uid, [b"UID %d" % uid, *_modseq(context, message), flags])])


def _modseq(context: Context, message: Message) -> list[bytes]:
    """Return the MODSEQ item for a session that wants to hear of it, which it then does with all flags."""
    return [fetching.modseq(message)] if context.condstore else []


def _tell_keywords(context: Context) -> None:
    """Tell a classic account of keywords that are new (RFC 3501 section 7.2.6); whether Gmail does is not known."""
    if context.store.classic and len(context.store.keywords) > context.keywords_told:
        tell_flags(context)


def _tell_recent(context: Context) -> None:
    """Tell a classic account how many messages are new to this session; at Gmail none ever is."""
    before = context.recent
    context.claim_recent()
    if context.recent - before:
        context.replies.untagged(f"{len(context.recent)} RECENT")


def _expunge_marked(context: Context, among: SequenceSet | None = None) -> None:
    view = context.selected
    marked = view.folder.marked
    if among is not None:
        marked = marked.intersection(among.among(view.uids))
    for uid in sorted(marked):
        context.store.expunge(view.folder, uid)


def _chosen(context: Context, messages: SequenceSet, *, uid: bool) -> Iterator[tuple[SeqNum, int, Message]]:
    """Yield the messages of a set that are still in the folder, with sequence number and UID."""
    view = context.selected
    here, message, before = view.folder.uids, context.store.message, view.held_back().before
    numbers = view.uids if uid else range(1, len(view.uids) + 1)
    for place in messages.places(numbers):
        number = view.uids[place]
        gm_msgid = here.get(number)
        if gm_msgid is not None:
            # What the owner did on the web a moment ago, this session does not see yet.
            yield SeqNum(place + 1), number, before.get(gm_msgid) or message(gm_msgid)


def _fetched(context: Context, command: Fetch) -> Iterator[bytes]:
    """Yield the responses of a FETCH; what is read by it becomes read."""
    chosen = _chosen(context, command.messages, uid=command.uid)
    if context.omitted:
        chosen = context.without_omitted(chosen, uid=itemgetter(1))
    view = context.selected
    reads = not view.read_only and any(section.seen for section in command.sections)
    since = command.changed_since
    changed = frozenset({Item.FLAGS, Item.MODSEQ} if context.condstore else {Item.FLAGS})
    plain = fetching.pieces(command, view.folder, context.store, utf8=context.utf8)
    with_flags = fetching.pieces(command, view.folder, context.store, also=changed, utf8=context.utf8)
    respond = context.response
    for seq, uid, message in chosen:
        if since is not None and message.modseq <= since:
            continue
        if reads and SEEN not in message.flags:
            with view.own_changes():
                now = context.store.message(message.gm_msgid)
                read = context.store.set_flags(message.gm_msgid, now.flags | {SEEN})
            view.told_flags(uid)
            yield respond(seq, uid, with_flags(uid, context.seen(uid, read)))
        else:
            yield respond(seq, uid, plain(uid, context.seen(uid, message)))


def _stored(context: Context, command: Store, modified: list[int]) -> Iterator[bytes]:
    """Yield the responses of a STORE while carrying it out; `modified` gets the numbers of those that it spares."""
    view = context.selected
    for seq, uid, known in _chosen(context, command.messages, uid=command.uid):
        message = context.store.message(known.gm_msgid)
        if command.unchanged_since is not None and message.modseq > command.unchanged_since:
            modified.append(uid if command.uid else seq)
            continue
        number = [b"UID %d" % uid] if command.uid else []
        _relabel(context, command, message) if command.labels else _reflag(context, command, uid, message)
        if uid not in view.folder.uids:
            continue
        changed = context.store.message(message.gm_msgid)
        number += _modseq(context, changed)
        if command.silent:
            if context.condstore:  # RFC 7162 section 3.1.3: silent or not, the new mod-sequence is told
                yield context.response(seq, uid, number)
            continue
        if command.labels:
            yield context.response(seq, uid, [fetching.labels(view.folder, changed), *number])
        if not command.labels or changed.flags != message.flags:
            view.told_flags(uid)
            yield context.response(seq, uid, [*number, fetching.flags(view.folder, uid, context.seen(uid, changed))])


def _reflag(context: Context, command: Store, uid: int, message: Message) -> None:
    r"""Give a message other flags; `\Deleted`, which is the folder's, may make it leave."""
    given = frozenset(command.values)
    flags = _combined(command.how, message.flags, given)
    context.store.set_flags(message.gm_msgid, flags)
    folder = context.selected.folder
    if uid in folder.uids and (DELETED in given or command.how is How.REPLACE):
        context.store.mark(folder, uid, deleted=DELETED in given and command.how is not How.REMOVE)


def _relabel(context: Context, command: Store, message: Message) -> None:
    """Give a message other labels. That of the selected folder stays whatever is asked, as seen at Gmail."""
    own = context.selected.folder.label
    given = frozenset(SYSTEM_LABELS.get(label.lower(), label) for label in command.values) - {own}
    wanted = _combined(command.how, message.labels - {own}, given)
    context.store.remove_labels(message.gm_msgid, message.labels - wanted - {own})
    context.store.add_labels(message.gm_msgid, wanted - message.labels)


def _combined(how: How, old: frozenset[str], given: frozenset[str]) -> frozenset[str]:
    match how:
        case How.ADD:
            return old | given
        case How.REMOVE:
            return old - given
        case How.REPLACE:
            return given
