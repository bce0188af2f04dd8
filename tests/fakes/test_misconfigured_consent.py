"""What owners see of an administrator's mistake, by the rows of google.md 7.1 that play at Google's pages.

Each row sets the mistake up, walks the owner through the pages, and compares where that ends.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from fakes.clients import IDLE_LIFE, ClientType
from fakes.consent import ConsentStopped, give_consent
from fakes.console import PublishingStatus, UserType
from fakes.imap.session import ImapSession
from fakes.oauth.http import Request, Response
from fakes.oauth.policies import NEW_USER_LIMIT
from fakes.workspace import AppAccess, Workspace

MAIL = "https://mail.google.com/"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
ALICE = "alice@contoso.com"
BOB = "bob@contoso.com"
EVE = "eve@gmail.com"
REDIRECT = "https://crm.contoso.com/_grid/cmds/dlg_gmailoauth.aspx"
NEW_REDIRECT = "https://crm.contoso.com/new"
WEB_VIEW = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/140.0.0.0 Mobile Safari/537.36"
)

INVALID_REQUEST = (
    "Access blocked: This app's request is invalid",
    "Error 400: redirect_uri_mismatch",
    (
        "You can't sign in because this app sent an invalid request. You can try again later, or contact the developer "
        "about this issue."
    ),
)
POLICY = (
    "Access blocked: Authorization Error",
    "Error 400: invalid_request",
    (
        "You can't sign in to this app because it doesn't comply with Google's OAuth 2.0 policy for keeping apps "
        "secure.\n\nYou can let the app developer know that this app doesn't comply with one or more Google "
        "validation rules."
    ),
)
UNKNOWN_CLIENT = ("Access blocked: Authorization Error", "Error 401: invalid_client", "The OAuth client was not found.")
TESTING = (
    "Access blocked: Contoso CRM has not completed the Google verification process",
    "Error 403: access_denied",
    (
        "Contoso CRM has not completed the Google verification process. The app is currently being tested, and can "
        "only be accessed by developer-approved testers. If you think you should have access, contact the developer."
    ),
)
INTERNAL = (
    "Access blocked: Contoso CRM can only be used within its organization",
    "Error 403: org_internal",
    "This client is restricted to users within its organization.",
)
RESTRICTED = (
    "Access blocked: Authorization Error",
    "Error 400: admin_policy_enforced",
    (
        "Access to your account data is restricted by policies within your organization. Please contact the "
        "administrator of your organization for more information."
    ),
)
BLOCKED = (
    "This app is blocked",
    "",
    (
        "This app tried to access sensitive info in your Google Account. To keep your account safe, Google blocked "
        "this access."
    ),
)
WEB_VIEW_REFUSED = (
    "Access blocked: Contoso CRM's request does not comply with Google's policies",
    "Error 403: disallowed_useragent",
    (
        "Contoso CRM's request does not comply with Google's \"Use secure browsers\" policy. If this app has a "
        "website, you can open a web browser and try signing in from there. If you are attempting to access a "
        "wireless network, please follow these instructions."
    ),
)

DETAILS = {
    INVALID_REQUEST: (
        "You can't sign in to this app because it doesn't comply with Google's OAuth 2.0 policy.\n\n"
        "If you're the app developer, register the redirect URI in the Google Cloud Console."
    ),
    POLICY: "If you're the app developer, make sure that these request details comply with Google policies.",
}
"""What a developer reads under "error details", where it differs from the text for everybody."""


def invalid(message: str, code: str = "invalid_request") -> tuple[str, str, str]:
    """Return the page about a faulty parameter."""
    return "Access blocked: Authorization Error", f"Error 400: {code}", message


def not_served(code: str, message: str) -> tuple[str, str, str]:
    """Return the page about a client that is known and not served."""
    return "Access blocked: Authorization Error", f"Error 401: {code}", message


# --- how each mistake is made ---


def nothing(_: Any) -> None:
    """Leave a correct setup: the mistake is in the request."""


def other_project(app: Any) -> dict[str, str]:
    """Use a client of another project, which has another redirect URI."""
    project = app.world.console.create_project("Other", organisation="contoso.com")
    app.world.console.configure_consent_screen(project, app.project.consent_screen)
    client = app.world.console.create_web_client(project, "other", [], ["https://other.contoso.com/cb"])
    return {"client_id": client.client_id}


def saved_just_now(app: Any) -> None:
    """Register the URI that the row's request uses, on a console that takes its time."""
    app.world.console.effective_after = timedelta(hours=1)
    app.world.console.edit_web_client(app.client.client_id, redirect_uris=[REDIRECT, NEW_REDIRECT])


