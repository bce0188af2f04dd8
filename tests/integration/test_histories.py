"""Setups that worked once: what happened since, as the program sees it, and what the customer saw."""

from __future__ import annotations

import pytest

from gmailsync import setupfile
from gmailsync.aftermath import Happening
from gmailsync.errors import BadInput
from gmailsync.evidence import Evidence
from gmailsync.model.alert import Level
from gmailsync.model.setup import Setup
from gmailsync.simulation import rehearse, serve

HEAD = "environment: https://contoso.crm.dynamics.com\n"
ORGANISATION = "google: {organisation: {domain: contoso.com}}\n"
PRODUCTION = "google: {consent_screen: {publishing_status: production}}\n"


def setup(text: str = "") -> Setup:
    """Return a correct setup but for what the text says."""
    return setupfile.parse((HEAD + text).encode(), "setup.yaml")


def played(text: str) -> Evidence:
    return rehearse(setup(text), messages=1)


def codes(happening: Happening) -> list[str]:
    return [trouble.code for look in happening.looks for trouble in look.troubles]


# --- what breaks -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "google"),
    [
        ("history: [{after: 8 days}]", "oauth.grant-dead", "invalid_grant"),
        ("history: [{password_changed: alice@contoso.com}]", "oauth.grant-dead", "invalid_grant"),
        ("history: [{app_removed: alice@contoso.com}]", "oauth.grant-dead", "invalid_grant"),
        ("history: [{account_deleted: alice@contoso.com}]", "oauth.grant-dead", "invalid_grant"),
        (PRODUCTION + "history: [{paused: 6 months}]", "oauth.grant-dead", "invalid_grant"),
        (PRODUCTION + "history: [{paused: 7 months}]", "oauth.client-refused", "deleted_client"),
        (ORGANISATION + "history: [{app_access: blocked}]", "oauth.admin-policy", "admin_policy_enforced"),
        (ORGANISATION + "history: [{gmail_restricted: on}]", "oauth.admin-policy", "admin_policy_enforced"),
        ("history: [{secret_rotated: {disable_old: on}}]", "oauth.client-refused", "invalid_client"),
        ("history: [{client: disabled}]", "oauth.client-refused", "disabled_client"),
        ("history: [{client: deleted}]", "oauth.client-refused", "deleted_client"),
        (ORGANISATION + "history: [{imap_allowed: off}]", "imap.disabled", ""),
        ("history: [{imap_turned_off: alice@contoso.com}]", "imap.disabled", ""),
    ],
)
def test_what_happened_is_seen_as_the_customer_saw_it(text, code, google):
    """The setup worked; since the event, an alert says why it does not, with Google's own code behind ours."""
    evidence = played(f"{text}\nexpect: {{step: history, code: {code}}}")

    (happening,) = evidence.history
    (trouble,) = (one for one in happening.looks[0].troubles if one.level is Level.ERROR)
    assert (trouble.code, trouble.google) == (code, google)
    assert evidence.worked
    assert evidence.first_failing_step is None
    assert not evidence.ok
    assert evidence.broken_by is happening
    assert evidence.outcome.seen


def test_an_app_in_testing_warns_before_it_dies():
    """Three days before the week is over an alert warns; on the seventh day the grant dies, and the alert says why."""
    five, three = played("history: [{after: 5 days}, {after: 3 days}]").history

    assert codes(five) == ["oauth.grant-ending"]
    assert not five.broken
    assert codes(three) == ["oauth.grant-dead"]
    (trouble,) = three.looks[0].troubles
    assert "publishing status is Testing" in trouble.advice
    assert three.at.day - trouble.since.day == 1


@pytest.mark.parametrize(
    "text",
    [
        "history: [{after: 6 days}]",
        PRODUCTION + "history: [{after: 12 months}]",
        "history: [{client: disabled}, {client: enabled}]",
        ORGANISATION + "history: [{app_access: blocked}, {app_access: trusted}]",
        "history: [{secret_rotated: {}}]",
        ORGANISATION + "history: [{imap_clients: [same]}]",
    ],
)
def test_what_does_no_harm_or_was_undone_leaves_a_setup_that_works(text):
    """The last look decides: whatever happened on the way, every mailbox works in the end."""
    evidence = played(text)

    assert evidence.history
    assert evidence.ok
    assert evidence.broken_by is None


def test_an_organisation_that_trusts_the_app_needs_no_test_users_and_has_no_week():
    """Its people pass every step, and eight days later their grants are alive."""
    evidence = played(
        "google: {organisation: {domain: contoso.com, app_access: trusted}, consent_screen: {test_users: []}}\n"
        "history: [{after: 8 days}]"
    )

    assert evidence.ok
    assert "the organisation trusts the app" in dict(evidence.steps[5].evidence)["alice@contoso.com"]


