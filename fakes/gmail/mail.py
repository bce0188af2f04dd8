r"""The messages of one Gmail account, their labels and flags, and the folders that IMAP sees.

What belongs to the message shows in every folder: `\Seen`, `\Answered`, keywords. `\Flagged` is
the label Starred and `\Draft` the label Drafts (google.md 3.6). Callers hold the world's lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from fakes.clock import Clock
from fakes.gmail import headers, mime_tree
from fakes.gmail.folders import (
    DRAFT,
    FIRST_LABEL_UIDVALIDITY,
    IMPORTANT,
    INBOX,
    JUNK,
    SENT,
    STARRED,
    TRASH,
    Folder,
    Role,
    check_label,
    system_folders,
)
from fakes.gmail.mime_tree import Part
from fakes.gmail.threads import Threads
from fakes.ids import Ids

__all__ = ["Folder", "MailStore", "Message", "Role"]

SEEN = "\\Seen"
ANSWERED = "\\Answered"
FLAGGED = "\\Flagged"
DRAFT_FLAG = "\\Draft"
DELETED = "\\Deleted"
RECENT = "\\Recent"

FLAG_OF_LABEL: Mapping[str, str] = MappingProxyType({STARRED: FLAGGED, DRAFT: DRAFT_FLAG})
"""Flags that are labels by another name."""

SYSTEM_LABELS: Mapping[str, str] = MappingProxyType(
    {label.lower(): label for label in (INBOX, SENT, DRAFT, STARRED, IMPORTANT, TRASH, JUNK)}
    | {"inbox": INBOX, "\\spam": JUNK, "\\drafts": DRAFT, "\\flagged": STARRED}
)
"""The labels that Gmail brings along, by the names under which clients may write them, in small letters."""

KEPT_STRUCTURES = 256
"""Messages whose MIME parts are remembered."""

_SYSTEM_FLAGS: Mapping[str, str] = MappingProxyType(
    {flag.lower(): flag for flag in (SEEN, ANSWERED, FLAGGED, DRAFT_FLAG, DELETED, RECENT)}
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Message:
    r"""One message. `raw` is what arrived, byte for byte; `internal_date` is in UTC.

    `labels` are system ones such as `\Inbox` and the user's own by name. `flags` never hold
    `\Deleted`, which belongs to a folder.
    """

    gm_msgid: int
    gm_thrid: int
    raw: bytes = field(repr=False)
    internal_date: datetime
    labels: frozenset[str]
    flags: frozenset[str]
    modseq: int


class MailStore:
    r"""The mailbox of one account.

    `auto_expunge` is the account's setting "Auto-Expunge on": `\Deleted` removes at once. It is
    Gmail's default (google.md 3.8).
    """

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self.auto_expunge = True
        self.highest_modseq = 1
        self._clock = clock
        self._ids = ids
        self._threads = Threads()
        self._messages: dict[int, Message] = {}
        self._by_message_id: defaultdict[str, list[int]] = defaultdict(list)
        self._structures: dict[int, Part] = {}
        self._keywords: dict[str, None] = {}
        self._reflagged: list[int] = []
        self._listeners: list[Callable[[], None]] = []
        self._folders = {folder.name: folder for folder in system_folders()}
        self._by_label = {folder.label: folder for folder in self._folders.values()}
        self._next_uidvalidity = FIRST_LABEL_UIDVALIDITY

    # --- folders ---

    @property
    def folders(self) -> list[Folder]:
        """Every folder as LIST shows them: INBOX, then by name."""
        return sorted(self._folders.values(), key=lambda folder: (folder.name != "INBOX", folder.name))

    def folder(self, name: str) -> Folder | None:
        """Find a folder by its decoded name; INBOX in any case."""
        return self._folders.get("INBOX" if name.upper() == "INBOX" else name)

    def folder_by_role(self, role: Role) -> Folder:
        """Return the folder of this role; every account has them all."""
        return next(folder for folder in self._folders.values() if folder.role is role)

    def create_label(self, name: str) -> Folder:
        """Make sure that this label exists, and return its folder. ValueError for a name that Gmail refuses."""
        label = self._label(name)
        if label not in self._by_label:
            check_label(label)
            folder = Folder(label, self._next_uidvalidity, label)
            self._next_uidvalidity += 1
            self._folders[label] = self._by_label[label] = folder
        return self._by_label[label]

    # --- messages ---

    def add(
        self,
        raw: bytes,
        *,
        labels: Iterable[str],
        flags: Iterable[str] = (),
        internal_date: datetime | None = None,
    ) -> Message:
        """Take in a new message; labels that do not exist yet are made. ValueError for a name that Gmail refuses.

        A date before 1970 or in the future becomes the time of arrival, and the X-GM-MSGID counts
        milliseconds of the internal date in its upper 44 bits: both as seen at Gmail.
        """
        given = self._flags(flags)
        wanted = self._labels(labels).union(label for label, flag in FLAG_OF_LABEL.items() if flag in given)
        now = self._clock.now()
        date = internal_date.astimezone(UTC) if internal_date and _EPOCH <= internal_date <= now else now
        gm_msgid = self._new_id(date)
        head = headers.first_values(headers.split(raw)[0])
        thread = self._threads.join(gm_msgid, head)
        for message_id in headers.message_ids(head, "message-id")[:1]:
            self._by_message_id[message_id].append(gm_msgid)
        message = Message(gm_msgid, thread, raw, date, frozenset(), frozenset(), 0)
        return self._put(message, self._exclusive(frozenset(), wanted), given)

    def message(self, gm_msgid: int) -> Message:
        """Return a message. KeyError when there is none of this id, or no longer."""
        return self._messages[gm_msgid]

    def structure(self, message: Message) -> Part:
        """Return where the MIME parts of a message lie; kept for a while, since clients ask for one after the other."""
        tree = self._structures.get(message.gm_msgid)
        if tree is None:
            if len(self._structures) >= KEPT_STRUCTURES:
                del self._structures[next(iter(self._structures))]
            tree = self._structures[message.gm_msgid] = mime_tree.parse(message.raw)
        return tree

    def messages(self) -> Iterable[Message]:
        """Return every message in the order of arrival, those in Spam and Trash too."""
        return self._messages.values()

    def with_message_id(self, message_id: str) -> Sequence[int]:
        """Return the X-GM-MSGID of every message with this Message-ID, which has its angle brackets."""
        return tuple(self._by_message_id.get(message_id, ()))

    def twin(self, raw: bytes) -> Message | None:
        """Return the message outside Spam and Trash that has the Message-ID of these bytes."""
        found = (self.message(gm_msgid) for name in _message_id(raw) for gm_msgid in self.with_message_id(name))
        return next((message for message in found if not message.labels & {TRASH, JUNK}), None)

    def set_flags(self, gm_msgid: int, flags: Iterable[str]) -> Message:
        r"""Give the message these flags and no others; `\Flagged` and `\Draft` move their labels along."""
        message = self.message(gm_msgid)
        wanted = self._flags(flags)
        labels = set(message.labels)
        for label, flag in FLAG_OF_LABEL.items():
            labels.add(label) if flag in wanted else labels.discard(label)
        return self._put(message, frozenset(labels), wanted)

    def add_labels(self, gm_msgid: int, labels: Iterable[str]) -> Message:
        """Put labels on a message; into Trash or Spam it goes alone (google.md 3.6), to Inbox it comes back from there.

        ValueError for a name that Gmail refuses.
        """
        message = self.message(gm_msgid)
        return self._put(message, self._exclusive(message.labels, self._labels(labels)), message.flags)

    def remove_labels(self, gm_msgid: int, labels: Iterable[str]) -> Message:
        """Take labels off a message; without any it is archived and still in All Mail."""
        message = self.message(gm_msgid)
        gone = {self._label(name) for name in labels}
        return self._put(message, message.labels - gone, message.flags)

    def delete(self, gm_msgid: int) -> None:
        """Delete a message for good. KeyError when there is none."""
        message = self._messages.pop(gm_msgid)
        self._structures.pop(gm_msgid, None)
        for message_id in _message_id(message.raw):
            self._by_message_id[message_id].remove(gm_msgid)
        for folder in self._places(message.labels):
            folder.leave(gm_msgid)
        self._changed()

    # --- \Deleted and what it does ---

    def mark(self, folder: Folder, uid: int, *, deleted: bool) -> None:
        r"""Set or clear `\Deleted` on a message of a folder; with `auto_expunge` it leaves at once."""
        if deleted and self.auto_expunge:
            self.expunge(folder, uid)
        elif deleted is not (uid in folder.marked):
            folder.marked.symmetric_difference_update({uid})
            gm_msgid = folder.uids[uid]
            self._messages[gm_msgid] = replace(self._messages[gm_msgid], modseq=self.highest_modseq + 1)
            self._reflagged.append(gm_msgid)
            self._changed()

    def expunge(self, folder: Folder, uid: int) -> None:
        """Remove a message from a folder: from Trash and Spam for good, from All Mail not at all.

        Elsewhere it loses the folder's label and stays in All Mail, which is the default of the
        setting "When a message is expunged from the last visible IMAP folder" (google.md 3.8).
        """
        if folder.role in (Role.TRASH, Role.JUNK):
            self.delete(folder.uids[uid])
        elif folder.label is not None:
            self.remove_labels(folder.uids[uid], [folder.label])
        else:
            self.mark(folder, uid, deleted=False)

    # --- for sessions ---

    @property
    def keywords(self) -> Sequence[str]:
        """Every flag of the users' own making that was ever set here."""
        return tuple(self._keywords)

    @property
    def reflagged(self) -> Sequence[int]:
        """X-GM-MSGID of messages whose flags changed, in order, since the account began; only ever grows."""
        return self._reflagged

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have `callback` called after every change, in the thread that made it. Returns how to stop that."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    # --- inside ---

    def _put(self, message: Message, labels: frozenset[str], flags: frozenset[str]) -> Message:
        """Store a new or changed message, and let the folders follow its labels."""
        flags = flags.union(flag for label, flag in FLAG_OF_LABEL.items() if label in labels).difference(
            flag for label, flag in FLAG_OF_LABEL.items() if label not in labels
        )
        old = self._messages.get(message.gm_msgid)
        if old and (old.labels, old.flags) == (labels, flags):
            return old
        before = self._places(old.labels) if old else []
        after = self._places(labels)
        message = replace(message, labels=labels, flags=flags, modseq=self.highest_modseq + 1)
        self._messages[message.gm_msgid] = message
        for folder in before:
            if folder not in after:
                folder.leave(message.gm_msgid)
        for folder in after:
            if folder not in before:
                folder.enter(message.gm_msgid)
        if old and old.flags != flags:
            self._reflagged.append(message.gm_msgid)
        self._changed()
        return message

    def _changed(self) -> None:
        self.highest_modseq += 1
        for listener in tuple(self._listeners):
            listener()

    def _places(self, labels: frozenset[str]) -> list[Folder]:
        """Return the folders that show a message with these labels."""
        for alone in (TRASH, JUNK):
            if alone in labels:
                return [self._by_label[alone]]
        return [self._by_label[None], *(self._by_label[label] for label in sorted(labels))]

    def _exclusive(self, old: frozenset[str], new: frozenset[str]) -> frozenset[str]:
        """Return old and new labels together, of which only one can be Inbox, Trash or Spam."""
        for alone in (TRASH, JUNK):
            if alone in new:
                return (old | new) - {INBOX, TRASH, JUNK} | {alone}
        return (old - {TRASH, JUNK} if INBOX in new else old) | new

    def _label(self, name: str) -> str:
        """Return a label's own spelling, from any that a caller or client may use."""
        if known := SYSTEM_LABELS.get(name.lower()):
            return known
        folder = self._folders.get(name)
        return folder.label if folder and folder.label else name

    def _labels(self, names: Iterable[str]) -> frozenset[str]:
        """Return labels in their own spelling, and make those that do not exist."""
        return frozenset(self.create_label(name).label or "" for name in names)

    def _flags(self, names: Iterable[str]) -> frozenset[str]:
        """Return flags in their own spelling, without those that no message carries, and learn new keywords."""
        flags = frozenset(_SYSTEM_FLAGS.get(name.lower(), name) for name in names) - {DELETED, RECENT}
        self._keywords |= dict.fromkeys(sorted(flag for flag in flags if not flag.startswith("\\")))
        return flags

    def _new_id(self, date: datetime) -> int:
        """Return a fresh X-GM-MSGID: 44 bits of milliseconds, 20 bits that tell messages of one moment apart."""
        milliseconds = (date - _EPOCH) // timedelta(milliseconds=1)
        number = self._ids.number("X-GM-MSGID") & 0xFFFFF
        while (milliseconds << 20 | number) in self._messages:
            milliseconds += 1
        return milliseconds << 20 | number


def _message_id(raw: bytes) -> list[str]:
    """Return the Message-ID of a message as a list of one; of none when it has none."""
    return headers.message_ids(headers.first_values(headers.split(raw)[0]), "message-id")[:1]
