"""The authorization endpoint refuses in Google's order and words, on pages that never call the client back."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from fakes.consent import ConsentStopped, give_consent
from fakes.console import ConsentScreen, PublishingStatus, UserType
from fakes.oauth import autherror
from fakes.oauth.autherror import AuthError
from fakes.oauth.authorize import check_request
from fakes.oauth.http import Request

MAIL = "https://mail.google.com/"
ALICE = "alice@contoso.com"
REDIRECT = "https://crm.contoso.com/_grid/cmds/dlg_gmailoauth.aspx"

POLICY = (
    "You can't sign in to this app because it doesn't comply with Google's OAuth 2.0 policy for keeping apps secure."
    "\n\nYou can let the app developer know that this app doesn't comply with one or more Google validation rules."
)
INVALID = (
    "You can't sign in because this app sent an invalid request. You can try again later, or contact the developer "
    "about this issue."
)
REQUEST_INVALID = "Access blocked: This app's request is invalid"
AUTHORIZATION = "Access blocked: Authorization Error"

REFUSALS = [
    ({"client_id": None}, AUTHORIZATION, "400: invalid_request", "Missing required parameter: client_id"),
    ({"client_id": ""}, AUTHORIZATION, "400: invalid_request", "Missing required parameter: client_id"),
    (
        {"client_id": "1-x", "redirect_uri": None},
        AUTHORIZATION,
        "401: invalid_client",
        "The OAuth client was not found.",
    ),
    ({"redirect_uri": None}, AUTHORIZATION, "400: invalid_request", "Missing required parameter: redirect_uri"),
    (
        {"redirect_uri": "/_grid/x"},
        AUTHORIZATION,
        "400: invalid_request",
        "Invalid parameter value for redirect_uri: Missing authority: /_grid/x",
    ),
    (
        {"redirect_uri": "https:///x"},
        AUTHORIZATION,
        "400: invalid_request",
        "Invalid parameter value for redirect_uri: Missing authority: https:///x",
    ),
    ({"redirect_uri": "http://crm.contoso.com/x"}, AUTHORIZATION, "400: invalid_request", POLICY),
    ({"redirect_uri": "https://8.8.8.8/x"}, AUTHORIZATION, "400: invalid_request", POLICY),
    ({"redirect_uri": "urn:ietf:wg:oauth:2.0:oob"}, AUTHORIZATION, "400: invalid_request", POLICY),
    (
        {"redirect_uri": "http://10.0.0.5/x"},
        AUTHORIZATION,
        "400: invalid_request",
        "device_id and device_name are required for private IP: http://10.0.0.5/x",
    ),
    ({"redirect_uri": REDIRECT + "/"}, REQUEST_INVALID, "400: redirect_uri_mismatch", INVALID),
    ({"redirect_uri": REDIRECT.upper()}, REQUEST_INVALID, "400: redirect_uri_mismatch", INVALID),
    ({"redirect_uri": "http://localhost/x", "scope": None}, REQUEST_INVALID, "400: redirect_uri_mismatch", INVALID),
    ({"response_type": None}, AUTHORIZATION, "400: invalid_request", "Required parameter is missing: response_type"),
    ({"response_type": "foo"}, AUTHORIZATION, "400: invalid_request", "Invalid response_type: foo"),
    ({"scope": None}, AUTHORIZATION, "400: invalid_request", "Missing required parameter: scope"),
    ({"scope": " "}, AUTHORIZATION, "400: invalid_request", "Missing required parameter: scope"),
    (
        {"scope": "https://mail.google.com"},
        AUTHORIZATION,
        "400: invalid_scope",
        "Some requested scopes were invalid. {invalid=[https://mail.google.com]}",
    ),
    (
        {"scope": "openid gmail.full foo"},
        AUTHORIZATION,
        "400: invalid_scope",
        "Some requested scopes were invalid. {valid=[openid], invalid=[gmail.full, foo]}",
    ),
    (
        {"code_challenge": "x", "code_challenge_method": "foo"},
        AUTHORIZATION,
        "400: invalid_request",
        "Invalid parameter value for code_challenge_method: 'foo' is not a valid CodeChallengeMethod",
    ),
    (
        {"prompt": "none consent"},
        AUTHORIZATION,
        "400: invalid_request",
        "Invalid parameter value for prompt: none consent",
    ),
]


@pytest.mark.parametrize(("changes", "heading", "code", "text"), REFUSALS)
def test_a_faulty_request_ends_on_googles_page(app, changes, heading, code, text):
    """Heading, error line and text are Google's (google.md 2.6)."""
    with pytest.raises(ConsentStopped) as stopped:
        app.consent(**changes)

    assert (stopped.value.page_title, stopped.value.code, stopped.value.text) == (heading, f"Error {code}", text)


