"""openid-client and google-auth-library, from npm: each walks the whole way, the tests look at what it reports."""

from __future__ import annotations

import pytest

ALICE = "alice@contoso.com"
LIBRARIES = ["openid-client", "google-auth-library"]
ERRORS = {"openid-client": "ResponseBodyError", "google-auth-library": "GaxiosError"}
"""The class with which each library tells a refusal by the token endpoint."""

pytestmark = [pytest.mark.needs_package("nodejs"), pytest.mark.needs_package("npm")]


@pytest.fixture(scope="module")
def reports(google, setup, node):
    """Let each library sign Alice in, and keep what it saw."""
    return {library: node.run(google, setup, f"{library}.mjs") for library in LIBRARIES}


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_id_token_convinces(reports, setup, google, library):
    """Signature, issuer, audience and times were the library's to check; state and nonce are of this sign-in."""
    report = reports[library]

    claims = report["claims"]
    assert claims["iss"] == "https://accounts.google.com"
    assert claims["aud"] == claims["azp"] == setup.client.client_id
    assert claims["sub"] == google.account(ALICE).sub
    assert (claims["email"], claims["email_verified"], claims["hd"]) == (ALICE, True, "contoso.com")
    assert claims["nonce"] == report["expectedNonce"]
    assert "https://mail.google.com/" in report["scope"].split()


@pytest.mark.parametrize("library", LIBRARIES)
def test_userinfo_tells_of_the_same_person(reports, library):
    """Its `sub` is that of the ID token."""
    report = reports[library]

    assert report["userinfo"] == {
        "sub": report["claims"]["sub"],
        "name": "Alice Adams",
        "given_name": "Alice",
        "family_name": "Adams",
        "email": ALICE,
        "email_verified": True,
        "hd": "contoso.com",
    }


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_refresh_gives_another_access_token(reports, library):
    """Without any page."""
    assert reports[library]["anotherAccessToken"]


REFUSALS = {
    "replayed": (400, "invalid_grant", "Bad Request"),
    "revoked": (400, "invalid_grant", "Token has been expired or revoked."),
    "wrongSecret": (401, "invalid_client", "The provided client secret is invalid."),
}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("refused", REFUSALS)
def test_a_refusal_arrives_as_the_librarys_own_error(reports, library, refused):
    """With status, code and sentence of the token endpoint."""
    status, code, sentence = REFUSALS[refused]

    assert reports[library][refused] == {
        "name": ERRORS[library],
        "status": status,
        "error": code,
        "error_description": sentence,
    }


def test_a_denial_passes_openid_clients_checks_of_the_callback(reports):
    """It compares `state` and `iss` before it tells the error."""
    denied = reports["openid-client"]["denied"]

    assert (denied["name"], denied["error"]) == ("AuthorizationResponseError", "access_denied")


def test_tokeninfo_is_what_google_auth_library_reads(reports, setup):
    """It turns `scope` into a list and `expires_in` into a date."""
    info = reports["google-auth-library"]["info"]

    assert (info["aud"], info["email"], info["access_type"]) == (setup.client.client_id, ALICE, "offline")
    assert "https://mail.google.com/" in info["scopes"]


def test_a_host_outside_the_map_is_not_reached(google, node):
    """Nothing leaves this machine."""
    program = "await fetch('https://www.example.com/').catch((error) => console.log(String(error.cause ?? error)))"

    with node.start(google, "--input-type=module", "-e", program) as process:
        said, _ = process.communicate(timeout=30)

    assert said == "Error: nothing of the simulated Google listens on www.example.com:443\n"
