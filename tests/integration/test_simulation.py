"""Setups played by the real program against the simulated Google."""

from __future__ import annotations

import hashlib
import os
import ssl
from pathlib import Path

import pytest

from fakes.journal import Party
from gmailsync import setupfile
from gmailsync.errors import BadInput
from gmailsync.evidence import Evidence
from gmailsync.model.setup import Setup
from gmailsync.model.trial import StageState
from gmailsync.simulation import Rehearsal, rehearse, run_demo, serve

CORPUS = "GMAILSYNC_CORPUS"
HEAD = "environment: https://contoso.crm.dynamics.com\n"


def setup(text: str = "") -> Setup:
    """Return a correct setup but for what the text says."""
    return setupfile.parse((HEAD + text).encode(), "setup.yaml")


def evidence_of(evidence: Evidence, step: int) -> str:
    return "\n".join(f"{what}: {found}" for what, found in evidence.steps[step - 1].evidence)


@pytest.fixture(scope="module")
def example() -> Evidence:
    """Rehearse the example that comes with the package, once."""
    return rehearse(setupfile.load(setupfile.find("contoso")), messages=12)


# --- A setup that works ----------------------------------------------------------------------


def test_the_switches_of_accounts_are_as_google_has_them():
    """At gmail.com nobody can turn IMAP off; at another domain somebody may."""
    told = setup("google: {accounts: [{address: eve@gmail.com, imap: off}, {address: alice@contoso.com, imap: off}]}")

    with Rehearsal(told) as rehearsal:
        made = rehearsal.turn_on_imap()

    assert made.evidence == (("eve@gmail.com", "IMAP on, POP off"), ("alice@contoso.com", "IMAP off, POP off"))


def test_an_account_for_plain_mail_clients_is_served_as_told():
    """Its app password opens it, its folders are folders, and the evidence says so without the password."""
    told = setup("google: {accounts: [{address: a@contoso.com, app_password: abcd efgh ijkl mnop, classic: on}]}")

    with Rehearsal(told) as rehearsal:
        made = rehearsal.turn_on_imap()
        account = rehearsal.google.world.sign_in_with_password("imap", "a@contoso.com", "abcdefghijklmnop")

    assert made.evidence == (("a@contoso.com", "IMAP on, POP off, folders instead of labels, an app password"),)
    assert [folder.name for folder in account.mail.folders] == ["INBOX"]


def test_whatever_crosses_a_wire_is_evidence():
    """No kind of server that the simulated Google has is left out, POP neither."""
    wires = [party for party in Party if party not in (Party.WORLD, Party.CLIENT, Party.BROWSER)]

    with Rehearsal(setup()) as rehearsal:
        rehearsal.turn_on_imap()
        for party in wires:
            rehearsal.google.journal.note(party.value, "s1", party, Party.CLIENT, "hello")
        (chapter,) = rehearsal.evidence().chapters

    assert [line.channel for line in chapter.lines if line.text == "hello"] == [party.value for party in wires]


def test_the_example_passes_all_seven_steps(example):
    """The guide, followed to the letter, works."""
    assert [step.step for step in example.steps] == [1, 2, 3, 4, 5, 6, 7]
    assert {step.state for step in example.steps} == {StageState.PASSED}
    assert example.ok


def test_every_message_is_stored_to_the_byte(example):
    """What lies in Gmail is what lies here, by SHA-256."""
    assert example.incoming.delivered == 12
    assert all(proof.ok for proof in example.incoming.proofs)


def test_what_was_queued_is_in_gmails_sent(example):
    """Emails leave from here and are seen at Google."""
    assert example.outgoing.sent == example.outgoing.queued == 4


def test_the_timeline_follows_the_mail(example):
    """Every five minutes a portion, and nothing new in the last cycle."""
    assert [(point.minutes, point.stored, point.sent) for point in example.timeline] == [
        (0, 0, 0),
        (5, 3, 1),
        (10, 6, 2),
        (15, 9, 3),
        (20, 12, 4),
        (25, 12, 4),
    ]


def test_the_wire_is_kept_by_step_without_secrets(example):
    """Steps 1 to 4 and 6 cross no wire of Google's; the others are written down with their secrets cut."""
    said = [(chapter.title.split(" ·")[0], bool(chapter.lines)) for chapter in example.chapters]
    text = "\n".join(line.text for chapter in example.chapters for line in chapter.lines)

    assert [title for title, has_lines in said if has_lines] == ["Step 5", "Step 7", "Mail both ways"]
    assert "[XOAUTH2 user=alice@contoso.com token cut]" in text
    for shape in ("GOCSPX-", "ya29.", "1//0", "4/0A"):
        assert all(rest[:1] == "…" for rest in text.split(shape)[1:])


