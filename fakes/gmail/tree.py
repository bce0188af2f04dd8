"""The folders of one account by name and by label, and which of them its owner subscribed to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from fakes.gmail.folders import FIRST_LABEL_UIDVALIDITY, Folder, FolderFault, FolderRefused, Role


class FolderTree:
    """Folders whose names have levels, separated by "/". A level in between need not be a folder itself.

    `subscriptions` are names, since one may outlive its folder (RFC 3501 section 6.3.6).
    """

    def __init__(self, folders: Iterable[Folder]) -> None:
        self._by_name = {folder.name: folder for folder in folders}
        self._by_label = {folder.label: folder for folder in self._by_name.values()}
        self._next_uidvalidity = FIRST_LABEL_UIDVALIDITY
        self.subscriptions = set(self._by_name)

    def __iter__(self) -> Iterator[Folder]:
        """Iterate over every folder, shown in IMAP or not."""
        return iter(self._by_name.values())

    @property
    def shown(self) -> list[Folder]:
        """The folders that IMAP shows: INBOX, then by name."""
        folders = [folder for folder in self._by_name.values() if folder.shown]
        return sorted(folders, key=lambda folder: (folder.name != "INBOX", folder.name))

    def find(self, name: str) -> Folder | None:
        """Find a folder by its decoded name; INBOX in any case."""
        return self._by_name.get("INBOX" if name.upper() == "INBOX" else name)

    def by_label(self, label: str | None) -> Folder:
        """Return the folder of a label. KeyError when there is none."""
        return self._by_label[label]

    def has(self, label: str) -> bool:
        """Tell whether a label has a folder."""
        return label in self._by_label

    def by_role(self, role: Role) -> Folder | None:
        """Find the folder of this role."""
        return next((folder for folder in self._by_name.values() if folder.role is role), None)

    def below(self, name: str) -> list[Folder]:
        """Return the folder of this name, if there is one, and all that lie under it."""
        return [folder for folder in self._by_name.values() if f"{folder.name}/".startswith(f"{name}/")]

    def make(self, name: str, label: str, role: Role | None = None) -> Folder:
        """Add a folder, under a UIDVALIDITY that no folder had before. FolderRefused when the name is taken."""
        if name in self._by_name:
            raise FolderRefused(FolderFault.TAKEN, name)
        folder = Folder(name, self._next_uidvalidity, label, role)
        self._next_uidvalidity += 1
        self._by_name[name] = self._by_label[label] = folder
        return folder

    def drop(self, folder: Folder) -> None:
        """Take a folder away."""
        del self._by_name[folder.name]
        del self._by_label[folder.label]

    def rename(self, names: Mapping[Folder, str]) -> None:
        """Give folders other names, all at once; subscriptions go along. FolderRefused when one of them is taken."""
        moved: Sequence[Folder] = tuple(names)
        for name in names.values():
            holder = self._by_name.get(name)
            if holder is not None and holder not in names:
                raise FolderRefused(FolderFault.TAKEN, name)
        subscribed = [folder for folder in moved if folder.name in self.subscriptions]
        self.subscriptions -= {folder.name for folder in subscribed}
        for folder in moved:
            del self._by_name[folder.name]
        for folder in moved:
            folder.name = names[folder]
            self._by_name[folder.name] = folder
        self.subscriptions |= {folder.name for folder in subscribed}

    def relabel(self, labels: Mapping[Folder, str]) -> None:
        """Let other labels, the user's own, put messages into folders, all at once."""
        for folder in labels:
            del self._by_label[folder.label]
        for folder, label in labels.items():
            folder.label, folder.role = label, None
            self._by_label[label] = folder
