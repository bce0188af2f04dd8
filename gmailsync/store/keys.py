"""The key of the vault: where it is kept, and how a first one is made.

Looked for in this order: the environment variable `GMAILSYNC_KEY`, the system keyring, the key file in
the home directory. A key is 32 bytes in URL-safe base64, as `Fernet.generate_key` makes it.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet

from gmailsync.errors import BadInput, StoreError

VARIABLE = "GMAILSYNC_KEY"
SERVICE = "gmailsync"
"""The name of the program in the system keyring; the user name there is the home directory."""
FILE_NAME = "key"

# Fernet itself skips characters that are not base64; a mistyped key must not pass.
_KEY = re.compile("[A-Za-z0-9_-]{43}=")
_FORM = "must be 32 bytes in URL-safe base64, 44 characters"


def load_key(home: Path, environ: Mapping[str, str], *, create: bool) -> bytes:
    """Return the key for the database of this home; with `create`, make a key file when there is no key anywhere.

    `create` is for new databases only: a second key would not open what the first one sealed. `BadInput`
    when the environment variable holds no key; `StoreError` when the keyring or the file holds none, the
    file cannot be read or made, or there is no key and `create` is False.
    """
    path = home.absolute() / FILE_NAME
    key = _from_environment(environ) or _from_keyring(home) or _from_file(path)
    if key is None and create:
        key = _make_file(path)
    if key is None:
        raise StoreError(
            f"The database has no key: {VARIABLE} is not set, the system keyring has none, and there is no {path}.",
            advice=f"Restore {path} from a backup, or set {VARIABLE} to the key that the database was made with.",
        )
    return key


def _from_environment(environ: Mapping[str, str]) -> bytes | None:
    text = environ.get(VARIABLE, "").strip()
    if text and not _KEY.fullmatch(text):
        raise BadInput(VARIABLE, "(not shown)", _FORM)
    return text.encode("ascii") or None


def _from_keyring(home: Path) -> bytes | None:
    user = str(home.absolute())
    try:
        # Imported here because it looks for its backends at once, which takes as long as a small command.
        import keyring
        import keyring.errors
    except OSError:  # its own settings cannot be read
        return None
    try:
        text = keyring.get_password(SERVICE, user)
    except (keyring.errors.KeyringError, OSError):  # no keyring on this machine, or it is locked
        return None
    if text is None:
        return None
    if not _KEY.fullmatch(text):
        raise StoreError(f"The system keyring has no key under {SERVICE}, {user}: it {_FORM}.")
    return text.encode("ascii")


def _from_file(path: Path) -> bytes | None:
    try:
        text = path.read_bytes().decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"The key file {path} cannot be read: {error.strerror}.") from error
    if not _KEY.fullmatch(text):
        raise StoreError(f"The key file {path} holds no key: it {_FORM}.", advice="Restore the key file from a backup.")
    return text.encode("ascii")


def _make_file(path: Path) -> bytes | None:
    """Make the key file, whole or not at all, and return the key in it.

    When another process makes one at the same moment, there is one winner and both return its key.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{FILE_NAME}.{secrets.token_hex(8)}")
        _write_synced(draft, Fernet.generate_key() + b"\n")
        try:
            # Unlike a rename, a link never replaces the file of another process.
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        _sync_directory(path.parent)
    except OSError as error:
        raise StoreError(f"The key file {path} cannot be made: {error.strerror}.") from error
    return _from_file(path)


def _write_synced(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    """Make sure that the file's name survives a power cut (only POSIX systems can)."""
    if os.name == "posix":
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
