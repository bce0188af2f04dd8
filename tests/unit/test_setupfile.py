"""Setup files: what they mean, and where and how they are refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gmailsync import setupfile
from gmailsync.errors import BadInput, BadSetupFile
from gmailsync.model.history import AppAccess, Expectation, ExpectedStep, PublishingStatus
from gmailsync.model.mailbox import Acceptance, DeliveryMethod, MailboxKind
from gmailsync.model.secret import Secret
from gmailsync.model.setup import (
    ClientState,
    ClientType,
    GoogleAccount,
    Setup,
    SetupMailbox,
    UserType,
    correct_setup,
)

ENVIRONMENT = "https://contoso.crm.dynamics.com"
TOP = "environment, google, profile, mailboxes, history, expect"
CONDITION = r"a condition on the folder \All; name that folder, too"
DAY = "a day such as 2026-01-31, a moment such as 2026-01-31T09:00+09:00, or none"
BARE = "without path (http only for localhost)"


def parse(text: str) -> Setup:
    """Parse a setup written in a test."""
    return setupfile.parse(dedent(text).encode(), "setup.yaml")


def refusal(text: str) -> str:
    """Return the message with which a setup written in a test is refused."""
    with pytest.raises(BadSetupFile) as caught:
        parse(text)
    return caught.value.message


# --- What a file means -----------------------------------------------------------------------


def test_an_environment_alone_is_the_correct_setup():
    """Everything but the environment has the default of a correct setup."""
    setup = parse(f"environment: {ENVIRONMENT}")

    assert setup == correct_setup(ENVIRONMENT)
    assert setup.google.consent_screen.authorized_domains == ("dynamics.com",)
    assert setup.google.client.redirect_uris == (f"{ENVIRONMENT}/_grid/cmds/dlg_gmailoauth.aspx",)
    assert setup.google.accounts[0].imap is True


def test_the_example_is_a_correct_setup_with_every_key():
    """The example that comes with the package says what a correct setup has anyway."""
    example = setupfile.load(setupfile.find("contoso"))

    assert (
        example.google.consent_screen
        == parse(
            "{environment: https://contoso.crm.dynamics.com, mailboxes: [{address: alice@contoso.com}, "
            "{address: bob@contoso.com}]}"
        ).google.consent_screen
    )
    assert [mailbox.address for mailbox in example.mailboxes] == ["alice@contoso.com", "bob@contoso.com"]
    assert example.profile.client_id is None


def test_only_what_the_file_says_differs():
    """A key inside a block leaves the block's other defaults alone."""
    setup = parse(f"""
        environment: {ENVIRONMENT}
        google:
          consent_screen:
            publishing_status: production
    """)

    assert setup.google.consent_screen.publishing_status is PublishingStatus.PRODUCTION
    assert setup.google.consent_screen.user_type is UserType.EXTERNAL
    assert setup.google.consent_screen.test_users == ("alice@contoso.com",)


def test_a_key_without_value_keeps_its_default():
    """A block whose lines are all commented out counts as not said."""
    setup = parse(f"""
        environment: {ENVIRONMENT}
        google:
          # project: other
        profile:
    """)

    assert setup == correct_setup(ENVIRONMENT)


def test_who_reads_by_pop_has_it_on():
    """In every account that does not say otherwise, written out or not."""
    told = "environment: https://contoso.crm.dynamics.com\nprofile: {protocol: pop}\n"
    some = "google: {accounts: [{address: a@contoso.com}, {address: b@contoso.com, pop: off}]}"

    alone, written_out = parse(told), parse(told + some)

    assert [account.pop for account in alone.google.accounts] == [True]
    assert [account.pop for account in written_out.google.accounts] == [True, False]
    assert alone.profile.protocol == "pop"


def test_what_is_read_of_a_mailbox_is_said_as_by_mailbox_set():
    """A day begins in UTC, and `none` is no start date."""
    setup = parse(rf"""
        environment: {ENVIRONMENT}
        profile: {{protocol: pop, start_date: 2026-01-31}}
        mailboxes:
          - {{address: bob@contoso.com, folders: [INBOX, \All], labels: [Work], start_date: 2026-01-31T09:00+09:00}}
          - {{address: sales@contoso.com, kind: queue, acceptance: people, pop_recent: on, pop_delete: on}}
          - {{address: eve@contoso.com, start_date: none}}
    """)

    bob, sales, eve = setup.mailboxes
    assert setup.profile.start_date == datetime(2026, 1, 31, tzinfo=UTC)
    assert (bob.folders, bob.labels) == (("INBOX", "\\All"), ("Work",))
    assert bob.start_date == datetime(2026, 1, 31, 0, 0, tzinfo=UTC)
    assert (sales.kind, sales.acceptance) == (MailboxKind.QUEUE, Acceptance.PEOPLE)
    assert (sales.pop_recent, sales.pop_delete) == (True, True)
    assert eve == SetupMailbox("eve@contoso.com")


