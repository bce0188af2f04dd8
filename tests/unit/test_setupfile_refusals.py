"""Where and how a setup file is refused."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from setups import ENVIRONMENT, parse, refusal

from gmailsync import setupfile
from gmailsync.errors import BadSetupFile
from gmailsync.model.setup import Setup

TOP = "environment, google, profile, mailboxes, history, expect"
CONDITION = r"a condition on the folder \All; name that folder, too"
DAY = "a day such as 2026-01-31, a moment such as 2026-01-31T09:00+09:00, or none"
BARE = "without path (http only for localhost)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"setup.yaml:1: environment: missing: required, such as {ENVIRONMENT}"),
        (
            f"enviroment: {ENVIRONMENT}",
            f"setup.yaml:1: enviroment: unknown key: did you mean environment? allowed: {TOP}",
        ),
        (
            f"environment: {ENVIRONMENT}\ntest_users: [a@b.org]",
            f"setup.yaml:2: test_users: unknown key: it belongs under google.consent_screen. allowed: {TOP}",
        ),
        (
            f"environment: {ENVIRONMENT}\ngoogle:\n  consent_screen:\n    user_type: extrenal",
            "setup.yaml:4: google.consent_screen.user_type: 'extrenal': internal or external",
        ),
        (
            f"environment: {ENVIRONMENT}\nmailboxes:\n  - address: a@b.org\n    approved: maybe",
            "setup.yaml:4: mailboxes[0].approved: 'maybe': on or off",
        ),
        (
            f"environment: {ENVIRONMENT}\nmailboxes:\n  - address: a@b.org\n    acceptance: some",
            "setup.yaml:4: mailboxes[0].acceptance: 'some': all, responses, people, records or none",
        ),
        (
            f"environment: {ENVIRONMENT}\nmailboxes:\n  - address: a@b.org\n    kind: team",
            "setup.yaml:4: mailboxes[0].kind: 'team': user or queue",
        ),
        (
            f"environment: {ENVIRONMENT}\nmailboxes:\n  - address: a@b.org\n    folders: INBOX",
            "setup.yaml:4: mailboxes[0].folders: 'INBOX': a list, such as [first, second]",
        ),
        (
            f"environment: {ENVIRONMENT}\nmailboxes:\n  - address: a@b.org\n    folders: []",
            "setup.yaml:4: mailboxes[0].folders: a list or mapping: at least one folder, such as INBOX",
        ),
        (
            f"environment: {ENVIRONMENT}\nmailboxes:\n  - address: a@b.org\n    labels: [Work]",
            f"setup.yaml:4: mailboxes[0].labels: a list or mapping: {CONDITION}",
        ),
        (
            f"environment: {ENVIRONMENT}\nmailboxes:\n  - address: a@b.org\n    pop_delete: on",
            "setup.yaml:4: mailboxes[0].pop_delete: 'on': only for a mailbox of kind queue",
        ),
        (
            f"environment: {ENVIRONMENT}\nmailboxes:\n  - address: a@b.org\n    start_date: 31.1.2026",
            f"setup.yaml:4: mailboxes[0].start_date: '31.1.2026': {DAY}",
        ),
        (
            f"environment: {ENVIRONMENT}\nprofile: {{start_date: 2026-02-30}}",
            f"setup.yaml:2: profile.start_date: '2026-02-30': {DAY}",
        ),
        (
            f"environment: {ENVIRONMENT}\nprofile: {{start_date: 2026-01-31T09:00}}",
            f"setup.yaml:2: profile.start_date: '2026-01-31T09:00': {DAY}",
        ),
        (
            f"environment: {ENVIRONMENT}\nprofile: {{protocol: gopher}}",
            "setup.yaml:2: profile.protocol: 'gopher': imap or pop",
        ),
        (
            f"environment: {ENVIRONMENT}\nprofile:\n  name: on",
            "setup.yaml:3: profile.name: 'on': a text (in quotes if it looks like a number or a switch)",
        ),
        (
            f"environment: {ENVIRONMENT}\ngoogle: {{client: {{redirect_uris: https://x.org/cb}}}}",
            "setup.yaml:2: google.client.redirect_uris: 'https://x.org/cb': a list, such as [first, second]",
        ),
        (
            f"environment: {ENVIRONMENT}\ngoogle: [project]",
            "setup.yaml:2: google: a list or mapping: the keys accounts, project, consent_screen, client, organisation",
        ),
        (
            f"environment: {ENVIRONMENT}\ngoogle: {{organisation: {{imap_allowed: on}}}}",
            "setup.yaml:2: google.organisation.domain: missing: required, such as contoso.com",
        ),
        (
            f"environment: {ENVIRONMENT}\nmailboxes: [{{address: a@b.org}}, {{address: A@B.org}}]",
            "setup.yaml:2: mailboxes: a list or mapping: each address once, and A@B.org is there twice",
        ),
        (
            f"environment: {ENVIRONMENT}\nmailboxes: []",
            "setup.yaml:2: mailboxes: a list or mapping: at least one mailbox",
        ),
        (
            "environment: http://contoso.crm.dynamics.com",
            f"setup.yaml:1: environment: 'http://contoso.crm.dynamics.com': a URL such as {ENVIRONMENT}, {BARE}",
        ),
    ],
)
def test_an_error_names_file_line_field_value_and_what_is_allowed(text, message):
    """One line tells the writer where to look and what to write instead."""
    assert refusal(text) == message


def test_a_key_written_twice_is_refused():
    """The second of two equal keys would silently win, so neither does."""
    message = refusal(f"environment: {ENVIRONMENT}\nprofile:\n  name: Gmail\n  name: Mail")

    assert message == "setup.yaml:4: profile.name: written again, first on line 3: each key once"


def test_of_several_errors_the_first_in_the_file_is_named():
    """People correct a file from the top."""
    message = refusal(f"""\
        environment: {ENVIRONMENT}
        google:
          colour: blue
          project: 7
        profile: {{protocol: gopher}}
    """)

    assert message.startswith("setup.yaml:3: google.colour: unknown key")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("environment: [", "expected the node content, but found '<stream end>'"),
        ("a: &x 1\nb: *x", "anchors and aliases cannot be used here"),
        ("[" * 5000, "nested too deeply"),
        ("a: 1\n---\nb: 2", "expected a single document in the stream"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_the_line(text, reason):
    """Broken YAML and YAML's cleverer parts are one line as well."""
    message = refusal(text)

    assert message.startswith("setup.yaml:")
    assert reason in message
    assert "\n" not in message


