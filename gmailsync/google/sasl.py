"""The SASL mechanism by which Gmail's mail servers take an access token."""

from __future__ import annotations

import base64

from gmailsync.model.secret import Secret

XOAUTH2 = "XOAUTH2"


def xoauth2(address: str, token: Secret) -> bytes:
    """Return the client's only message, before base64 (Google: "OAuth 2.0 mechanism").

    When the server refuses it, it sends a challenge that has to be answered with an empty line; only then comes
    the refusal itself.
    """
    return f"user={address}\x01auth=Bearer {token.reveal()}\x01\x01".encode()


def base64_text(message: bytes) -> str:
    """Return a SASL message as it crosses the wire: base64 without line breaks."""
    return base64.b64encode(message).decode("ascii")