def test_the_error_page_is_reached_by_a_redirect_and_arrives_as_200(app):
    """The address carries the error, the client and the flow; the page's own status is 200."""
    url = app.url(redirect_uri="https://crm.contoso.com/other")

    location = app.send(Request.get(url)).header("location")
    page = app.send(Request.get(location))

    assert location.startswith("https://accounts.google.com/signin/oauth/error/v2?authError=")
    assert location.endswith(f"&client_id={app.client.client_id}&flowName=GeneralOAuthFlow")
    assert page.status == 200
    text = page.body.decode()
    assert "register the redirect URI in the Google Cloud Console." in text
    assert "redirect_uri=https://crm.contoso.com/other" in text
    assert "If you are a developer of this app, see error details." in text


def test_somebody_who_is_no_test_user_is_stopped_in_testing(app):
    """The page names the app and gives the request's details, the client id last."""
    app.world.add_account("bob@contoso.com", organisation="contoso.com")

    with pytest.raises(ConsentStopped) as stopped:
        app.consent("bob@contoso.com")

    assert stopped.value.page_title == "Access blocked: Contoso CRM has not completed the Google verification process"
    assert stopped.value.code == "Error 403: access_denied"
    assert stopped.value.text == (
        "Contoso CRM has not completed the Google verification process. The app is currently being tested, and can "
        "only be accessed by developer-approved testers. If you think you should have access, contact the developer."
    )


def test_the_details_of_a_refused_tester_are_those_of_the_request(app):
    """Support reads there which client and redirect URI were really used; a plain challenge is not shown."""
    app.screen(test_users=())
    attempt = app.world.grants.begin(check_request(app.world, app.fields(app.url(code_challenge="secret"))))

    form = {"attempt": attempt.id, "address": ALICE}
    location = app.send(Request.post("https://accounts.google.com/signin/oauth/accountchooser", form)).header(
        "location"
    )

    error = autherror.decode(app.fields(location)["authError"])
    assert error.help_url == "https://support.google.com/accounts/answer/3466521?p=app_notverified"
    assert error.details == (
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("scope", f"{MAIL} openid email"),
        ("access_type", "offline"),
        ("state", "s1"),
        ("prompt", "consent"),
        ("flowName", "GeneralOAuthFlow"),
        ("client_id", app.client.client_id),
    )


def test_an_internal_app_is_for_its_organisation(app):
    """Others see `org_internal`; the organisation's users need no test user list and see no warning."""
    app.screen(user_type=UserType.INTERNAL, test_users=())
    app.world.add_account("eve@gmail.com")

    with pytest.raises(ConsentStopped) as stopped:
        app.consent("eve@gmail.com")

    assert stopped.value.code == "Error 403: org_internal"
    assert stopped.value.text == "This client is restricted to users within its organization."
    assert "code" in app.fields(app.consent())


def test_in_production_anybody_may_consent(app):
    """No test user list applies."""
    app.screen(publishing_status=PublishingStatus.PRODUCTION, test_users=())
    app.world.add_account("eve@gmail.com")

    assert "code" in app.fields(app.consent("eve@gmail.com"))


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"response_type": "token"}, "https authorization with response_type=token"),
        (
            {"scope": "https://www.googleapis.com/auth/calendar"},
            "https authorization with scope https://www.googleapis.com/auth/calendar",
        ),
    ],
)
def test_what_google_can_and_this_cannot_is_remembered(app, changes, asked):
    """A client that needs it shall not be told that Google refuses."""
    with pytest.raises(ConsentStopped):
        app.consent(**changes)

    assert app.world.unimitated == [asked]