def test_the_event_that_broke_it_is_named():
    """Not the first event, and not the last: the one since which it has not worked."""
    evidence = played("history: [{after: 1 day}, {client: deleted}, {after: 1 hour}]")

    assert evidence.broken_by.event == "the client is deleted"


def test_what_cannot_happen_is_told_and_left_out():
    """A console that refuses says so; the rest of the history happens."""
    evidence = played("history: [{client: restored}, {after: 1 day}]")

    first, second = evidence.history
    assert first.refused == "Cannot restore a client that is active."
    assert not second.broken
    assert not evidence.ok


def test_each_event_is_a_chapter_of_what_crossed_the_wire():
    """Under the words of the event, with the looks after it."""
    chapters = played("history: [{app_removed: alice@contoso.com}]").chapters

    assert chapters[-1].title == "Then · alice@contoso.com removes the app from the Google account"
    assert any("Token has been expired or revoked." in line.text for line in chapters[-1].lines)


def test_a_setup_that_never_worked_has_no_history():
    """Nothing can break that was not whole."""
    evidence = played("google: {consent_screen: {test_users: []}}\nhistory: [{after: 8 days}]")

    assert evidence.first_failing_step == 5
    assert evidence.history == ()


# --- what the customer saw -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("google: {client: {type: desktop}}\nexpect: {step: sign_in, code: redirect_uri_mismatch}", True),
        ("google: {client: {state: deleted}}\nexpect: {code: deleted_client}", True),
        ("google: {client: {redirect_uris: ['ftp://x.org']}}\nexpect: {step: consent_screen}", True),
        ("google: {client: {type: android}}\nexpect: {step: profile}", True),
        ("profile: {client_secret: GOCSPX-old}\nexpect: {step: sign_in, code: invalid_client}", True),
        ("google: {accounts: [{address: alice@contoso.com, imap: off}]}\nexpect: {code: imap.disabled}", True),
        ("google: {accounts: [{address: alice@contoso.com, gmail: off}]}\nexpect: {code: mail.no-gmail}", True),
        ("google: {accounts: [{address: alice@contoso.com, suspended: on}]}\nexpect: {step: sign_in}", True),
        (
            (
                "google: {accounts: [{address: alice@contoso.com, advanced_protection: on}]}\n"
                "expect: {step: sign_in, code: policy_enforced}"
            ),
            True,
        ),
        (
            (
                "google: {organisation: {domain: contoso.com, app_access: blocked}}\n"
                "expect: {step: sign_in, code: admin_policy_enforced}"
            ),
            True,
        ),
        (
            (
                "google: {organisation: {domain: contoso.com, gmail_restricted: on, app_access: trusted}}\n"
                "expect: {step: sign_in}"
            ),
            False,
        ),
        (
            "google: {organisation: {domain: contoso.com, imap_clients: []}}\nexpect: {step: test_and_enable}",
            True,
        ),
        ("expect: {step: sign_in, code: oauth.grant-dead}\nhistory: [{after: 8 days}]", False),
        ("expect: {code: redirect_uri_mismatch}", False),
    ],
)
def test_what_the_customer_saw_is_compared(text, seen):
    """At the step named or anywhere; ours, Google's page or Google's answer."""
    evidence = played(text)

    assert evidence.outcome.seen is seen
    assert evidence.to_json()["expectation"]["seen"] is seen


def test_what_was_seen_instead_is_told():
    """A wrong guess of the step is put right by the evidence."""
    evidence = played("history: [{after: 8 days}]\nexpect: {step: sign_in, code: oauth.grant-dead}")

    assert evidence.outcome.sentence == (
        "What the customer saw is NOT seen here: oauth.grant-dead at sign_in. "
        "Seen was oauth.grant-dead at history, invalid_grant at history."
    )


def test_the_evidence_is_the_same_from_json():
    """Runbooks write it and read it again."""
    evidence = played("history: [{after: 8 days}, {client: restored}]\nexpect: {step: history}")

    again = Evidence.from_json(evidence.to_json())

    assert (again.history, again.outcome) == (evidence.history, evidence.outcome)
    assert not again.ok


# --- serving ---------------------------------------------------------------------------------


def test_a_history_is_served_without_its_time():
    """Google is as the history left it; the clock is the machine's, and what was left out is told."""
    text = ORGANISATION + (
        "history: [{after: 8 days}, {imap_allowed: off}, {redirect_uris: ['https://contoso.crm.dynamics.com/new']}]"
    )

    with serve(setup(text)) as served:
        pass

    assert served.not_played == ("8 days pass",)
    assert served.redirect_uris == ("https://contoso.crm.dynamics.com/new",)
    assert served.accounts[0].imap is False


def test_a_history_that_cannot_happen_is_not_served():
    """One line names the event and what the console says."""
    with pytest.raises(BadInput, match=r"history\[0\].*Cannot restore"), serve(setup("history: [{client: restored}]")):
        pass
