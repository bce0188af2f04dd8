from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from gmailsync.errors import ConnectionLost
from gmailsync.flows.forecasts import watch
from gmailsync.rules.alerting import alert_for
from gmailsync.web.pages import create_pages

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"
MAIL_SCOPE = "https://mail.google.com/"
CALLBACK = "/_grid/cmds/dlg_gmailoauth.aspx"


def shown(answer):
    """Return the text of a page as people read it."""
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.text.partition("<main>")[2]).split()))


def test_the_list_says_how_each_mailbox_stands(browser, gmailsync):
    """Addresses, states and directions in words."""
    gmailsync("mailbox", "add", BOB)

    page = browser.get("/")

    assert page.status_code == 200
    assert f"{ALICE} Not signed in The owner has to sign in to Gmail. Not tested Not tested" in shown(page)
    assert shown(page).count("Sign in to Gmail") == 2


def test_an_empty_list_says_how_to_begin(browser, gmailsync):
    """Nobody is left before a blank page."""
    gmailsync("mailbox", "remove", ALICE, "--yes")

    assert "There is no mailbox yet." in shown(browser.get("/"))


def test_a_mailbox_without_active_profile_has_no_button(browser, gmailsync):
    """The page says who has to do what."""
    gmailsync("profile", "deactivate", "Gmail")

    page = browser.get("/")

    assert "A system administrator has to activate the server profile." in shown(page)
    assert "<button" not in page.text


def test_the_button_leads_to_google(browser):
    """With the mailbox's address as a hint."""
    answer = browser.press()

    assert answer.status_code == 303
    assert answer.location.startswith("https://accounts.google.com/o/oauth2/")
    assert parse_qs(urlsplit(answer.location).query)["login_hint"] == [ALICE]


def test_the_owners_return_stores_the_grant(browser, google, grant_of):
    """The result page says what comes next, and its address carries no code."""
    back = google.give_consent(browser.press().location, ALICE)

    answer = browser.get(back)
    result = browser.get(answer.location)

    assert (answer.status_code, answer.location) == (303, f"/signed-in/{grant_of().mailbox_id}")
    assert f"{ALICE} is signed in to Gmail." in shown(result)
    assert "A system administrator has to approve the address." in shown(result)
    assert f"ends this sign-in on {grant_of().refresh_expires_at.date()}" in shown(result)
    assert "Signed in, not approved" in shown(browser.get("/"))
    assert "Sign in to Gmail again" in shown(browser.get("/"))


def test_an_answer_that_comes_twice_does_no_harm(browser, google, grant_of):
    """The second is told kindly, and the grant of the first stays."""
    back = google.give_consent(browser.press().location, ALICE)
    browser.get(back)
    before = grant_of()

    again = browser.get(back)

    assert again.status_code == 400
    assert "used already" in shown(again)
    assert "If you have just signed in, all is well" in shown(again)
    assert "sign-in.unknown-state" in shown(again)
    assert grant_of() == before


def test_a_preview_does_not_use_up_the_answer(browser, google, grant_of):
    """HEAD changes nothing."""
    back = google.give_consent(browser.press().location, ALICE)

    assert browser.client.head(back, base_url="http://localhost:8400").status_code == 404
    assert browser.get(back).status_code == 303


def test_an_environment_may_have_a_path(browser, google):
    """The redirect URI then has it in front."""
    back = google.give_consent(browser.press().location, ALICE)

    assert browser.get(back.replace(CALLBACK, f"/contoso{CALLBACK}")).status_code == 303


@pytest.mark.parametrize(
    ("owner", "choices", "code", "advice"),
    [
        (ALICE, {"deny": True}, "sign-in.denied", "Sign in to Gmail again and press Continue."),
        (ALICE, {"untick": [MAIL_SCOPE]}, "sign-in.missing-mail-scope", "tick the box about Gmail"),
        (BOB, {}, "sign-in.wrong-account", "own Google account"),
    ],
)
def test_a_refusal_says_what_happened_and_what_to_do(browser, google, grant_of, owner, choices, code, advice):
    """With the code for support; nothing is stored."""
    back = google.give_consent(browser.press().location, owner, **choices)

    page = browser.get(back)

    assert page.status_code == 400
    assert code in shown(page)
    assert advice in shown(page)
    assert grant_of() is None


