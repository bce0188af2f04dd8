"""The vault: secrets are sealed before they reach SQL, and opened after they come back.

What it leaves to others: where the key comes from (`keys`) and which columns are sealed (`tables`).
"""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken

from gmailsync.errors import WrongKey
from gmailsync.model.secret import Secret


class Vault:
    """Seals texts with one key, by Fernet: AES-128-CBC and HMAC-SHA256, so that a changed text does not open."""

    def __init__(self, key: bytes) -> None:
        """Take a key as `keys.load_key` returns it: 32 bytes in URL-safe base64."""
        self._fernet = Fernet(key)

    def seal(self, secret: Secret) -> str:
        """Return the secret in a form that tells nothing without the key. It differs every time."""
        return self._fernet.encrypt(secret.reveal().encode()).decode("ascii")

    def open(self, sealed: str) -> Secret:
        """Return what was sealed. `WrongKey` when it was sealed with another key, or changed since."""
        try:
            return Secret(self._fernet.decrypt(sealed).decode())
        except InvalidToken as error:
            raise WrongKey("The key does not open the secrets in the database.") from error