def test_the_same_setup_gives_the_same_evidence():
    """Ids come from counters and time from the simulated clock: a rehearsal can be compared with another."""
    first, second = (rehearse(setup(), messages=4) for _ in range(2))

    assert first.steps == second.steps
    assert first.incoming == second.incoming
    assert first.timeline == second.timeline


@pytest.mark.parametrize(
    "text",
    [
        "google: {consent_screen: {user_type: internal}, organisation: {domain: contoso.com}}",
        "google: {consent_screen: {publishing_status: production, test_users: []}}",
        "mailboxes: [{address: zoe@contoso.com, incoming: none}]",
        "mailboxes: [{address: zoe@contoso.com, outgoing: none}]",
        "profile: {protocol: pop}",
        "profile: {protocol: pop}\ngoogle: {accounts: [{address: zoe@contoso.com, imap: off}]}",
    ],
)
def test_other_setups_that_work(text):
    """Internal, published, one way only, and by POP."""
    assert rehearse(setup(text), messages=2).ok


def test_an_environment_on_this_machine_works():
    """Google lets http redirect to localhost."""
    local = setupfile.parse(b"environment: http://localhost:8080", "setup.yaml")

    assert rehearse(local, messages=2).ok


# --- Setups that do not ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "step", "words"),
    [
        (
            "google: {client: {redirect_uris: ['http://contoso.crm.dynamics.com/x']}}",
            3,
            "Invalid Redirect: must use https",
        ),
        ("google: {consent_screen: {authorized_domains: [contoso.com]}}", 3, "not under an authorized domain"),
        ("google: {consent_screen: {user_type: internal}}", 3, "Internal: only for a project of a Google Cloud"),
        ("google: {consent_screen: {test_users: []}}", 5, "Error 403: access_denied"),
        (
            "google: {client: {redirect_uris: ['https://contoso.crm.dynamics.com/_grid/cmds?dlg_gmailoauth.aspx']}}",
            5,
            "Error 400: redirect_uri_mismatch",
        ),
        ("profile: {client_id: 1-x.apps.googleusercontent.com}", 5, "Error 401: invalid_client"),
        ("profile: {client_secret: GOCSPX-old}", 5, "oauth.client-refused"),
        ("google: {accounts: [{address: alice@contoso.com, imap: off}]}", 7, "imap.disabled"),
        ("google: {organisation: {domain: contoso.com, imap_allowed: off}}", 7, "imap.disabled"),
        ("mailboxes: [{address: zoe@contoso.com, approved: off}]", 7, "mailbox.not-ready"),
        (
            "profile: {protocol: pop}\ngoogle: {accounts: [{address: alice@contoso.com, pop: off}]}",
            7,
            "pop.disabled",
        ),
        (
            "profile: {protocol: pop}\ngoogle: {organisation: {domain: contoso.com, pop_allowed: off}}",
            7,
            "the administrator turned POP off",
        ),
    ],
)
def test_a_wrong_setup_fails_where_it_fails_at_google(text, step, words):
    """The first failing step is the customer's, with Google's words; what needs it is skipped, and no mail moves."""
    evidence = rehearse(setup(text), messages=2)

    assert evidence.first_failing_step == step
    assert words in evidence_of(evidence, step)
    assert {later.state for later in evidence.steps[step:] if later.step != 6} <= {StageState.SKIPPED}
    assert evidence.incoming.delivered == 0
    assert not evidence.ok


def test_missing_test_users_are_also_seen_in_step_six():
    """The owner is stopped in step 5; step 6 names who is missing."""
    evidence = rehearse(setup("google: {consent_screen: {test_users: [bob@contoso.com]}}"))

    assert evidence.steps[5].state is StageState.FAILED
    assert "alice@contoso.com: is not a test user" in evidence_of(evidence, 6)


def test_one_owner_who_fails_does_not_hide_the_others():
    """Step 5 tries every mailbox."""
    text = (
        "google: {consent_screen: {test_users: [bob@contoso.com]}}\n"
        "mailboxes: [{address: al@contoso.com}, {address: bob@contoso.com}]"
    )

    evidence = rehearse(setup(text))

    assert "al@contoso.com: Google stops the owner" in evidence_of(evidence, 5)
    assert "bob@contoso.com: signed in to Gmail" in evidence_of(evidence, 5)


def test_no_error_shows_the_secret_that_was_entered():
    """A wrong secret is refused without being repeated."""
    evidence = rehearse(setup("profile: {client_secret: GOCSPX-hunter2}"))

    assert "hunter2" not in str(evidence.to_json())
    assert "hunter2" not in str(evidence.chapters)


# --- Mail of one's own -----------------------------------------------------------------------