@pytest.mark.parametrize("language", ["en", "ja"])
def test_google_is_asked_to_speak_the_language_of_this_page(browser, language):
    """The owner chose it here; Google would go by the account or the browser."""
    browser.get(f"/?lang={language}")

    assert parse_qs(urlsplit(browser.press().location).query)["hl"] == [language]


def test_open_alerts_are_told_with_what_to_do(browser, google):
    """Below the mailbox, in the words of the alert."""
    browser.get(google.give_consent(browser.press().location, ALICE, untick=[MAIL_SCOPE]))

    page = browser.get("/")

    assert f'aria-label="Open alerts of {ALICE}"' in page.text
    assert "alice@contoso.com did not allow access to Gmail (https://mail.google.com/)" in shown(page)
    assert "Sign in to Gmail again and tick the box about Gmail. sign-in.missing-mail-scope" in shown(page)


def test_open_alerts_are_told_in_japanese(browser, application):
    """An alert's own words follow, in English and marked as such; unlike an error's, they are not about the sign-in."""
    with application.ports.store.begin() as tx:
        alice = tx.mailboxes.get(ALICE)
        lost = ConnectionLost("imap.gmail.com:993 fell silent", server_line="<* BYE>")
        tx.alerts.open(alert_for(alice.id, lost), application.ports.clock.now())

    page = browser.get("/?lang=ja")

    assert f'aria-label="{ALICE} の未解決のアラート"' in page.text
    assert "操作は不要です。自動的に再試行されます。 network.connection-lost" in shown(page)
    assert '<span class="meaning" lang="en">imap.gmail.com:993 fell silent: &lt;* BYE&gt;' in page.text


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "is Testing, in which every consent ends after 7 days. Publish the app"),
        ("ja", "アプリの公開ステータスが「テスト中」の間、承認は 7 日で無効になります。 アプリを公開するか"),
    ],
)
def test_the_list_says_when_and_why_a_sign_in_will_end(browser, google, grant_of, language, told):
    """And what to do about it."""
    browser.get(google.give_consent(browser.press().location, ALICE))

    page = browser.get(f"/?lang={language}")

    assert told in shown(page)
    assert str(grant_of().refresh_expires_at.date()) in shown(page)


@pytest.mark.parametrize(("language", "because"), [("en", "after 7 days."), ("ja", "承認は 7 日で無効になります。")])
def test_an_end_that_is_near_is_told_once_among_the_alerts(browser, google, application, grant_of, language, because):
    """With its reason in the page's language, in place of the alert about it."""
    browser.get(google.give_consent(browser.press().location, ALICE))
    ports = application.ports
    grant = grant_of()
    with ports.store.begin() as tx:
        tx.grants.save(replace(grant, refresh_expires_at=ports.clock.now() + timedelta(days=1)))
        watch(tx, tx.mailboxes.get(ALICE), ports.clock.now())

    page = browser.get(f"/?lang={language}")

    assert shown(page).count(because) == 1
    assert shown(page).count("oauth.grant-ending") == page.text.count('<li class="warning">') == 1


def test_an_end_that_is_past_is_told_as_such(browser, google, application, grant_of):
    """Nobody reads of an end to come that came long ago."""
    browser.get(google.give_consent(browser.press().location, ALICE))
    grant = grant_of()
    with application.ports.store.begin() as tx:
        tx.grants.save(replace(grant, refresh_expires_at=grant.granted_at))

    assert "Google ended this sign-in on" in shown(browser.get("/"))


def test_a_refusal_is_told_in_japanese(browser, google):
    """The error's own words follow, in English and marked as such."""
    back = google.give_consent(browser.press().location, ALICE, deny=True)

    page = browser.get(back, **{"Accept-Language": "ja-JP"})

    assert "同意されませんでした" in shown(page)
    assert "[続行]" in shown(page)
    assert '<p class="meaning" lang="en">the owner did not agree' in page.text


