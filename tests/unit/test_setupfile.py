"""Setup files: what they mean, and how they are found."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from setups import ENVIRONMENT, parse

from gmailsync import setupfile
from gmailsync.errors import BadInput
from gmailsync.model.history import AppAccess, PublishingStatus
from gmailsync.model.mailbox import Acceptance, DeliveryMethod, MailboxKind
from gmailsync.model.secret import Secret
from gmailsync.model.setup import ClientState, ClientType, GoogleAccount, SetupMailbox, UserType, correct_setup


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
