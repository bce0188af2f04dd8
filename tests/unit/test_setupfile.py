"""Setup files: what they mean, and where and how they are refused."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gmailsync import setupfile
from gmailsync.errors import BadInput, BadSetupFile
from gmailsync.model.history import PublishingStatus
from gmailsync.model.mailbox import DeliveryMethod
from gmailsync.model.secret import Secret
from gmailsync.model.setup import Setup, SetupMailbox, UserType, correct_setup

ENVIRONMENT = "https://contoso.crm.dynamics.com"
TOP = "environment, google, profile, mailboxes, history, expect"
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
            f"environment: {ENVIRONMENT}\nprofile: {{protocol: gopher}}",
            "setup.yaml:2: profile.protocol: 'gopher': imap",
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


keys = st.sampled_from(
    ["environment", "google", "profile", "mailboxes", "accounts", "address", "imap", "consent_screen", "name", "client"]
)
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
