"""The folders of one account and the settings that its owner has for them, apart from what lies in them."""

from __future__ import annotations

from collections.abc import Iterable, Set
from enum import StrEnum
from typing import cast

from fakes.gmail.folders import (
    PREFIX,
    SYSTEM_LABELS,
    Folder,
    FolderFault,
    FolderRefused,
    Role,
    check_label,
    system_folders,
)
from fakes.gmail.languages import ENGLISH, INBOX_NAMES, LANGUAGES
from fakes.gmail.tree import FolderTree

FOLDER_LIMITS = (0, 1000, 2000, 5000, 10000)
"""Among which the owner chooses how many messages IMAP shows of a folder, the newest; 0 is no limit (google.md 3.8)."""


class LastExpunged(StrEnum):
    """What becomes of a message that was expunged from the last folder in which IMAP showed it (google.md 3.8)."""

    ARCHIVE = "archive"
    """It stays in All Mail. Gmail's default [recall]."""
    TRASH = "trash"
    DELETE_FOREVER = "deleteForever"


class Foldering:
    r"""What an account has of folders: labels, subscriptions, and the settings for IMAP (google.md 3.8).

    `auto_expunge` is "Auto-Expunge on": `\Deleted` removes at once, Gmail's default. `last_expunged`
    tells what becomes of messages that are then in no folder any more.
    """

    classic = False
    """Whether folders are folders, and deleting deletes: see `ClassicStore`."""

    def __init__(self) -> None:
        self.auto_expunge = True
        self.last_expunged = LastExpunged.ARCHIVE
        self.prefix = PREFIX
        self.language = ENGLISH
        self._folder_limit = 0
        self._tree = FolderTree(self._first_folders())

    # --- settings ---

    @property
    def folder_limit(self) -> int:
        """How many messages of a folder IMAP shows, the newest; 0 is no limit. Others than `FOLDER_LIMITS` are none."""
        return self._folder_limit

    @folder_limit.setter
    def folder_limit(self, limit: int) -> None:
        if limit not in FOLDER_LIMITS:
            raise ValueError(f"Gmail has no folder size limit of {limit}, only {FOLDER_LIMITS}")
        self._folder_limit = limit

    def show_in_imap(self, label: str, shown: bool) -> None:
        r"""Tick or untick "Show in IMAP" of a label, or of a folder by its name; ValueError when there is none."""
        folder = self._tree.find(label)
        if folder is None and self._tree.has(self._label(label)):
            folder = self._tree.by_label(self._label(label))
        if folder is None:
            raise ValueError(f"there is no label {label!r}")
        folder.shown = shown

    def speak(self, language: str = ENGLISH, *, prefix: str = PREFIX) -> None:
        """Name the system folders in the owner's language, under `[Gmail]` or, in old accounts, `[Google Mail]`.

        ValueError for a language whose names are not known here.
        """
        if language not in LANGUAGES:
            raise ValueError(f"no folder names for {language!r}, only for {', '.join(LANGUAGES)}")
        names = LANGUAGES[language]
        self._tree.rename({folder: f"{prefix}/{names[folder.role]}" for folder in self._tree if folder.role})
        self.language, self.prefix = language, prefix

    @property
    def inbox_name(self) -> str:
        """What XLIST calls INBOX."""
        return INBOX_NAMES.get(self.language, "Inbox")

    # --- folders ---

    @property
    def folders(self) -> list[Folder]:
        """Every folder as LIST shows them: INBOX, then by name."""
        return self._tree.shown

    def folder(self, name: str) -> Folder | None:
        """Find a folder that IMAP shows by its decoded name; INBOX in any case."""
        folder = self._tree.find(name)
        return folder if folder and folder.shown else None

    def folder_by_role(self, role: Role) -> Folder:
        """Return the folder of this role; every account has them all."""
        return cast("Folder", self._tree.by_role(role))

    def create_label(self, name: str) -> Folder:
        """Make sure that this label exists, and return its folder. ValueError for a name that Gmail refuses."""
        label = self._label(name)
        if not self._tree.has(label):
            check_label(label)
            self._tree.make(label, label)
            self._tree.subscriptions.add(label)
        return self._tree.by_label(label)

    @property
    def subscriptions(self) -> Set[str]:
        """The names of folders that the owner subscribed to."""
        return self._tree.subscriptions

    def subscribe_to(self, name: str) -> None:
        """Subscribe to a folder, as SUBSCRIBE does. FolderRefused when there is none."""
        folder = self.folder(name)
        if folder is None:
            raise FolderRefused(FolderFault.MISSING, name)
        self._tree.subscriptions.add(folder.name)

    def unsubscribe_from(self, name: str) -> None:
        """End a subscription, as UNSUBSCRIBE does; harmless when there is none."""
        self._tree.subscriptions.discard("INBOX" if name.upper() == "INBOX" else name)

    # --- inside ---

    def _first_folders(self) -> list[Folder]:
        """Return the folders of a new account."""
        return system_folders()

    def _label(self, name: str) -> str:
        """Return a label's own spelling, from any that a caller or client may use."""
        if known := SYSTEM_LABELS.get(name.lower()):
            return known
        folder = self._tree.find(name)
        return folder.label if folder and folder.label else name

    def _labels(self, names: Iterable[str]) -> frozenset[str]:
        """Return labels in their own spelling, and make those that do not exist."""
        return frozenset(self.create_label(name).label or "" for name in names)
