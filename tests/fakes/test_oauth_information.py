"""Revocation, tokeninfo, userinfo, discovery, and ID tokens that their keys prove."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from fakes.oauth.http import Request

MAIL = "https://mail.google.com/"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
ALICE = "alice@contoso.com"
OAUTH2 = "https://oauth2.googleapis.com"
WWW = "https://www.googleapis.com/oauth2"
USERINFO = "https://openidconnect.googleapis.com/v1/userinfo"
INVALID_CREDENTIALS = {"error": "invalid_request", "error_description": "Invalid Credentials"}


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


# --- revocation ---


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_both(app, kind):
    """200 with an empty object; afterwards neither works, and revoking again says so."""
    tokens = app.tokens()

    first = app.send(Request.post(f"{OAUTH2}/revoke", {"token": tokens[kind]}))
    again = app.send(Request.post(f"{OAUTH2}/revoke", {"token": tokens[kind]}))

    assert (first.status, first.body) == (200, b"{}")
    assert app.body(app.refresh(tokens["refresh_token"]))["error_description"] == "Token has been expired or revoked."
    assert app.world.grants.access(tokens["access_token"]) is None
    assert again.status == 400
    assert app.body(again) == {"error": "invalid_token", "error_description": "Token expired or revoked"}


def test_the_token_to_revoke_may_stand_in_the_query(app):
    """As older guides write it; without any it is an invalid request."""
    token = app.tokens()["access_token"]

    assert app.send(Request.post(f"{OAUTH2}/revoke?token={token}", {})).status == 200
    assert app.body(app.send(Request.post(f"{OAUTH2}/revoke", {})))["error"] == "invalid_request"


# --- tokeninfo ---


def test_tokeninfo_tells_what_a_token_is_good_for(app):
    """Everything is a text, and the seconds run down."""
    token = app.tokens()["access_token"]
    app.world.clock.advance(timedelta(seconds=59))

    response = app.send(Request.get(f"{OAUTH2}/tokeninfo?access_token={token}"))

    assert app.body(response) == {
        "azp": app.client.client_id,
        "aud": app.client.client_id,
        "sub": app.world.account(ALICE).sub,
        "scope": f"{MAIL} openid {EMAIL}",
        "exp": str(int(app.world.clock.now().timestamp()) + 3540),
        "expires_in": "3540",
        "email": ALICE,
        "email_verified": "true",
        "access_type": "offline",
    }


def test_tokeninfo_does_not_tell_whose_a_mail_token_is(app):
    """With the mail scope alone nobody learns the address (google.md 2.10)."""
    token = app.tokens(scope=MAIL, access_type=None)["access_token"]

    body = app.body(app.send(Request.post(f"{OAUTH2}/tokeninfo", {"access_token": token})))

    assert list(body) == ["azp", "aud", "scope", "exp", "expires_in", "access_type"]
    assert body["access_type"] == "online"


def test_the_first_version_of_tokeninfo_has_other_names(app):
    """Its numbers are numbers."""
    token = app.tokens()["access_token"]

    body = app.body(app.bearer(f"{WWW}/v1/tokeninfo", token))

    assert list(body) == [
        "issued_to",
        "audience",
        "user_id",
        "scope",
        "expires_in",
        "email",
        "verified_email",
        "access_type",
    ]
    assert (body["expires_in"], body["verified_email"]) == (3599, True)


@pytest.mark.parametrize("url", [f"{OAUTH2}/tokeninfo", f"{WWW}/v1/tokeninfo", f"{WWW}/v3/tokeninfo"])
def test_tokeninfo_refuses_a_bad_token(app, url):
    """Dead, unknown or missing: one answer."""
    token = app.tokens()["access_token"]
    app.world.clock.advance(timedelta(hours=1))

    for query in (f"?access_token={token}", "?access_token=ya29.x", ""):
        response = app.send(Request.get(url + query))
        assert response.status == 400
        assert app.body(response) == {"error": "invalid_token", "error_description": "Invalid Value"}


# --- userinfo ---


def test_userinfo_tells_what_the_scopes_allow(app):
    """Address with `email`, names with `profile`, the domain of a Workspace account."""
    narrow = app.tokens()["access_token"]
    wide = app.tokens(scope="openid email profile")["access_token"]
    sub = app.world.account(ALICE).sub

    assert app.body(app.bearer(USERINFO, narrow)) == {
        "sub": sub,
        "email": ALICE,
        "email_verified": True,
        "hd": "contoso.com",
    }
    assert app.body(app.bearer(f"{WWW}/v3/userinfo", wide)) == {
        "sub": sub,
        "name": "Alice Adams",
        "given_name": "Alice",
        "family_name": "Adams",
        "email": ALICE,
        "email_verified": True,
        "hd": "contoso.com",
    }
    assert app.body(app.bearer(f"{WWW}/v1/userinfo?alt=json", narrow)) == {
        "id": sub,
        "email": ALICE,
        "verified_email": True,
        "hd": "contoso.com",
    }


def test_userinfo_refuses_a_token_that_only_reads_mail(app):
    """Each version has an error of its own."""
    token = app.tokens(scope=MAIL)["access_token"]

    new, old = app.bearer(USERINFO, token), app.bearer(f"{WWW}/v2/userinfo", token)

    assert (new.status, app.body(new)) == (401, INVALID_CREDENTIALS)
    assert old.status == 401
    assert app.body(old)["error"]["status"] == "UNAUTHENTICATED"


def test_userinfo_refuses_a_dead_token(app):
    """An hour later it is over."""
    token = app.tokens()["access_token"]

    app.world.clock.advance(timedelta(hours=1))

    assert app.body(app.bearer(USERINFO, token)) == INVALID_CREDENTIALS


# --- ID tokens ---


def test_the_older_address_has_the_same_key_as_a_certificate(app):
    """In PEM by its id, good for the world's time: google-auth and google-auth-library prove ID tokens by it."""
    (key,) = app.body(app.send(Request.get(f"{WWW}/v3/certs")))["keys"]

    response = app.send(Request.get(f"{WWW}/v1/certs"))

    ((key_id, pem),) = app.body(response).items()
    certificate = x509.load_pem_x509_certificate(pem.encode())
    assert key_id == key["kid"]
    assert certificate.public_key().public_numbers().n == int.from_bytes(decoded(key["n"]))
    assert certificate.not_valid_before_utc < app.world.clock.now() < certificate.not_valid_after_utc
    assert response.header("cache-control").startswith("public, max-age=")