def other_type(app: Any) -> dict[str, str]:
    """Use a client of type Desktop app."""
    client = app.world.console.create_other_client(app.project, "desktop", ClientType.DESKTOP)
    return {"client_id": client.client_id}


def unused(app: Any) -> None:
    """Leave the client alone for longer than Google keeps it."""
    app.world.clock.advance(IDLE_LIFE)


def deleted(app: Any) -> None:
    app.world.console.delete_client(app.client.client_id)


def disabled(app: Any) -> None:
    app.world.console.disable_client(app.client.client_id)


def swapped(app: Any) -> dict[str, str]:
    return {"client_id": app.client.client_secret}


def blank(app: Any) -> dict[str, str]:
    return {"client_id": app.client.client_id + "\n"}


def project_number(app: Any) -> dict[str, str]:
    return {"client_id": app.project.number}


def no_testers(app: Any) -> None:
    app.screen(test_users=())


def alias(app: Any) -> None:
    app.screen(test_users=("alice.adams@contoso.com",))


def internal(app: Any) -> None:
    app.screen(user_type=UserType.INTERNAL)


def apps_blocked(app: Any) -> None:
    app.world.set_workspace("contoso.com", Workspace(unconfigured_apps=AppAccess.BLOCKED))


def sign_in_only(app: Any) -> None:
    app.world.set_workspace("contoso.com", Workspace(unconfigured_apps=AppAccess.LIMITED))


def app_blocked(app: Any) -> None:
    app.world.set_workspace("contoso.com", Workspace({app.client.client_id: AppAccess.BLOCKED}))


def gmail_restricted(app: Any) -> None:
    app.world.set_workspace("contoso.com", Workspace({app.client.client_id: AppAccess.LIMITED}, gmail_restricted=True))


def enrolled(app: Any) -> None:
    app.world.account(ALICE).advanced_protection = True


def unverified(app: Any) -> None:
    app.screen(publishing_status=PublishingStatus.PRODUCTION)


def used_up(app: Any) -> None:
    unverified(app)
    app.project.new_users.update(f"user{number}@gmail.com" for number in range(NEW_USER_LIMIT))


def high_risk(app: Any) -> None:
    unverified(app)
    app.world.account(ALICE).high_risk = True


# --- rows that end on a page of Google's ---


@dataclass(frozen=True)
class Row:
    """A row of google.md 7.1: the mistake, who walks, and the heading, code line and text where it ends."""

    arrange: Callable[[Any], Mapping[str, str] | None]
    page: tuple[str, str, str]
    changes: Mapping[str, str | None] = field(default_factory=dict)
    owner: str = ALICE
    user_agent: str = ""


def missing(parameter: str) -> Row:
    """Return the row of a request without this parameter."""
    return Row(nothing, invalid(f"Missing required parameter: {parameter}"), {parameter: None})


