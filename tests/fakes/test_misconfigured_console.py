"""What an administrator reads when the console refuses to save, by the rows of google.md 7.1 that play there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from fakes.console import ConsentScreen, Console, ConsoleRefused, Project, UserType
from fakes.world import World

ORIGIN = "https://crm.contoso.com"
REDIRECT = "https://crm.contoso.com/callback"
NO_PUBLIC_DOMAIN = "Invalid Redirect: must end with a public top-level domain (such as .com or .org)."
NO_PRIVATE_DOMAIN = "Invalid Redirect: must use a domain that is a valid top private domain."
ORIGIN_WITH_PATH = 'Invalid Origin: URIs must not contain a path or end with "/"'

Save = Callable[[Console, Project], object]


def redirect(uri: str) -> Save:
    """Register the redirect URI."""
    return lambda console, project: console.create_web_client(project, "CRM", [], [uri])


def origin(uri: str) -> Save:
    """Register the origin beside a good redirect URI."""
    return lambda console, project: console.create_web_client(project, "CRM", [uri], [REDIRECT])


def screen(**changes: object) -> Save:
    """Save the consent screen with what is different."""
    return lambda console, project: console.configure_consent_screen(
        project, replace(project.consent_screen or ConsentScreen(), **changes)
    )


def one_test_user_too_many(console: Console, project: Project) -> None:
    """Use up the 100 slots, take one user off the list, and add another."""
    users = tuple(f"user{number}@contoso.com" for number in range(100))
    screen(test_users=users)(console, project)
    screen(test_users=users[1:])(console, project)
    console.add_test_user(project, "late@contoso.com")


def domain_taken_away(console: Console, project: Project) -> None:
    """Register a good redirect URI, then authorize its domain no more."""
    redirect(REDIRECT)(console, project)
    screen(authorized_domains=())(console, project)


@dataclass(frozen=True)
class Row:
    """A row of google.md 7.1: what is saved, what the console says, and whether its words are known to be Google's."""

    save: Save
    says: str
    stand_in: bool = False


ROWS = {
    "row-7-private": Row(redirect("https://10.0.0.5/x"), f"{NO_PUBLIC_DOMAIN} {NO_PRIVATE_DOMAIN}"),
    "row-7-public": Row(redirect("https://203.0.113.7/x"), f"{NO_PUBLIC_DOMAIN} {NO_PRIVATE_DOMAIN}"),
    "row-7-ipv6": Row(redirect("https://[2001:db8::1]/x"), f"{NO_PUBLIC_DOMAIN} {NO_PRIVATE_DOMAIN}"),
    "row-8-local": Row(redirect("https://crm.contoso.local/x"), NO_PUBLIC_DOMAIN),
    "row-8-test": Row(redirect("https://crm.test/x"), NO_PUBLIC_DOMAIN),
    "row-8-internal": Row(redirect("https://crm.contoso.internal/x"), NO_PUBLIC_DOMAIN),
    "row-8-subdomain-of-localhost": Row(redirect("http://app.localhost:3000/x"), NO_PUBLIC_DOMAIN),
    "row-9-path": Row(origin(REDIRECT), ORIGIN_WITH_PATH),
    "row-9-slash": Row(origin(f"{ORIGIN}/"), ORIGIN_WITH_PATH),
    "row-10-origin": Row(origin(f"{ORIGIN} "), "Invalid Origin: cannot contain whitespace"),
    "row-10-redirect": Row(redirect(f" {REDIRECT}"), "Invalid Redirect: cannot contain whitespace", stand_in=True),
    "row-11-fragment": Row(
        redirect(f"{REDIRECT}#part"), "Invalid Redirect: must not contain a fragment", stand_in=True
    ),
    "row-11-wildcard": Row(
        redirect("https://*.contoso.com/x"), "Invalid Redirect: must not contain wildcard", stand_in=True
    ),
    "row-11-scheme": Row(
        redirect("com.contoso.crm:/x"),
        "Invalid Redirect: must use either http or https as the scheme",
        stand_in=True,
    ),
    "row-23": Row(one_test_user_too_many, "The user limit of 100 test users is reached.", stand_in=True),
    "row-26": Row(
        screen(user_type=UserType.INTERNAL),
        "Internal: only for a project of a Google Cloud organization.",
        stand_in=True,
    ),
    "row-36-redirect": Row(
        redirect("https://crm.fabrikam.com/x"),
        "Invalid domain: crm.fabrikam.com is not under an authorized domain.",
        stand_in=True,
    ),
    "row-36-origin": Row(
        origin("https://crm.fabrikam.com"),
        "Invalid domain: crm.fabrikam.com is not under an authorized domain.",
        stand_in=True,
    ),
    "row-36-domain-taken-away": Row(
        lambda console, project: (
            redirect(REDIRECT)(console, project),
            screen(authorized_domains=())(console, project),
        ),
        "Invalid domain: crm.contoso.com is not under an authorized domain.",
        stand_in=True,
    ),
}


@pytest.fixture
def project(world: World) -> Project:
    """Return a project without an organisation, whose consent screen authorizes contoso.com."""
    project = world.console.create_project("Contoso Mail")
    world.console.configure_consent_screen(project, ConsentScreen(authorized_domains=("contoso.com",)))
    return project


@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items()])
def test_the_console_refuses_to_save(world, project, row):
    """In Google's words, or in words that say of themselves that they are not."""
    with pytest.raises(ConsoleRefused) as refused:
        row.save(world.console, project)

    assert (refused.value.text, refused.value.stand_in) == (row.says, row.stand_in)


@pytest.mark.parametrize("name", [name for name in ROWS if name != "row-36-domain-taken-away"])
def test_what_is_refused_is_not_saved(world, project, name):
    """There is no client of it, and the consent screen authorizes what it did."""
    with pytest.raises(ConsoleRefused):
        ROWS[name].save(world.console, project)

    assert project.clients == {}
    assert project.consent_screen.user_type is UserType.EXTERNAL
    assert project.consent_screen.authorized_domains == ("contoso.com",)
    assert not project.consent_screen.is_test_user("late@contoso.com")
