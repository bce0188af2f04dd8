"""The simulated Google as a whole: what its verbs promise, and the way from a set-up to mail."""

from __future__ import annotations

import json
import mailbox
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from fakes.clock import VirtualClock
from fakes.consent import ConsentStopped
from fakes.console import ConsoleRefused, PublishingStatus, UserType
from fakes.google import LOCAL_REDIRECT, REDIRECT_PATH, Setup, SimulatedGoogle
from fakes.oauth.handler import handle
from fakes.oauth.http import Request

ALICE = "alice@contoso.com"
MAIL = "https://mail.google.com/"


def authorization_url(setup: Setup, **more: str) -> str:
    """Return the URL that an application shows to the owner."""
    parameters = {
        "client_id": setup.client.client_id,
        "redirect_uri": LOCAL_REDIRECT,
        "response_type": "code",
        "scope": f"{MAIL} openid email",
        "access_type": "offline",
        "state": "s1",
    }
    return "https://accounts.google.com/o/oauth2/v2/auth?" + urlencode({**parameters, **more})


@pytest.fixture
def google() -> SimulatedGoogle:
    """One that does not listen: these verbs need no servers."""
    return SimulatedGoogle()


def test_a_correct_setup_leads_from_consent_to_a_token_that_opens_mail(google) -> None:
    """Project, consent screen, client and test user fit together."""
    google.add_account(ALICE)
    setup = google.correct_setup()

    redirected = google.give_consent(authorization_url(setup), ALICE)
    code = parse_qs(urlsplit(redirected).query)["code"][0]
    answer = handle(
        google.world,
        Request.post(
            "https://oauth2.googleapis.com/token",
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": LOCAL_REDIRECT,
                "client_id": setup.client.client_id,
                "client_secret": setup.client.client_secret,
            },
        ),
    )

    tokens = json.loads(answer.body)
    assert google.world.sign_in("imap", ALICE, tokens["access_token"]).address == ALICE
    assert tokens["refresh_token"].startswith("1//0")


def test_a_correct_setup_is_what_the_guide_asks_for(google) -> None:
    """External, in Testing, the top private domain authorized, both redirect URIs, every account a test user."""
    google.add_account(ALICE)

    setup = google.correct_setup("https://org5.crm4.dynamics.com")

    screen = setup.project.consent_screen
    assert (screen.user_type, screen.publishing_status) == (UserType.EXTERNAL, PublishingStatus.TESTING)
    assert screen.authorized_domains == ("dynamics.com",)
    assert screen.test_users == (ALICE,)
    assert setup.client.redirect_uris == ("https://org5.crm4.dynamics.com" + REDIRECT_PATH, LOCAL_REDIRECT)


def test_an_environment_that_the_console_refuses_is_refused(google) -> None:
    """With the console's words."""
    with pytest.raises(ConsoleRefused, match="top private domain"):
        google.correct_setup("https://crm.internal")


def test_who_is_no_test_user_is_stopped(google) -> None:
    """The page of an app in Testing, raised as what it says."""
    google.add_account("mallory@example.com")
    setup = google.correct_setup(addresses=[ALICE])

    with pytest.raises(ConsentStopped) as stopped:
        google.give_consent(authorization_url(setup), "mallory@example.com")

    assert stopped.value.code == "Error 403: access_denied"


def test_an_owner_may_deny_or_leave_a_scope_out(google) -> None:
    """Cancel comes back as access_denied, an unticked box as a shorter scope."""
    google.add_account(ALICE)
    url = authorization_url(google.correct_setup(), scope=f"{MAIL} https://www.googleapis.com/auth/gmail.modify")

    denied = parse_qs(urlsplit(google.give_consent(url, ALICE, deny=True)).query)
    partly = parse_qs(urlsplit(google.give_consent(url, ALICE, untick=[MAIL])).query)

    assert denied["error"] == ["access_denied"]
    assert partly["scope"] == ["https://www.googleapis.com/auth/gmail.modify"]


def test_seeding_delivers_byte_for_byte_and_names_what_it_skips(google, tmp_path) -> None:
    """A folder of .eml files with an empty one among them."""
    google.add_account(ALICE)
    messages = [b"Subject: %d\r\n\r\n\xff\n\r\n" % number for number in range(3)]
    for number, raw in enumerate(messages):
        (tmp_path / f"{number}.eml").write_bytes(raw)
    (tmp_path / "nothing.eml").write_bytes(b"")

    report = google.seed(ALICE, tmp_path)

    assert report.delivered == 3
    assert [skipped.path.name for skipped in report.skipped] == ["nothing.eml"]
    assert [message.raw for message in google.account(ALICE).mail.messages()] == messages


def test_seeding_from_a_maildir_keeps_its_flags(google, tmp_path) -> None:
    """What was read stays read."""
    google.add_account(ALICE)
    maildir = mailbox.Maildir(tmp_path / "mail")
    for flags in ("", "S"):
        message = mailbox.MaildirMessage(b"Subject: x\n\nx\n")
        message.set_subdir("cur")
        message.set_flags(flags)
        maildir.add(message)
    maildir.close()

    google.seed(ALICE, tmp_path / "mail")

    flags = sorted(tuple(message.flags) for message in google.account(ALICE).mail.messages())
    assert flags == [(), ("\\Seen",)]


def test_seeding_needs_an_account_and_a_readable_place(google, tmp_path) -> None:
    """ValueError says which of the two is wrong."""
    google.add_account(ALICE)
    (tmp_path / "1.eml").write_bytes(b"Subject: x\r\n\r\n")

    with pytest.raises(ValueError, match=r"no account bob@contoso\.com"):
        google.seed("bob@contoso.com", tmp_path)
    with pytest.raises(ValueError, match="no such file"):
        google.seed(ALICE, tmp_path / "nowhere")


def test_a_testers_token_opens_what_its_scopes_open(google) -> None:
    """Without any application or consent."""
    google.add_account(ALICE)

    token = google.access_token(ALICE)

    assert google.world.sign_in("smtp", ALICE, token) is google.account(ALICE)
    with pytest.raises(ValueError, match="no account"):
        google.access_token("nobody@contoso.com")


def test_the_same_seed_and_calls_give_the_same_ids(google) -> None:
    """Two runs of a test see the same tokens, and another seed gives others."""

    def token(seed: int) -> str:
        twin = SimulatedGoogle(clock=VirtualClock(), seed=seed)
        twin.add_account(ALICE)
        return twin.access_token(ALICE)

    assert token(0) == token(0) != token(1)


def test_check_names_what_is_not_imitated(google) -> None:
    """One line for each; and nothing when all is well."""
    google.check()
    handle(google.world, Request.get("https://www.googleapis.com/gmail/v1/users/me/labels"))

    with pytest.raises(AssertionError, match=r"not imitated: https GET https://www\.googleapis\.com/gmail/v1/users/me"):
        google.check()
