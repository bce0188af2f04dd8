"""ID tokens and the keys that prove them (OpenID Connect Core section 2; RFC 7515, 7517, 7518).

One RSA key per process, made when the first ID token or the key set is asked for, because
making it takes longer than starting a world.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from fakes.grants import EMAIL, PROFILE, AccessToken
from fakes.world import Account, World

ISSUER = "https://accounts.google.com"
LIFE = 3600
"""Seconds from `iat` to `exp`."""


def id_token(world: World, account: Account, access: AccessToken, nonce: str | None) -> str:
    """Return the signed ID token that goes with an access token."""
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
    claims["at_hash"] = _base64url(digest[:16])
    if nonce is not None:
        claims["nonce"] = nonce
    if PROFILE in access.scopes:
        claims |= names(account)
    claims |= {"iat": issued_at, "exp": issued_at + LIFE}
    return _sign(claims)


def names(account: Account) -> dict[str, str]:
    """Return the claims about the owner's name; of a name in one word there is no family name."""
    given, _, family = account.name.partition(" ")
    claims = {"name": account.name, "given_name": given, "family_name": family}
    return {claim: value for claim, value in claims.items() if value}


def key_set() -> dict[str, list[dict[str, str]]]:
    """Return the JSON Web Key Set with the public half of the key."""
    return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": _key_id(), "e": "AQAB", "n": _modulus()}]}


def certificates(now: datetime) -> dict[str, str]:
    """Return the same key as a certificate in PEM by its id, for libraries older than key sets.

    From memory: its subject, and that Google's are good for some two weeks around `now`.
    """
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "federated-signon.system.gserviceaccount.com")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key().public_key())
        .serial_number(int(_key_id(), 16) >> 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=15))
        .sign(_key(), hashes.SHA256())
    )
    return {_key_id(): certificate.public_bytes(Encoding.PEM).decode()}


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _modulus() -> str:
    return _base64url(_key().public_key().public_numbers().n.to_bytes(256, "big"))


def _key_id() -> str:
    """Return an id of 40 hex digits, as Google's are."""
    return hashlib.sha256(_modulus().encode()).hexdigest()[:40]


def _sign(claims: Mapping[str, Any]) -> str:
    header = {"alg": "RS256", "kid": _key_id(), "typ": "JWT"}
    signed = ".".join(_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    signature = _key().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_base64url(signature)}"


def _base64url(data: bytes) -> str:
    """Encode without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