ROWS = {
    "row-1-path": Row(nothing, INVALID_REQUEST, {"redirect_uri": REDIRECT + "/"}),
    "row-1-case": Row(nothing, INVALID_REQUEST, {"redirect_uri": REDIRECT.replace("_grid", "_Grid")}),
    "row-1-port": Row(nothing, INVALID_REQUEST, {"redirect_uri": REDIRECT.replace(".com/", ".com:443/")}),
    "row-2": Row(other_project, INVALID_REQUEST),
    "row-3": Row(saved_just_now, INVALID_REQUEST, {"redirect_uri": NEW_REDIRECT}),
    "row-4": Row(other_type, INVALID_REQUEST),
    "row-5": Row(nothing, POLICY, {"redirect_uri": "urn:ietf:wg:oauth:2.0:oob"}),
    "row-6": Row(nothing, POLICY, {"redirect_uri": REDIRECT.replace("https:", "http:")}),
    "row-12-mistyped": Row(nothing, UNKNOWN_CLIENT, {"client_id": "123-typo.apps.googleusercontent.com"}),
    "row-12-line-break": Row(blank, UNKNOWN_CLIENT),
    "row-12-number-alone": Row(project_number, UNKNOWN_CLIENT),
    "row-13": Row(swapped, UNKNOWN_CLIENT),
    "row-14": Row(deleted, not_served("deleted_client", "The OAuth client was deleted.")),
    "row-14-unused": Row(unused, not_served("deleted_client", "The OAuth client was deleted.")),
    "row-15": Row(disabled, not_served("disabled_client", "The OAuth client was disabled.")),
    "row-16": missing("scope"),
    "row-17-no-slash": Row(
        nothing,
        invalid("Some requested scopes were invalid. {invalid=[https://mail.google.com]}", "invalid_scope"),
        {"scope": "https://mail.google.com"},
    ),
    "row-17-comma": Row(
        nothing,
        invalid("Some requested scopes were invalid. {invalid=[https://mail.google.com/,openid]}", "invalid_scope"),
        {"scope": f"{MAIL},openid"},
    ),
    "row-18": missing("client_id"),
    "row-19-none": missing("redirect_uri"),
    "row-19-path-alone": Row(
        nothing,
        invalid("Invalid parameter value for redirect_uri: Missing authority: /_grid/x"),
        {"redirect_uri": "/_grid/x"},
    ),
    "row-20": Row(nothing, invalid("Required parameter is missing: response_type"), {"response_type": None}),
    "row-21": Row(no_testers, TESTING),
    "row-22": Row(alias, TESTING),
    "row-24": Row(internal, INTERNAL, owner=EVE),
    "row-25": Row(internal, INTERNAL, {"login_hint": ALICE}, owner=EVE),
    "row-27-all-apps-blocked": Row(apps_blocked, RESTRICTED),
    "row-27-sign-in-only": Row(sign_in_only, RESTRICTED),
    "row-27-this-app-blocked": Row(app_blocked, RESTRICTED),
    "row-27-Gmail-restricted": Row(gmail_restricted, RESTRICTED),
    "row-28": Row(enrolled, RESTRICTED),
    "row-30-users": Row(used_up, BLOCKED),
    "row-30-account": Row(high_risk, BLOCKED),
    "row-31": Row(nothing, WEB_VIEW_REFUSED, user_agent=WEB_VIEW),
}
rows = pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items()])


@dataclass
class Walk:
    """An owner's way through the pages: as which client, what Google answered, and how it ended."""

    client_id: str
    responses: list[Response]
    stopped: ConsentStopped | None = None
    location: str = ""

    @property
    def shown(self) -> list[str]:
        return [html.unescape(response.body.decode()) for response in self.responses if response.body]


def walk(app: Any, row: Row, **headers: str) -> Walk:
    """Make the mistake, and let the owner walk."""
    app.world.add_account(EVE)
    changes = {**row.changes, **(row.arrange(app) or {})}
    given = {"user-agent": row.user_agent, **headers}
    ended = Walk(changes.get("client_id", app.client.client_id) or "", [])

    def send(request: Request) -> Response:
        ended.responses.append(app.send(replace(request, headers={**request.headers, **given})))
        return ended.responses[-1]

    try:
        ended.location = give_consent(app.url(**changes), row.owner, send)
    except ConsentStopped as stopped:
        ended.stopped = stopped
    return ended


@rows
def test_the_owner_is_stopped_where_google_stops(app, row):
    """Heading, code and text are Google's; nobody calls the client back."""
    stopped = walk(app, row).stopped

    assert stopped
    assert (stopped.page_title, stopped.code, stopped.text) == row.page


@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items() if row.page != BLOCKED])
def test_the_error_page_arrives_with_status_200_under_an_address_that_names_the_client(app, row):
    """Whatever number it prints; `client_id` tells which client was really used (google.md 2.6, row 2)."""
    ended = walk(app, row)

    redirect, page = ended.responses[-2:]
    address = redirect.header("location")
    assert (redirect.status, page.status) == (302, 200)
    assert page.header("content-type") == "text/html; charset=utf-8"
    assert address.startswith("https://accounts.google.com/signin/oauth/error/v2?authError=")
    assert app.fields(address)["client_id"] == ended.client_id
    assert app.fields(address)["flowName"] == "GeneralOAuthFlow"


