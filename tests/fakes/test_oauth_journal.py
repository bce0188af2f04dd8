"""Everything that crosses the OAuth hosts is written down, and nothing secret with it."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.journal import Party
from fakes.oauth.http import Request

ALICE = "alice@contoso.com"
MAIL = "https://mail.google.com/"
VERIFIERS = st.text("ABCdef123-._~", min_size=43, max_size=128)


def written(world, after):
    return json.dumps(world.journal.to_json(after), ensure_ascii=False)


def test_a_sign_in_reads_like_a_story(app):
    """Browser and client are told apart, and what happened in the world stands between."""
    tokens = app.tokens()
    app.refresh(tokens["refresh_token"])

    told = [
        (entry.sender, entry.receiver, entry.text.splitlines()[-1].partition("?")[0].partition("=")[0])
        for entry in app.world.journal.entries
        if entry.channel == "https" and entry.sender is not Party.CLIENT
    ]
    assert told == [
        (Party.BROWSER, Party.OAUTH, "Host: accounts.google.com"),
        (Party.OAUTH, Party.BROWSER, "<page: Choose an account>"),
        (Party.BROWSER, Party.OAUTH, "attempt"),
        (Party.OAUTH, Party.BROWSER, "<page: Google hasn't verified this app>"),
        (Party.BROWSER, Party.OAUTH, "attempt"),
        (Party.OAUTH, Party.BROWSER, "<page: crm.contoso.com wants access to your Google Account>"),
        (Party.BROWSER, Party.OAUTH, "attempt"),
        (Party.OAUTH, Party.BROWSER, "Location: https://crm.contoso.com/_grid/cmds/dlg_gmailoauth.aspx"),
        (Party.OAUTH, Party.CLIENT, "}"),
        (Party.OAUTH, Party.CLIENT, "}"),
    ]
    notes = [entry.text for entry in app.world.journal.entries if entry.channel == "world"]
    assert notes[1:] == [
        f"{ALICE} granted {MAIL} openid https://www.googleapis.com/auth/userinfo.email to {app.client.client_id}",
        f"{app.client.client_id} got an access and a refresh token of {ALICE}",
    ]


def test_the_forms_of_one_sign_in_share_a_session(app):
    """Another sign-in has another."""
    app.consent()
    app.consent()

    sessions = [entry.session for entry in app.world.journal.entries if "attempt=" in entry.text]
    assert sessions == ["consent-1"] * 3 + ["consent-2"] * 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(verifier=VERIFIERS, in_header=st.booleans())
def test_no_secret_is_ever_written_down(app, verifier, in_header):
    """Neither what works nor what is refused leaves a token, code, secret or verifier in the journal."""
    before = len(app.world.journal.entries)
    code = app.code(code_challenge=verifier, code_challenge_method="plain")
    tokens = app.body(app.exchange(code, code_verifier=verifier))
    app.refresh(tokens["refresh_token"])
    app.exchange(code, code_verifier=verifier)
    app.refresh(tokens["refresh_token"], client_secret=verifier)
    app.send(Request.get(app.url(client_id=app.client.client_secret)))
    app.send(Request.get(app.url(scope=tokens["access_token"])))
    if in_header:
        app.bearer("https://openidconnect.googleapis.com/v1/userinfo", tokens["access_token"])
    else:
        app.send(Request.get(f"https://oauth2.googleapis.com/tokeninfo?access_token={tokens['access_token']}"))
    app.send(Request.post("https://oauth2.googleapis.com/revoke", {"token": tokens["refresh_token"]}))

    secrets = [code, code.replace("/", "%2F"), app.client.client_secret, verifier, tokens["access_token"]]
    secrets += [tokens["refresh_token"], tokens["refresh_token"].replace("/", "%2F"), tokens["id_token"]]
    journal = written(app.world, before)
    assert not [secret for secret in secrets if secret in journal]
