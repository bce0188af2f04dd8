r"""Mail as RFC 3501 has it: folders are folders, a copy is another message, deleting deletes.

Gmail knows no such account. It is for trying out what a client does at an ordinary server, and
for tests of IMAP that no server of labels can pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import cast

from fakes.clock import Clock
from fakes.gmail.folders import (
    DRAFT,
    INBOX,
    JUNK,
    PREFIX,
    SENT,
    TRASH,
    Folder,
    FolderFault,
    FolderRefused,
    Role,
    has_controls,
)
from fakes.gmail.languages import ENGLISH
from fakes.gmail.mail import MailStore
from fakes.gmail.message import Message, message_ids
from fakes.ids import Ids

FOLDERS: Mapping[str, tuple[str, Role]] = MappingProxyType(
    {
        SENT: ("Sent", Role.SENT),
        DRAFT: ("Drafts", Role.DRAFTS),
        TRASH: ("Trash", Role.TRASH),
        JUNK: ("Junk", Role.JUNK),
    }
)
"""Where mail goes that Gmail would put under a label of its own; made when first needed."""


class ClassicStore(MailStore):
    r"""The mailbox of a classic account: INBOX, and what folders its owner makes.

    Each message has one label, which stands for its folder. Flags, `\Deleted` too, belong to the
    copy; `auto_expunge` is off, since RFC 3501 knows no such thing.
    """

    classic = True
    _flag_of_label: Mapping[str, str] = MappingProxyType({})

    def __init__(self, clock: Clock, ids: Ids) -> None:
        super().__init__(clock, ids)
        self.auto_expunge = False

    def speak(self, language: str = ENGLISH, *, prefix: str = PREFIX) -> None:  # noqa: ARG002 - as in the base class
        """Do nothing but remember the language: the folders' names are the owner's own."""
        self.language = language

    # --- folders ---

    def folder_by_role(self, role: Role) -> Folder:
        """Return the folder of this role, made if need be. KeyError for a role that no classic folder has."""
        labels = {known: label for label, (_, known) in FOLDERS.items()}
        return self.create_label(labels[role])

    def create_label(self, name: str) -> Folder:
        """Make sure that the folder for this label exists, and return it."""
        label = self._label(name)
        if self._tree.has(label):
            return self._tree.by_label(label)
        name, role = FOLDERS.get(label, (label, None))
        return self._tree.find(name) or self._tree.make(name, label, role)

    def create_folder(self, name: str) -> Folder:
        """Make a folder; a "/" behind its name only tells that others will lie under it (RFC 3501 section 6.3.3)."""
        return super().create_folder(name.removesuffix("/"))

    def rename_folder(self, old: str, new: str) -> None:
        """Rename a folder with all under it; from INBOX only the messages move (RFC 3501 section 6.3.5)."""
        if old.upper() != "INBOX":
            super().rename_folder(old, new)
            return
        inbox, target = self._tree.by_label(INBOX), self.create_folder(new)
        for uid in list(inbox.uids):
            self.move(inbox, uid, target)

    def subscribe_to(self, name: str) -> None:
        """Subscribe to a name, whether or not there is such a folder (RFC 3501 section 6.3.6)."""
        self._tree.subscriptions.add("INBOX" if name.upper() == "INBOX" else name)

    # --- messages ---

    def add(
        self,
        raw: bytes,
        *,
        labels: Iterable[str],
        flags: Iterable[str] = (),
        internal_date: datetime | None = None,
    ) -> Message:
        """Take in a new message, and a copy of it for each label after the first; without any it goes to INBOX."""
        first, *others = sorted(self._labels(labels)) or [INBOX]
        message = super().add(raw, labels=[first], flags=flags, internal_date=internal_date)
        for label in others:
            self._duplicate(message, self._tree.by_label(label))
        return message

    def twin(self, raw: bytes) -> Message | None:  # noqa: ARG002 - the base class looks for one
        """Return None: every message is for itself."""
        return None

    def add_labels(self, gm_msgid: int, labels: Iterable[str]) -> Message:
        """Move a message to the folder of the last of these labels, which is what putting a label on comes to here."""
        message = self.message(gm_msgid)
        wanted = sorted(self._labels(labels) - message.labels)
        return self._put(message, frozenset(wanted[-1:]) or message.labels, message.flags)

    def remove_labels(self, gm_msgid: int, labels: Iterable[str]) -> Message:  # noqa: ARG002 - the base class uses them
        """Do nothing: a message is always in one folder."""
        return self.message(gm_msgid)

    def copy(self, source: Folder, uid: int, target: Folder) -> int:
        r"""Make another message with the same bytes, date and flags, `\Deleted` too (RFC 3501 section 6.4.7)."""
        copied = target.place(self._duplicate(self.message(source.uids[uid]), target).gm_msgid)
        if uid in source.marked:
            self.mark(target, copied, deleted=True)
        return copied

    def move(self, source: Folder, uid: int, target: Folder) -> int:
        """Put a message into another folder, or into its own under a new UID (RFC 6851)."""
        gm_msgid, marked = source.uids[uid], uid in source.marked
        source.leave(gm_msgid)
        target.enter(gm_msgid)
        message = self.message(gm_msgid)
        self._messages[gm_msgid] = replace(
            message, labels=frozenset({cast("str", target.label)}), modseq=self.highest_modseq + 1
        )
        self._changed()
        moved = target.place(gm_msgid)
        if marked:
            self.mark(target, moved, deleted=True)
        return moved

    def expunge(self, folder: Folder, uid: int) -> None:
        """Delete a message."""
        self.delete(folder.uids[uid])

    # --- inside ---

    def _first_folders(self) -> list[Folder]:
        """Return INBOX, the one folder that every account has."""
        return [Folder("INBOX", 1, INBOX)]

    def _check_name(self, name: str) -> None:
        """Raise FolderRefused for a name with an empty level or control characters."""
        if "" in name.split("/") or has_controls(name):
            raise FolderRefused(FolderFault.NOT_ALLOWED, name)

    def _subscribe_new(self, folder: Folder) -> None:
        """Leave it to the owner to subscribe."""

    def _own(self, name: str) -> Folder | None:
        """Find a folder; all but INBOX are the user's."""
        folder = self._tree.find(name)
        if folder is not None and folder.label == INBOX:
            raise FolderRefused(FolderFault.NOT_ALLOWED, name)
        return folder

    def _empty(self, folder: Folder) -> None:
        """Delete every message of a folder; the subscription stays (RFC 3501 section 6.3.6)."""
        for gm_msgid in list(folder.uids.values()):
            self.delete(gm_msgid)

    def _places(self, labels: frozenset[str]) -> list[Folder]:
        """Return the one folder of a message."""
        return [self._tree.by_label(label) for label in labels]

    def _exclusive(self, old: frozenset[str], new: frozenset[str]) -> frozenset[str]:
        """Return the new label, if there is one."""
        return new or old

    def _duplicate(self, message: Message, target: Folder) -> Message:
        """Put another message with the same bytes, date and flags into a folder."""
        copy = replace(message, gm_msgid=self._new_id(message.internal_date))
        self._remember(copy.gm_msgid, message_ids(message.raw))
        return self._put(copy, frozenset({cast("str", target.label)}), message.flags)