@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items() if row.page in DETAILS])
def test_the_error_details_tell_the_developer_what_to_do(app, row):
    """With the redirect URI to copy into the console."""
    page = walk(app, row).shown[-1]

    assert f'<p id="details">{DETAILS[row.page]}</p>' in page
    uri = row.changes.get("redirect_uri", REDIRECT)
    assert re.findall("<li>(.*)</li>", page) == [f"redirect_uri={uri}", "flowName=GeneralOAuthFlow"]


@rows
def test_a_japanese_browser_reads_japanese(app, row):
    """Every sentence is translated, the code is not."""
    ended = walk(app, row, **{"accept-language": "ja,en-US;q=0.9,en;q=0.8"})

    assert ended.stopped
    title, code, text = row.page
    assert ended.stopped.code == code.replace("Error", "エラー")
    assert re.search("[ぁ-ん]", ended.stopped.page_title)
    assert re.search("[ぁ-ん]", ended.stopped.text)
    assert all('<html lang="ja">' in page for page in ended.shown)
    assert not [words for words in (title, text) if words in ended.shown[-1]]


# --- rows that the owner can get past ---


def test_row_29_the_warning_of_an_unverified_app_can_be_passed(app):
    """By the link under Advanced, which the owner presses."""
    ended = walk(app, Row(unverified, BLOCKED))

    for sentence in (
        "Google hasn't verified this app",
        (
            "The app is requesting access to sensitive info in your Google Account. Until the developer "
            "(admin@contoso.com) verifies this app with Google, you shouldn't use it."
        ),
        "If you're the developer, submit a verification request to remove this screen.",
        "Continue only if you understand the risks and trust the developer (admin@contoso.com).",
        "Go to Contoso CRM (unsafe)",
    ):
        assert sentence in ended.shown[1]
    assert "code=" in ended.location


def test_row_32_cancel_reaches_the_client(app):
    """As `access_denied`, with the state."""
    assert app.fields(app.consent(deny=True)) == {
        "error": "access_denied",
        "state": "s1",
        "iss": "https://accounts.google.com",
    }


def test_row_33_an_unticked_gmail_box_shows_at_imap(app, said):
    """The code arrives, its scope lacks Gmail, and IMAP refuses the token like a dead one."""
    answer = app.fields(app.consent(untick=(MAIL,)))
    token = app.body(app.exchange(answer["code"]))["access_token"]

    assert answer["scope"] == f"openid {EMAIL}"
    assert sign_in(app.world, said, ALICE, token) == "a1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"


def test_row_34_another_account_shows_at_imap(app, said):
    """Consent is fine; the token does not open the mailbox it was meant for."""
    app.world.add_account(BOB, organisation="contoso.com")
    app.screen(test_users=(ALICE, BOB))
    token = app.tokens(BOB)["access_token"]

    assert sign_in(app.world, said, ALICE, token) == "a1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"
    assert sign_in(app.world, said, BOB, token).startswith("a1 OK")


def test_row_35_the_callback_carries_more_than_code_and_state(app):
    """A handler that knows a fixed list breaks on it."""
    answer = app.fields(app.consent())

    assert answer["iss"] == "https://accounts.google.com"
    assert set(answer) == {"state", "iss", "code", "scope", "authuser", "hd", "prompt"}


def sign_in(world: Any, said: Any, user: str, token: str) -> str:
    """Return the tagged reply to AUTHENTICATE; an empty line answers a challenge."""
    response = base64.b64encode(f"user={user}\x01auth=Bearer {token}\x01\x01".encode()).decode()
    session = ImapSession(world, session_id="k2if6111336rvb.0")
    lines = said(session.receive(f"a1 AUTHENTICATE XOAUTH2 {response}\r\n\r\n".encode()))
    return re.findall(r"^a1 .*$", lines, re.MULTILINE)[0].strip()
