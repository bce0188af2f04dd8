from __future__ import annotations

import re

import pytest

ALICE = "alice@contoso.com"
CALLBACK = "/_grid/cmds/dlg_gmailoauth.aspx"
EVERY_PAGE = ["/", "/?lang=ja", "/style.css", "/nowhere", "/sign-in", CALLBACK, f"{CALLBACK}?state=s&code=c"]


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_answer_carries_the_protecting_headers(browser, path):
    """Errors too."""
    headers = browser.get(path).headers

    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "form-action": "'self' https://accounts.google.com",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_no_page_has_inline_script_or_style(browser, path):
    """The policy would not let it run."""
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", browser.get(path).text)


def test_names_cannot_write_html(browser, gmailsync):
    """What people enter is escaped."""
    gmailsync("profile", "set", "Gmail", "--name", "<b>x</b>", "--environment", "http://localhost:1")

    assert "&lt;b&gt;x&lt;/b&gt;" in browser.get("/").text


def test_a_form_without_the_sessions_token_is_refused(browser):
    """A foreign page can make a browser post, but cannot read the token."""
    browser.get("/")

    for token in ("", "guessed", "é"):
        answer = browser.press(token=token)
        assert (answer.status_code, answer.location) == (403, None)
        assert "web.stale-form" in answer.text


def test_a_token_of_another_session_is_refused(browser, pages):
    """Nor does a token help that somebody else was given."""
    token = browser.form_token()
    stranger = pages.test_client()

    answer = stranger.post("/sign-in", data={"mailbox": ALICE, "form_token": token}, base_url="http://localhost:8400")

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 303), ("none", 303), ("same-site", 403), ("cross-site", 403)]
)
def test_a_browser_that_tells_of_a_foreign_page_is_believed(browser, site, status):
    """Another port of localhost is the same site, and shares cookies, but is not us."""
    assert browser.press(**{"Sec-Fetch-Site": site}).status_code == status


def test_the_session_stays_with_this_page(browser):
    """Scripts do not see the cookie, and foreign pages' forms go without it."""
    [cookie] = browser.get("/").headers.getlist("Set-Cookie")

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8400", "127.0.0.1:9999", "[::1]:8400", "127.0.0.2"])
def test_this_machine_is_known_by_its_names(browser, host):
    """Whatever port was forwarded."""
    assert browser.get("/", Host=host).status_code == 200


@pytest.mark.parametrize(
    "host", ["rebound.example.com", "localhost.example.com:8400", "127.0.0.1.example.com", "192.0.2.1", "[", "", "a@b"]
)
def test_another_host_name_is_refused(browser, host):
    """A website whose name is made to resolve to this machine reads nothing."""
    page = browser.get("/", Host=host)

    assert page.status_code == 421
    assert "web.wrong-host" in page.text
    assert ALICE not in page.text


def test_a_large_form_is_refused(browser):
    """Ours has two short fields."""
    page = browser.press("a" * 100_000)

    assert page.status_code == 413
