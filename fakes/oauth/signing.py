"""Signed tokens and the key that proves them (RFC 7515, 7517, 7518).

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


def sign(claims: Mapping[str, Any]) -> str:
    """Return the claims as a signed token (RFC 7515 section 3.1)."""
    header = {"alg": "RS256", "kid": _key_id(), "typ": "JWT"}
    signed = ".".join(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    signature = _key().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{base64url(signature)}"


def base64url(data: bytes) -> str:
    """Encode without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _modulus() -> str:
    return base64url(_key().public_key().public_numbers().n.to_bytes(256, "big"))


def _key_id() -> str:
    """Return an id of 40 hex digits, as Google's are."""
    return hashlib.sha256(_modulus().encode()).hexdigest()[:40]
