"""The console accepts and refuses what Google's does; test_misconfigured_console has what customers run into."""

from __future__ import annotations

import re

import pytest

from fakes.clock import VirtualClock
from fakes.console import (
    ConsentScreen,
    Console,
    ConsoleRefused,
    PublishingStatus,
    UserType,
)
from fakes.forms import PRIVATE_DOMAIN, PUBLIC_DOMAIN
from fakes.ids import Ids

REDIRECT = "https://crm.contoso.com/callback"


@pytest.fixture
def console():
    return Console(VirtualClock(), Ids())


@pytest.fixture
def project(console):
    """Create a project whose consent screen authorizes contoso.com."""
    project = console.create_project("Contoso Mail")
    console.configure_consent_screen(project, ConsentScreen(authorized_domains=("contoso.com",)))
    return project


def test_a_client_has_googles_formats(console, project):
    """The id starts with the project's number; the secret is not in its repr."""
    client = console.create_web_client(project, "CRM", ["https://crm.contoso.com"], [REDIRECT])

    assert re.fullmatch(rf"{project.number}-[a-z0-9]{{32}}\.apps\.googleusercontent\.com", client.client_id)
    assert client.client_secret.startswith("GOCSPX-")
    assert client.client_secret not in repr(client)
    assert console.client(client.client_id) == (project, client)
    assert console.client(client.client_id.upper()) is None


def test_the_downloaded_json_has_googles_keys(console, project):
    """Libraries read this file: `web`, with addresses and secret."""
    client = console.create_web_client(project, "CRM", [], [REDIRECT])

    assert client.downloaded_json(project.id) == {
        "web": {
            "client_id": client.client_id,
            "project_id": "contoso-mail",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token",
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
            "client_secret": client.client_secret,
            "redirect_uris": [REDIRECT],
        }
    }


def test_a_project_id_is_made_from_the_name_and_is_its_own(console):
    """Two projects of one name get two ids."""
    first, second = console.create_project("Contoso Mail"), console.create_project("Contoso mail!")

    assert first.id == "contoso-mail"
    assert re.fullmatch(r"contoso-mail-\d{6}", second.id)


@pytest.mark.parametrize(
    "uri",
    [
        "https://crm.contoso.com/_grid/cmds/dlg_gmailoauth.aspx",
        "https://contoso.com",
        "https://crm.contoso.com:8443/x?tenant=1",
        "https://CRM.contoso.com/x",
        "http://localhost/x",
        "http://localhost:8080",
        "http://127.0.0.1:8080/x",
        "http://[::1]:8080/x",
    ],
)
def test_redirect_uris_that_google_takes(console, project, uri):
    """HTTPS under an authorized domain, and anything on localhost."""
    client = console.create_web_client(project, "CRM", [], [uri])

    assert client.redirect_uris == (uri,)


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        ("https://crm/x", f"Invalid Redirect: {PUBLIC_DOMAIN}."),
        ("https://co.uk/x", f"Invalid Redirect: {PRIVATE_DOMAIN}."),
        ("https://x.googleusercontent.com/x", f"Invalid Redirect: {PRIVATE_DOMAIN}."),
        ("https:///x", "Invalid Redirect: must contain a domain"),
    ],
)
def test_redirect_uris_refused_in_googles_words(console, project, uri, text):
    """The texts that people have reported."""
    with pytest.raises(ConsoleRefused) as refused:
        console.create_web_client(project, "CRM", [], [uri])

    assert refused.value.text == text
    assert not refused.value.stand_in
    assert project.clients == {}


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "crm.contoso.com/x",
        "http://crm.contoso.com/x",
        "ftp://crm.contoso.com/x",
        "https://crm.contoso.com/x#",
        "https://user@crm.contoso.com/x",
        "https://crm.contoso.com/a/../b",
        "https://crm.contoso.com/a/%2e%2e/b",
        "https://crm.contoso.com/a\\..\\b",
        "https://crm.contoso.com/%zz",
        "https://crm.contoso.com/%00",
        "https://crm.contoso.com/%C0%80",
        "https://crm.contoso.com/ x",
        "https://crm.contoso.com/\x07",
        "https://crm.contoso.com:port/x",
    ],
)
def test_redirect_uris_refused_in_words_of_our_own(console, project, uri):
    """The rule is Google's, its wording is not known, and the refusal says so."""
    with pytest.raises(ConsoleRefused) as refused:
        console.create_web_client(project, "CRM", [], [uri])

    assert refused.value.stand_in


def test_an_origin_has_a_public_domain(console, project):
    """As a redirect URI has."""
    with pytest.raises(ConsoleRefused) as refused:
        console.create_web_client(project, "CRM", ["https://crm.local"], [REDIRECT])

    assert refused.value.text == f"Invalid Origin: {PUBLIC_DOMAIN}."


@pytest.mark.parametrize("domain", ["crm.contoso.com", "https://contoso.com", "contoso.local", "co.uk", "contoso.com/"])
def test_an_authorized_domain_is_a_top_private_domain(console, project, domain):
    """No host, no scheme, no path, no public suffix."""
    with pytest.raises(ConsoleRefused):
        console.configure_consent_screen(project, ConsentScreen(authorized_domains=(domain,)))

    assert project.consent_screen.authorized_domains == ("contoso.com",)


def test_internal_needs_an_organisation(console, project):
    """Internal is for projects of an organisation only."""
    theirs = console.create_project("Theirs", organisation="contoso.com")

    console.configure_consent_screen(theirs, ConsentScreen(UserType.INTERNAL))
    with pytest.raises(ConsoleRefused):
        console.configure_consent_screen(project, ConsentScreen(UserType.INTERNAL))


def test_a_client_needs_a_consent_screen(console):
    """The console asks for the consent screen first."""
    with pytest.raises(ConsoleRefused, match="first configure your consent screen"):
        console.create_web_client(console.create_project("New"), "CRM", [], [REDIRECT])


def test_a_hundred_test_users_and_no_more_even_after_one_was_removed(console, project):
    """A slot is used for good."""
    users = tuple(f"user{number}@contoso.com" for number in range(100))
    console.configure_consent_screen(project, ConsentScreen(authorized_domains=("contoso.com",), test_users=users))
    console.add_test_user(project, "USER5@contoso.com")
    console.configure_consent_screen(project, ConsentScreen(authorized_domains=("contoso.com",), test_users=users[1:]))

    with pytest.raises(ConsoleRefused):
        console.add_test_user(project, "late@contoso.com")

    assert len(project.consent_screen.test_users) == 99


@pytest.mark.parametrize(
    ("user_type", "status", "testing"),
    [
        (UserType.EXTERNAL, PublishingStatus.TESTING, True),
        (UserType.EXTERNAL, PublishingStatus.PRODUCTION, False),
        (UserType.INTERNAL, PublishingStatus.TESTING, False),
    ],
)
def test_testing_means_external_and_testing(user_type, status, testing):
    """Only this pair brings test users and the seven days."""
    assert ConsentScreen(user_type, status).testing is testing