def test_accounts_and_test_users_follow_the_mailboxes():
    """A file that names only mailboxes gets their Google accounts and test users."""
    setup = parse(f"""
        environment: {ENVIRONMENT}
        mailboxes:
          - {{address: bob@contoso.com, incoming: none}}
    """)

    assert setup.mailboxes == (SetupMailbox("bob@contoso.com", incoming=DeliveryMethod.NONE),)
    assert [account.address for account in setup.google.accounts] == ["bob@contoso.com"]
    assert setup.google.consent_screen.test_users == ("bob@contoso.com",)


def test_mailboxes_follow_the_accounts():
    """A file that names only Google accounts gets a mailbox for each."""
    setup = parse(f"""
        environment: {ENVIRONMENT}
        google: {{accounts: [{{address: carol@contoso.com, imap: off}}]}}
    """)

    assert [mailbox.address for mailbox in setup.mailboxes] == ["carol@contoso.com"]
    assert setup.google.accounts[0].imap is False


@pytest.mark.parametrize(
    ("word", "meaning"), [("on", True), ("off", False), ("yes", True), ("no", False), ("true", True), ("false", False)]
)
def test_switches_are_written_as_people_write_them(word, meaning):
    """YAML 1.1's words for true and false are switches."""
    setup = parse(f"{{environment: {ENVIRONMENT}, google: {{accounts: [{{address: a@b.org, imap: {word}}}]}}}}")

    assert setup.google.accounts[0].imap is meaning


def test_same_means_what_the_console_made():
    """`same` stands for the client id and secret of step 3; anything else is the customer's own text."""
    same = parse(f"{{environment: {ENVIRONMENT}, profile: {{client_id: same, client_secret: same}}}}")
    other = parse(f"{{environment: {ENVIRONMENT}, profile: {{client_id: x, client_secret: GOCSPX-y}}}}")

    assert (same.profile.client_id, same.profile.client_secret) == (None, None)
    assert (other.profile.client_id, other.profile.client_secret) == ("x", Secret("GOCSPX-y"))


def test_this_machine_needs_no_authorized_domain():
    """An environment on localhost may be http and has no top private domain."""
    setup = parse("environment: http://localhost:8080/")

    assert setup.environment == "http://localhost:8080"
    assert setup.google.consent_screen.authorized_domains == ()


# --- What happened since, and what the customer saw ------------------------------------------


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


@pytest.mark.parametrize("written", ["abcdefghijklmnop", "abcd efgh ijkl mnop"])
def test_an_account_may_be_for_plain_mail_clients(written):
    """It signs in with an app password, however Google's blanks were copied, and has folders instead of labels."""
    accounts = f"[{{address: a@contoso.com, app_password: {written}, classic: on}}]"

    account = parse(f"{{environment: {ENVIRONMENT}, google: {{accounts: {accounts}}}}}").google.accounts[0]

    assert account == GoogleAccount("a@contoso.com", classic=True, app_password="abcdefghijklmnop")
    assert account.app_password == Secret("abcdefghijklmnop")
    assert "abcd" not in repr(account)


def test_what_google_knows_can_be_said():
    """Accounts, the organisation's policies, the app and the client, beyond what a correct setup needs."""
    google = parse(f"""
        environment: {ENVIRONMENT}
        google:
          accounts:
            - {{address: a@contoso.com, name: Ann, gmail: off, suspended: on, advanced_protection: on}}
          organisation:
            {{domain: contoso.com, app_access: trusted, unconfigured_apps: limited, gmail_restricted: on,
              pop_allowed: off, imap_clients: [same]}}
          consent_screen: {{verified: on}}
          client: {{type: tv, state: disabled}}
    """).google

    assert google.accounts[0] == GoogleAccount(
        "a@contoso.com", name="Ann", gmail=False, suspended=True, advanced_protection=True
    )
    assert google.organisation.app_access is AppAccess.TRUSTED
    assert google.organisation.imap_clients == ("same",)
    assert (google.organisation.pop_allowed, google.organisation.gmail_restricted) == (False, True)
    assert google.consent_screen.verified
    assert (google.client.type, google.client.state) == (ClientType.TV, ClientState.DISABLED)


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


# --- How a file is refused -------------------------------------------------------------------


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


# --- Finding files ---------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    """A directory or a missing file is bad input, with the system's reason."""
    with pytest.raises(BadInput, match="No such file"):
        setupfile.load(tmp_path / "missing.yaml")
    with pytest.raises(BadInput, match="directory"):
        setupfile.load(tmp_path)


def test_an_example_is_found_by_its_name_and_a_file_by_its_path(tmp_path):
    """A name of an example wins; anything else is a path, and must be there."""
    (tmp_path / "mine.yaml").write_text(f"environment: {ENVIRONMENT}")

    assert setupfile.find("contoso").name == "contoso.yaml"
    assert setupfile.find(str(tmp_path / "mine.yaml")) == Path(tmp_path / "mine.yaml")
    with pytest.raises(BadInput, match="or an example: contoso"):
        setupfile.find("fabrikam")
