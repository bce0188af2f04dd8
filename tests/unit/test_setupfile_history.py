"""What happened since, and what the customer saw, in a setup file."""

from __future__ import annotations

from datetime import timedelta

import pytest
from setups import ENVIRONMENT, parse, refusal

from gmailsync.model.history import Expectation, ExpectedStep


def test_a_history_is_read_in_its_order():
    """Each list item is one event, with the value it has as plain data."""
    setup = parse(f"""
        environment: {ENVIRONMENT}
        google: {{organisation: {{domain: contoso.com}}}}
        history:
          - after: 8 days
          - {{password_changed: alice@contoso.com}}
          - {{app_access: blocked}}
          - {{imap_clients: [same]}}
          - {{secret_rotated: {{disable_old: on}}}}
          - {{verified: off}}
          - {{paused: 90 minutes}}
    """)

    assert [event.as_data() for event in setup.history] == [
        {"after": "8 days"},
        {"password_changed": "alice@contoso.com"},
        {"app_access": "blocked"},
        {"imap_clients": ["same"]},
        {"secret_rotated": {"disable_old": True}},
        {"verified": False},
        {"paused": "90 minutes"},
    ]
    assert [event.time for event in setup.history if event.time] == [timedelta(days=8), timedelta(minutes=90)]


def test_an_expectation_is_a_step_a_code_or_both():
    """A customer may know only where it failed, or only with what."""
    both = parse(f"{{environment: {ENVIRONMENT}, expect: {{step: history, code: oauth.grant-dead}}}}")
    step = parse(f"{{environment: {ENVIRONMENT}, expect: {{step: sign_in}}}}")

    assert both.expect == Expectation(ExpectedStep.HISTORY, "oauth.grant-dead")
    assert step.expect == Expectation(ExpectedStep.SIGN_IN)
    assert ExpectedStep.SIGN_IN.number == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "history:\n  - after: 8",
            "3: history[0].after: '8': a time such as 8 days, 90 minutes, 6 months (of 30 days), at most 3650 days",
        ),
        (
            "history:\n  - {after: 8 days, verified: on}",
            (
                "3: history[0]: a list or mapping: one event with its value, such as {after: 8 days}; several events "
                "are several list items"
            ),
        ),
        ("history: {after: 8 days}", "2: history: a list or mapping: a list, such as [first, second]"),
        ("history:\n  - client: gone", "3: history[0].client: 'gone': disabled, enabled, deleted or restored"),
        (
            "google:\n  accounts:\n    - {address: a@contoso.com, app_password: ABCD}",
            (
                "4: google.accounts[0].app_password: (not shown): 16 small letters, or four groups of four, as Google "
                "shows them"
            ),
        ),
        (
            "google: {accounts: [{address: a@contoso.com, app_password: abcdefghijklmnop, advanced_protection: on}]}",
            ("2: google.accounts[0].app_password: (not shown): none: Advanced Protection allows no app passwords"),
        ),
        (
            "history:\n  - app_removed: eve@contoso.com",
            "3: history[0].app_removed: 'eve@contoso.com': an account of the setup: alice@contoso.com",
        ),
        (
            "history:\n  - after: 1 day\n  - app_access: blocked",
            (
                "4: history[1].app_access: 'blocked': only with google.organisation: personal accounts have no "
                "administrator"
            ),
        ),
        (
            "history:\n  - secret_rotated: {disable: on}",
            "3: history[0].secret_rotated.disable: unknown key: did you mean disable_old? allowed: disable_old",
        ),
        (
            "history:\n  - imap_clients: mine",
            "3: history[0].imap_clients: 'mine': any, or a list of client ids, in which same is the one of step 3",
        ),
        (
            "google: {client: {type: desktop, redirect_uris: [x]}}",
            "2: google.client.redirect_uris: a list or mapping: only a client of type web has these",
        ),
        (
            "google: {client: {type: desktop}}\nhistory:\n  - redirect_uris: [x]",
            "4: history[0].redirect_uris: a list or mapping: only a client of type web has redirect URIs",
        ),
        (
            "google: {organisation: {domain: contoso.com, unconfigured_apps: trusted}}",
            "2: google.organisation.unconfigured_apps: 'trusted': unrestricted, limited or blocked",
        ),
        (
            "expect: {}",
            "2: expect: a list or mapping: step, code or both, such as {step: history, code: oauth.grant-dead}",
        ),
        (
            "expect: {step: signin}",
            (
                "2: expect.step: 'signin': imap, project, consent_screen, profile, sign_in, test_users, "
                "test_and_enable or history"
            ),
        ),
        (
            "expect: {code: 'it fails'}",
            (
                "2: expect.code: 'it fails': an error code such as oauth.grant-dead, or Google's own such as "
                "redirect_uri_mismatch"
            ),
        ),
    ],
)
def test_a_history_that_cannot_be_meant_is_refused_at_its_line(text, message):
    """Like every other key: file, line, field, value and what is allowed."""
    assert refusal(f"environment: {ENVIRONMENT}\n{text}") == f"setup.yaml:{message}"


def test_a_misspelt_event_is_told_its_likely_name():
    """The list of events is long, so that the nearest comes first."""
    message = refusal(f"environment: {ENVIRONMENT}\nhistory:\n  - pasword_changed: alice@contoso.com")

    assert message.startswith("setup.yaml:3: history[0].pasword_changed: unknown key: did you mean password_changed?")


def test_a_history_has_an_end():
    """A hundred events of at most ten years stay within the calendar."""
    message = refusal(f"environment: {ENVIRONMENT}\nhistory: [{', '.join(['{after: 1 day}'] * 101)}]")

    assert message == "setup.yaml:2: history: a list or mapping: at most 100 events"