def test_tags_that_make_objects_are_refused():
    """A tag cannot start code, nor pass as text."""
    message = refusal("environment: !!python/object/apply:os.system ls")

    assert message.startswith("setup.yaml:1: environment: tag tag:yaml.org,2002:python/object/apply:os.system")


@pytest.mark.parametrize(
    "text",
    [
        "google: {accounts: [{address: a@contoso.com, app_password: hunter2}]}",
        "google: {accounts: [{address: a@contoso.com, app_password: [hunter2]}]}",
        "google: {accounts: [{address: a@contoso.com, app_pasword: hunter2}]}",
        "google: {accounts: [{address: a, app_password: hunter2}]}",
        "profile: {client_secret: [GOCSPX-hunter2]}",
        "profile: {client_secret: {a: GOCSPX-hunter2}}",
        "profile: {client_sceret: GOCSPX-hunter2}",
        "profile: {client_secret: '', client_id: [GOCSPX-hunter2]}",
        "profile: {protocol: GOCSPX-hunter2}",
        "profile: {protocol: x, client_secret: GOCSPX-hunter2}",
        "profile: GOCSPX-hunter2",
        "profile: {name: a, name: GOCSPX-hunter2}",
        "profile: {client_secret: !x GOCSPX-hunter2}",
        "profile: {client_secret: 'GOCSPX-hunter2}",
    ],
)
def test_an_error_never_shows_a_secret(text):
    """Wherever a secret was put by mistake, the error does not repeat it, nor does its cause."""
    with pytest.raises(BadSetupFile) as caught:
        parse(f"environment: {ENVIRONMENT}\n{text}")

    assert "hunter2" not in caught.value.message
    assert caught.value.__cause__ is None or "hunter2" not in str(caught.value.__cause__.args)


def test_a_long_value_is_cut():
    """An error stays one readable line."""
    message = refusal(f"environment: {ENVIRONMENT}\nprofile: {{protocol: {'x' * 5000}}}")

    assert len(message) < 160


KEYS = (
    "environment google profile mailboxes accounts address imap consent_screen name client "
    "history expect after secret_rotated imap_clients step code organisation domain"
)
keys = st.sampled_from(KEYS.split())
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


def outcome(text: bytes) -> Setup | str:
    """Return the setup or the one message that refuses it."""
    try:
        return setupfile.parse(text, "f.yaml")
    except BadSetupFile as error:
        return error.message


@given(st.text())
def test_any_text_is_a_setup_or_one_line(text):
    """No text whatever ends in anything but a setup or a refusal of one line."""
    result = outcome(text.encode("utf-8", "surrogatepass"))

    assert isinstance(result, Setup) or (result.startswith("f.yaml:") and len(result.splitlines()) == 1)


@given(st.dictionaries(keys, values, max_size=4))
def test_any_shape_is_a_setup_or_one_line(data):
    """Known keys with values of any shape are no exception either."""
    result = outcome(yaml.safe_dump(data).encode())

    assert isinstance(result, Setup) or (result.startswith("f.yaml:") and len(result.splitlines()) == 1)