@pytest.mark.parametrize("query", ["", "?state=s", "?state=s&code=4/0Asecret&error=x", "?code=4/0Asecret", "?%ff=%ff"])
def test_what_is_no_answer_is_refused_and_not_repeated(browser, query):
    """A code that may still be good does not reach the page."""
    page = browser.get(CALLBACK + query)

    assert page.status_code == 400
    assert "This is not an answer of Google's consent page." in shown(page)
    assert "secret" not in page.text


@pytest.mark.parametrize(
    ("address", "status", "code"), [("mallory@contoso.com", 404, "input.not-found"), ("", 404, "input.not-found")]
)
def test_a_mailbox_that_is_gone_is_told(browser, address, status, code):
    """Somebody may have removed it since the list was shown."""
    page = browser.press(address)

    assert page.status_code == status
    assert code in shown(page)


def test_a_profile_that_rests_is_told_at_the_button(browser, gmailsync):
    """Also when the list was shown before."""
    token = browser.form_token()
    gmailsync("profile", "deactivate", "Gmail")

    page = browser.press(token=token)

    assert page.status_code == 400
    assert "mailbox.not-ready" in shown(page)
    assert "gmailsync profile activate Gmail" in shown(page)


def test_the_result_is_for_those_who_are_signed_in(browser):
    """Nobody reads that they are signed in when they are not."""
    answer = browser.get("/signed-in/1")

    assert (answer.status_code, answer.location) == (303, "/")


@pytest.mark.parametrize("path", ["/signed-in/99", "/signed-in/99999999999999999999", "/nowhere", "/favicon.ico"])
def test_what_is_not_there_is_not_found(browser, path):
    """With a way back to the list."""
    page = browser.get(path)

    assert page.status_code == 404
    assert "Back to the mailboxes" in shown(page)


def test_a_method_that_a_page_does_not_take_is_refused(browser):
    """A link cannot begin a sign-in."""
    page = browser.get("/sign-in")

    assert page.status_code == 405
    assert "web.no-such-page" in shown(page)


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ("http://localhost:8400", ""),
        ("http://127.0.0.1:8400", ""),
        ("http://localhost:9000", "this page listens on port 8400. Start it with --port 9000"),
        ("http://localhost", "Start it with --port 80,"),
        ("https://contoso.crm.dynamics.com", "gmailsync mailbox sign-in ADDRESS --response URL"),
    ],
)
def test_a_redirect_that_leads_elsewhere_is_told_beforehand(browser, gmailsync, environment, told):
    """The owner would come back to a page that is not there."""
    gmailsync("profile", "set", "Gmail", "--environment", environment)

    page = browser.get("/")

    assert ('role="note"' in page.text) is bool(told)
    assert told in shown(page)


class BrokenOAuth:
    """An adapter with a fault in it."""

    def begin(self, profile, login_hint, language):
        raise ValueError("code=4/0Asecret")


def test_a_fault_of_ours_is_told_without_its_words(browser, application, pages, caplog):
    """They could hold a token; the log says where it was."""
    broken = create_pages(replace(application.ports, oauth=BrokenOAuth()), 8400)
    browser.client = broken.test_client()

    page = browser.press()

    assert page.status_code == 500
    assert "internal" in shown(page)
    assert "secret" not in page.text + caplog.text
    assert re.fullmatch(r"internal: ValueError at \S+test_pages\.py:\d+", caplog.messages[0])


def test_no_secret_is_on_any_page_or_in_the_log(browser, google, application, gmailsync, grant_of, caplog):
    """From the list to the result and to a refusal."""
    caplog.set_level("DEBUG")
    back = google.give_consent(browser.press().location, ALICE)
    pages = [browser.get(url).text for url in ("/", back, back, "/signed-in/1", "/")]
    with application.ports.store.begin() as tx:
        [profile] = tx.profiles.all()
    grant = grant_of()
    code = parse_qs(urlsplit(back).query)["code"][0]
    secrets = [profile.client_secret.reveal(), grant.refresh_token.reveal(), grant.access_token.reveal(), code]

    assert [secret for secret in secrets for text in [*pages, caplog.text] if secret in text] == []