@pytest.mark.parametrize("deny", [False, True], ids=["consent", "cancel"])
def test_the_answer_may_stand_behind_a_number_sign(app, deny):
    """With `response_mode=fragment` a server sees nothing of it."""
    told = urlsplit(app.consent(deny=deny, response_mode="fragment", state="s 1"))

    assert told.query == ""
    assert parse_qs(told.fragment)["state"] == ["s 1"]
    assert ("error" in parse_qs(told.fragment)) is deny


def test_the_answer_may_be_posted_to_the_client(app):
    """With `response_mode=form_post` Google's last page is a form with the same fields, which posts itself."""
    in_query = app.fields(app.consent(state="s"))
    app.world.remove_app(ALICE, app.client.client_id)
    last = []

    posted = app.fields(give_consent(app.url(state="s", response_mode="form_post"), ALICE, _kept(app, last)))

    page = last[-1].body.decode()
    assert {**in_query, "code": posted["code"]} == posted
    assert f'<form method="post" action="{REDIRECT}">' in page
    assert "document.forms[0].submit()" in page


def test_an_unknown_response_mode_is_refused(app):
    """Google's words for it are a stand-in."""
    with pytest.raises(ConsentStopped, match="400: invalid_request"):
        app.consent(response_mode="pigeon")


def test_a_domain_hint_leaves_its_people_to_choose_from(app):
    """With `hd` the chooser shows the accounts of that Workspace domain, with `*` those of any."""
    app.world.add_account("bob@fabrikam.com", organisation="fabrikam.com")
    app.world.add_account("eve@gmail.com")
    everybody = (ALICE, "bob@fabrikam.com", "eve@gmail.com")
    shown = {}

    for hint in ("fabrikam.com", "*", None):
        page = app.send(Request.get(app.url(hd=hint))).body.decode()
        shown[hint] = [address for address in everybody if f'value="{address}"' in page]

    assert shown == {"fabrikam.com": ["bob@fabrikam.com"], "*": [ALICE, "bob@fabrikam.com"], None: [*everybody]}


def _kept(app, responses):
    """Send as the app does, and keep what is answered."""

    def send(request):
        responses.append(app.send(request))
        return responses[-1]

    return send


def test_the_error_message_is_googles_protocol_buffer():
    """The smallest real `authError` seen decodes, and a whole one comes back as it was."""
    small = autherror.decode("ChVyZWRpcmVjdF91cmlfbWlzbWF0Y2ggkAMyAggB")
    whole = AuthError("access_denied", 403, "Größe\n" * 50, "https://help.example/", (("scope", MAIL), ("state", "")))

    assert small == AuthError("redirect_uri_mismatch", 400)
    assert autherror.encode(small) == "ChVyZWRpcmVjdF91cmlfbWlzbWF0Y2ggkAMyAggB"
    assert autherror.decode(autherror.encode(whole)) == whole


@pytest.mark.parametrize("text", ["", "!", "a", "ChVyZWRpcmVjdF91", "_____w", "IJAD"])
def test_a_garbled_error_message_is_a_bad_request(app, text):
    """The error page does not fall over what a browser's user typed."""
    page = app.send(Request.get(f"https://accounts.google.com/signin/oauth/error/v2?authError={text}"))

    assert page.status == 400


def test_a_name_with_markup_stays_text(app):
    """What the customer typed into the console cannot become HTML."""
    app.screen(app_name="<b>CRM</b>")

    app.world.add_account("eve@gmail.com")

    with pytest.raises(ConsentStopped) as stopped:
        app.consent("eve@gmail.com")

    assert stopped.value.page_title == "Access blocked: <b>CRM</b> has not completed the Google verification process"


def test_a_screen_without_a_name_shows_the_domain(app):
    """An app that is not verified is known by the domain it sends the owner back to (google.md 2.4)."""
    app.world.console.configure_consent_screen(
        app.project, ConsentScreen(authorized_domains=("contoso.com",), test_users=(ALICE,))
    )

    page = app.send(Request.get(app.url())).body.decode()

    assert "to continue to crm.contoso.com" in page
