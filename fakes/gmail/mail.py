"""The messages of one Gmail account, their labels and flags, and the folders that IMAP sees.

Callers hold the world's lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

from fakes.clock import Clock
from fakes.gmail import headers, lateness, mime_tree
from fakes.gmail.foldering import Foldering, LastExpunged
from fakes.gmail.folders import INBOX, JUNK, TRASH, Folder, FolderFault, FolderRefused, Role, check_label
from fakes.gmail.lateness import HeldBack, Snapshot
from fakes.gmail.message import DELETED, FLAG_OF_LABEL, RECENT, SYSTEM_FLAGS, Message, message_ids
from fakes.gmail.mime_tree import Part
from fakes.gmail.threads import Threads
from fakes.ids import Ids

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MailStore(Foldering):
    """The mailbox of one account. `size` is what all of it counts against the quota, in bytes.

    `web_delay` is by how much a session that has a folder open hears later of what the owner changes in a browser.
    """

    _flag_of_label: Mapping[str, str] = FLAG_OF_LABEL

    def __init__(self, clock: Clock, ids: Ids) -> None:
        super().__init__()
        self.highest_modseq = 1
        self.size = 0
        self.web_delay = timedelta(0)
        self._clock = clock
        self._ids = ids
        self._threads = Threads()
        self._messages: dict[int, Message] = {}
        self._by_message_id: defaultdict[str, list[int]] = defaultdict(list)
        self._structures = mime_tree.Remembered()
        self._keywords: dict[str, None] = {}
        self._reflagged: list[int] = []
        self._listeners: list[Callable[[], None]] = []
        self._held: list[HeldBack] = []

    # --- folders ---

    def create_folder(self, name: str) -> Folder:
        """Make a folder, as CREATE does. FolderRefused when there is one, or when the name is none."""
        if self._tree.find(name) or self._tree.has(self._label(name)):
            raise FolderRefused(FolderFault.TAKEN, name)
        self._check_name(name)
        folder = self._tree.make(name, name)
        self._subscribe_new(folder)
        self._changed()
        return folder

    def delete_folder(self, name: str) -> None:
        """Delete a folder, as DELETE does; those under it stay. FolderRefused for what is not the user's."""
        folder = self._own(name)
        if folder is None:
            raise FolderRefused(FolderFault.MISSING, name)
        self._empty(folder)
        self._tree.drop(folder)
        self._changed()

    def rename_folder(self, old: str, new: str) -> None:
        """Rename a folder with all under it, as RENAME does; UIDs stay as they are. Raises FolderRefused."""
        if self._own(old) is None and not self._tree.below(old):
            raise FolderRefused(FolderFault.MISSING, old)
        if self._tree.find(new):
            raise FolderRefused(FolderFault.TAKEN, new)
        self._check_name(new)
        names = {folder: new + folder.name[len(old) :] for folder in self._tree.below(old)}
        self._tree.rename(names)
        labels = {cast("str", folder.label): name for folder, name in names.items()}
        for message in list(self._messages.values()):
            if message.labels & labels.keys():
                renamed = frozenset(labels.get(label, label) for label in message.labels)
                self._messages[message.gm_msgid] = replace(message, labels=renamed, modseq=self.highest_modseq + 1)
        self._tree.relabel(names)
        self._changed()

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
        wanted = self._labels(labels).union(label for label, flag in self._flag_of_label.items() if flag in given)
        now = self._clock.now()
        date = internal_date.astimezone(UTC) if internal_date and _EPOCH <= internal_date <= now else now
        gm_msgid = self._new_id(date)
        head = headers.first_values(headers.split(raw)[0])
        thread = self._threads.join(gm_msgid, head)
        message = Message(gm_msgid, thread, raw, date, frozenset(), frozenset(), 0)
        self._remember(gm_msgid, headers.message_ids(head, "message-id")[:1])
        return self._put(message, self._exclusive(frozenset(), wanted), given)

    def message(self, gm_msgid: int) -> Message:
        """Return a message. KeyError when there is none of this id, or no longer."""
        return self._messages[gm_msgid]

    def structure(self, message: Message) -> Part:
        """Return where the MIME parts of a message lie."""
        return self._structures.of(message.gm_msgid, message.raw)

    def messages(self) -> Iterable[Message]:
        """Return every message in the order of arrival, those in Spam and Trash too."""
        return self._messages.values()

    def with_message_id(self, message_id: str) -> Sequence[int]:
        """Return the X-GM-MSGID of every message with this Message-ID, which has its angle brackets."""
        return tuple(self._by_message_id.get(message_id, ()))

    def twin(self, raw: bytes) -> Message | None:
        """Return the message outside Spam and Trash that has the Message-ID of these bytes."""
        found = (self.message(gm_msgid) for name in message_ids(raw) for gm_msgid in self.with_message_id(name))
        return next((message for message in found if not message.labels & {TRASH, JUNK}), None)

    def set_flags(self, gm_msgid: int, flags: Iterable[str]) -> Message:
        r"""Give the message these flags and no others; `\Flagged` and `\Draft` move their labels along."""
        message = self.message(gm_msgid)
        wanted = self._flags(flags)
        labels = set(message.labels)
        for label, flag in self._flag_of_label.items():
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
        self.size -= len(message.raw)
        self._structures.forget(gm_msgid)
        for message_id in message_ids(message.raw):
            self._by_message_id[message_id].remove(gm_msgid)
        for folder in self._places(message.labels):
            folder.leave(gm_msgid)
        self._changed()

    # --- what IMAP does with messages and folders ---

    def append(
        self, folder: Folder, raw: bytes, *, flags: Iterable[str] = (), internal_date: datetime | None = None
    ) -> int:
        r"""Put a message into a folder, as APPEND does, and return its UID there.

        One that is in the account already, by its Message-ID, only gets the label. If it has that too, the bytes
        are thrown away and the UID that is returned belongs to nothing (google.md 3.8). One that comes with
        `\Deleted` leaves at once with `auto_expunge`: IMAPClient's live test expects that no search finds it.
        """
        labels = [folder.label] if folder.label else []
        twin = self.twin(raw)
        if twin and folder.uid_of(twin.gm_msgid):
            return folder.discard_uid()
        if twin:
            message = self.add_labels(twin.gm_msgid, labels)
        else:
            message = self.add(raw, labels=labels, flags=flags, internal_date=internal_date)
        uid = folder.place(message.gm_msgid)
        if DELETED in flags:
            self.mark(folder, uid, deleted=True)
        return uid

    def copy(self, source: Folder, uid: int, target: Folder) -> int:
        """Let a message of one folder be in another too, as COPY does, and return its UID there (google.md 3.8).

        To All Mail it leaves the Inbox, to Trash or Spam every folder; from those it comes back.
        """
        message = self.message(source.uids[uid])
        return self._land(message, message.labels, target) if source is not target else uid

    def move(self, source: Folder, uid: int, target: Folder) -> int:
        """Copy a message and take the label of the folder from it that it was in, as MOVE does."""
        message = self.message(source.uids[uid])
        return self._land(message, message.labels - {source.label}, target) if source is not target else uid

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

        Elsewhere it loses the folder's label and stays in All Mail; unless no other folder shows it
        and `last_expunged` has it otherwise (google.md 3.8).
        """
        if folder.role in (Role.TRASH, Role.JUNK):
            self.delete(folder.uids[uid])
        elif folder.label is not None:
            message = self.remove_labels(folder.uids[uid], [folder.label])
            if not any(self._tree.by_label(label).shown for label in message.labels):
                self._after_last_folder(message)
        else:
            self.mark(folder, uid, deleted=False)

    def _after_last_folder(self, message: Message) -> None:
        """Do what the setting wants with a message that no folder shows any more."""
        match self.last_expunged:
            case LastExpunged.TRASH:
                self.add_labels(message.gm_msgid, [TRASH])
            case LastExpunged.DELETE_FOREVER:
                self.delete(message.gm_msgid)
            case LastExpunged.ARCHIVE:
                pass

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

    # --- changes on the web ---

    @contextmanager
    def changed_on_the_web(self) -> Iterator[None]:
        """Count the changes within as made in a browser: sessions hear of them after `web_delay`."""
        snapshot = Snapshot.of(self._messages, self._tree) if self.web_delay else None
        if snapshot is None:
            yield
            return
        listeners, self._listeners = self._listeners, []  # they would look before it is known what to hold back
        try:
            yield
        finally:
            until = self._clock.now() + self.web_delay
            self._held.append(snapshot.held_back(self._messages, self._tree, until))
            self._listeners = listeners
            for listener in tuple(listeners):
                listener()

    @property
    def web_changes(self) -> int:
        """How often the web changed something that was held back, so far."""
        return len(self._held)

    def held_back(self, since: int) -> HeldBack:
        """Return what a session does not know yet that opened its folder after so many changes on the web."""
        if since >= len(self._held):
            return lateness.NOTHING
        now = self._clock.now()
        return lateness.joined(held for held in self._held[since:] if held.until > now)

    # --- inside ---

    def _check_name(self, name: str) -> None:
        """Raise FolderRefused when no folder can have this name."""
        check_label(name)

    def _subscribe_new(self, folder: Folder) -> None:
        """Subscribe to a folder that has just been made, as Gmail does with every label."""
        self._tree.subscriptions.add(folder.name)

    def _own(self, name: str) -> Folder | None:
        """Return the user's folder of this name. FolderRefused for one that Gmail brought along, or their parent."""
        folder = self._tree.find(name)
        if name == self.prefix or (folder is not None and (folder.role or folder.label == INBOX)):
            raise FolderRefused(FolderFault.NOT_ALLOWED, name)
        return folder

    def _empty(self, folder: Folder) -> None:
        """Take the label of a folder from every message, those in Spam and Trash too, and end its subscription."""
        for message in list(self._messages.values()):
            if folder.label in message.labels:
                self._put(message, message.labels - {folder.label}, message.flags)
        self._tree.subscriptions.discard(folder.name)

    def _put(self, message: Message, labels: frozenset[str], flags: frozenset[str]) -> Message:
        """Store a new or changed message, and let the folders follow its labels."""
        of_label = self._flag_of_label
        flags = flags.union(flag for label, flag in of_label.items() if label in labels).difference(
            flag for label, flag in of_label.items() if label not in labels
        )
        old = self._messages.get(message.gm_msgid)
        if old and (old.labels, old.flags) == (labels, flags):
            return old
        before = self._places(old.labels) if old else []
        after = self._places(labels)
        message = replace(message, labels=labels, flags=flags, modseq=self.highest_modseq + 1)
        self._messages[message.gm_msgid] = message
        if old is None:
            self.size += len(message.raw)
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

    def _remember(self, gm_msgid: int, names: Iterable[str]) -> None:
        """Let a new message be found by its Message-ID."""
        for message_id in names:
            self._by_message_id[message_id].append(gm_msgid)

    def _changed(self) -> None:
        self.highest_modseq += 1
        for listener in tuple(self._listeners):
            listener()

    def _places(self, labels: frozenset[str]) -> list[Folder]:
        """Return the folders that show a message with these labels."""
        for alone in (TRASH, JUNK):
            if alone in labels:
                return [self._tree.by_label(alone)]
        return [self._tree.by_label(None), *(self._tree.by_label(label) for label in sorted(labels))]

    def _land(self, message: Message, labels: frozenset[str], target: Folder) -> int:
        """Bring a message that had these labels into a folder; return its UID there."""
        alone = target.label in (TRASH, JUNK)
        labels -= {TRASH, JUNK, INBOX} if alone or target.label is None else {TRASH, JUNK}
        self._put(message, labels | ({target.label} if target.label else set()), message.flags)
        return target.place(message.gm_msgid)

    def _exclusive(self, old: frozenset[str], new: frozenset[str]) -> frozenset[str]:
        """Return old and new labels together, of which only one can be Inbox, Trash or Spam."""
        for alone in (TRASH, JUNK):
            if alone in new:
                return (old | new) - {INBOX, TRASH, JUNK} | {alone}
        return (old - {TRASH, JUNK} if INBOX in new else old) | new

    def _flags(self, names: Iterable[str]) -> frozenset[str]:
        """Return flags in their own spelling, without those that no message carries, and learn new keywords."""
        flags = frozenset(SYSTEM_FLAGS.get(name.lower(), name) for name in names) - {DELETED, RECENT}
        self._keywords |= dict.fromkeys(sorted(flag for flag in flags if not flag.startswith("\\")))
        return flags

    def _new_id(self, date: datetime) -> int:
        """Return a fresh X-GM-MSGID: 44 bits of milliseconds, 20 bits that tell messages of one moment apart."""
        milliseconds = (date - _EPOCH) // timedelta(milliseconds=1)
        number = self._ids.number("X-GM-MSGID") & 0xFFFFF
        while (milliseconds << 20 | number) in self._messages:
            milliseconds += 1
        return milliseconds << 20 | number