def test_an_id_token_has_googles_claims_and_its_key_proves_it(app):
    """RS256 over header and claims, by the key that the key set names."""
    tokens = app.tokens(nonce="n1")
    header, claims, signature = tokens["id_token"].split(".")

    (key,) = app.body(app.send(Request.get(f"{WWW}/v3/certs")))["keys"]
    public = rsa.RSAPublicNumbers(int.from_bytes(decoded(key["e"])), int.from_bytes(decoded(key["n"]))).public_key()

    public.verify(decoded(signature), f"{header}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    assert json.loads(decoded(header)) == {"alg": "RS256", "kid": key["kid"], "typ": "JWT"}
    now = int(app.world.clock.now().timestamp())
    digest = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert json.loads(decoded(claims)) == {
        "iss": "https://accounts.google.com",
        "azp": app.client.client_id,
        "aud": app.client.client_id,
        "sub": app.world.account(ALICE).sub,
        "hd": "contoso.com",
        "email": ALICE,
        "email_verified": True,
        "at_hash": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "nonce": "n1",
        "iat": now,
        "exp": now + 3600,
    }


def test_an_id_token_tells_no_more_than_was_granted(app):
    """No address without `email`; names with `profile`."""
    claims = json.loads(decoded(app.tokens(scope="openid profile")["id_token"].split(".")[1]))

    assert "email" not in claims
    assert claims["name"] == "Alice Adams"


def test_discovery_names_the_endpoints(app):
    """Every endpoint of ours that it names is there."""
    body = app.body(app.send(Request.get("https://accounts.google.com/.well-known/openid-configuration")))

    assert body["issuer"] == "https://accounts.google.com"
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "revocation_endpoint", "jwks_uri"):
        app.send(Request.get(body[name]))
    assert app.world.unimitated == []


# --- the rest ---


def test_an_address_that_is_not_imitated_is_remembered(app):
    """404, and a test that looks will learn of it."""
    response = app.send(Request.post(f"{OAUTH2}/device/code", {}))

    assert response.status == 404
    assert app.world.unimitated == ["https POST https://oauth2.googleapis.com/device/code"]