def test_real_mail_arrives_and_what_is_unreadable_is_named(tmp_path):
    """Files are seeded byte for byte; a file that cannot be read is skipped and counted."""
    mail = [b"Subject: one\r\n\r\nfirst\r\n", b"Subject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=\n\nbare \xff line ends\n"]
    (tmp_path / "1.eml").write_bytes(mail[0])
    (tmp_path / "2.eml").write_bytes(mail[1])
    (tmp_path / "3.eml").mkdir()

    evidence = rehearse(setup(), mail=tmp_path)

    assert evidence.ok
    digests = [hashlib.sha256(raw).hexdigest() for raw in mail]
    assert [proof.sha256_stored for proof in evidence.incoming.proofs] == digests
    assert evidence.incoming.proofs[1].subject == "日本"
    assert [Path(item.source).name for item in evidence.incoming.skipped] == ["3.eml"]


@pytest.mark.skipif(not os.environ.get(CORPUS), reason=f"needs real mail: {CORPUS} names folders of .eml files")
def test_a_corpus_of_real_mail_is_stored_to_the_byte():
    """Broken mail, bounces and many charsets, each folder through its own rehearsal."""
    folders = [path for path in sorted(Path(os.environ[CORPUS]).iterdir()) if any(path.glob("*.eml"))]
    assert folders

    for folder in folders:
        evidence = rehearse(setup(), mail=folder)

        assert evidence.ok
        assert evidence.incoming.stored == len(list(folder.glob("*.eml")))


def test_a_path_without_mail_is_refused(tmp_path):
    """Neither an mbox, nor a Maildir, nor a folder of .eml files."""
    with pytest.raises(BadInput, match="Maildir"):
        rehearse(setup(), mail=tmp_path)


# --- Around a rehearsal ----------------------------------------------------------------------


def test_steps_can_be_played_one_by_one():
    """As a notebook does: each call returns its step, and a step that is called too early is skipped."""
    with Rehearsal(setup()) as rehearsal:
        early = rehearsal.create_profile()
        first = rehearsal.turn_on_imap()

    assert (early.step, early.state) == (4, StageState.SKIPPED)
    assert dict(early.evidence) == {"skipped": "step 3 has to pass first"}
    assert (first.step, first.state) == (1, StageState.PASSED)


def test_the_demo_writes_its_report(tmp_path):
    """Evidence and HTML report lie where they were asked for."""
    evidence, files = run_demo(tmp_path / "demo")

    assert evidence.ok
    assert evidence.incoming.delivered == 40
    assert files.report.parent == files.evidence.parent == tmp_path / "demo"


# --- Serving ---------------------------------------------------------------------------------


def test_serving_tells_what_a_client_has_to_know(tmp_path):
    """Without a setup: a correct one for the addresses of the mail, with mail in its Inbox."""
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "1.eml").write_bytes(b"Subject: one\r\n\r\nfirst\r\n")
    (tmp_path / "mail" / "2.eml").mkdir()

    with serve(mail=[("zoe@contoso.com", tmp_path / "mail")], network_file=tmp_path / "net.json") as served:
        context = ssl.create_default_context(cafile=served.ca_file)

    assert context.get_ca_certs()
    assert (tmp_path / "net.json").is_file()
    assert served.client_id.endswith(".apps.googleusercontent.com")
    assert served.client_secret.reveal() not in repr(served)
    assert any(uri.startswith("http://localhost:") for uri in served.redirect_uris)
    (account,) = served.accounts
    assert (account.address, account.imap, account.delivered) == ("zoe@contoso.com", True, 1)
    assert [Path(item.source).name for item in account.skipped] == ["2.eml"]


def test_a_served_setup_is_the_customers_own():
    """With a setup, nothing is corrected: not even the redirect URIs."""
    with serve(setup("google: {accounts: [{address: alice@contoso.com, imap: off}]}")) as served:
        pass

    assert served.redirect_uris == ("https://contoso.crm.dynamics.com/_grid/cmds/dlg_gmailoauth.aspx",)
    assert served.accounts[0].imap is False


@pytest.mark.parametrize(
    ("text", "address", "message"),
    [
        ("", "eve@contoso.com", "an account of the setup: alice@contoso.com"),
        ("google: {client: {redirect_uris: ['ftp://x.org']}}", None, "what the Google console takes"),
    ],
)
def test_what_cannot_be_served_is_refused(text, address, message, tmp_path):
    """Mail for nobody, or a client that no console would make."""
    mail = [(address, tmp_path)] if address else []

    with pytest.raises(BadInput, match=message), serve(setup(text), mail):
        pass


def test_mail_for_what_is_no_address_is_refused(tmp_path):
    """`--mail alice=PATH` lacks a domain."""
    with pytest.raises(BadInput, match="ADDRESS=PATH"), serve(mail=[("alice", tmp_path)]):
        pass
