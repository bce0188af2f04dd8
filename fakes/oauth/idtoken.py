"""What an ID token claims (OpenID Connect Core section 2). What signs it is `signing`'s."""

from __future__ import annotations

import hashlib
from typing import Any

from fakes.accounts import Account
from fakes.grants import EMAIL, PROFILE, AccessToken
from fakes.world import World

ISSUER = "https://accounts.google.com"
LIFE = 3600
"""Seconds from `iat` to `exp`."""


def id_token(world: World, account: Account, access: AccessToken, nonce: str | None) -> str:
    """Return the signed ID token that goes with an access token."""
    # Imported here because most worlds sign nothing, and cryptography takes long.
    from fakes.oauth.signing import base64url, sign

    issued_at = int(world.clock.now().timestamp())
    digest = hashlib.sha256(access.text.encode()).digest()
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "azp": access.client_id,
        "aud": access.client_id,
        "sub": account.sub,
    }
    if account.organisation:
        claims["hd"] = account.organisation
    if EMAIL in access.scopes:
        claims |= {"email": account.address, "email_verified": True}
    claims["at_hash"] = base64url(digest[:16])
    if nonce is not None:
        claims["nonce"] = nonce
    if PROFILE in access.scopes:
        claims |= names(account)
    claims |= {"iat": issued_at, "exp": issued_at + LIFE}
    return sign(claims)


def names(account: Account) -> dict[str, str]:
    """Return the claims about the owner's name; of a name in one word there is no family name."""
    given, _, family = account.name.partition(" ")
    claims = {"name": account.name, "given_name": given, "family_name": family}
    return {claim: value for claim, value in claims.items() if value}
