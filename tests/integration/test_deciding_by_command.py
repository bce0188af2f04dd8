"""What decides about mail, as an administrator sets it and looks at it by commands: three mailboxes, over sockets."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from arriving import Arriving
from enabling import add_mailbox, add_profile, let_move, let_sign_in, opened

from gmailsync.model.email import Direction
from gmailsync.model.mailbox import MailboxKind

ALICE, BOB, SUPPORT = "alice@contoso.com", "bob@contoso.com", "support@contoso.com"
ANN, TEAM, STRANGER = "ann@fabrikam.com", "team@fabrikam.com", "shop@example.org"
DIRECTORY = f"""kind,key,name,addresses,owner,default_queue
user,alice,Alice,{ALICE},,support
user,bob,Bob,{BOB},,
queue,support,Support,{SUPPORT},bob,
contact,ann,Ann Weiler,{ANN},bob,
team,team,Team,{TEAM},,
"""


class Office(Arriving):
    """Three mailboxes that accept all mail, and the commands of their administrator."""

    def __init__(self, cli, google, ports):
        super().__init__(google, ports, ANN)
        self._cli = cli

    def run(self, *arguments):
        """Run a command that works, and return its JSON."""
        ran = self._cli(*arguments, "--json")
        assert (ran.status, ran.err) == (0, "")
        return ran.json

    def set(self, **settings):
        """Change settings; their names are written with underscores."""
        for name, value in settings.items():
            self.run("setting", "set", name.replace("_", "-"), value)

    def emails(self, address=ALICE, direction=Direction.INCOMING):
        """Return {subject: number} of a mailbox's emails, in the order in which they were stored."""
        with self.ports.store.begin() as tx:
            found = tx.emails.select(tx.mailboxes.get(address).id)
        return {email.headers.subject: email.id for email in found if email.direction is direction}

    def why(self, address=ALICE, subject="Hello", direction=Direction.INCOMING):
        """Return decision and activity of the last email with this subject."""
        return self.run("email", "why", self.emails(address, direction)[subject])

    def correlation(self, **named):
        """Let a message arrive, and return how it was matched, and the numbers of its activity and of the other one."""
        self.arrive(ALICE, **named)
        self.sync(ALICE)
        activity = self.why(subject=named.get("subject", "Hello"))["activity"]
        return activity["correlation"]["method"], activity["correlation"]["activity"]

    def refused(self):
        return [(one["mailbox"], one["reason"]) for one in self.run("email", "decisions", "--refused")]

    def pass_by(self, **time):
        self.google.clock.advance(timedelta(**time))


@pytest.fixture
def office(cli, google, tmp_path, monkeypatch):
    """Open three enabled mailboxes, and take over a directory by command."""
    google.network.write(tmp_path / "network.json")
    for address in (ALICE, BOB, SUPPORT):
        google.add_account(address)
    with opened(google, tmp_path / "home") as app:
        add_profile(app.ports, google)
        for address in (ALICE, BOB, SUPPORT):
            kind = MailboxKind.QUEUE if address == SUPPORT else MailboxKind.USER
            add_mailbox(app.ports, address, kind=kind)
            let_sign_in(app.ports, google, address)
            let_move(app.ports, address)
        monkeypatch.setenv("GMAILSYNC_NETWORK", str(tmp_path / "network.json"))
        (tmp_path / "directory.csv").write_text(DIRECTORY)
        office = Office(cli, google, app.ports)
        assert office.run("record", "import", tmp_path / "directory.csv") == {"added": 5, "updated": 0}
        yield office


# --- Acceptance --------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [pytest.param(ALICE, id="user"), pytest.param(SUPPORT, id="queue")])
def test_each_of_five_options_accepts_what_it_says(office, address):
    """An answer from a stranger, mail of a contact, of a team, and of nobody known."""
    first = office.arrive(address, subject="First")
    office.sync(address)
    mail = {
        "answer": {"sender": STRANGER, "headers": f"In-Reply-To: {first}\r\n"},
        "contact": {},
        "team": {"sender": TEAM},
        "nobody": {"sender": STRANGER},
    }
    kept = {}

    for option in ("all", "responses", "people", "records", "none"):
        office.run("mailbox", "set", address, "--acceptance", option)
        for name, message in mail.items():
            office.arrive(address, subject=f"{option} {name}", **message)
        office.sync(address)
        kept[option] = {each.partition(" ")[2] for each in office.emails(address) if each.startswith(f"{option} ")}

    assert kept == {
        "all": {"answer", "contact", "team", "nobody"},
        "responses": {"answer"},
        "people": {"contact"},
        "records": {"contact", "team"},
        "none": set(),
    }
    assert {reason for _, reason in office.refused()} == {"no-correlation-match", "no-sender-match", "not-asked-for"}


@pytest.mark.parametrize(
    ("only", "kept"),
    [("off", [ALICE, BOB, SUPPORT]), ("users", [BOB, SUPPORT]), ("all", [BOB])],
)
def test_all_recipients_are_asked_or_the_mailbox_alone(office, only, kept):
    """Bob alone wants mail; the others' mailboxes keep it where his option counts for them."""
    office.set(own_option_only=only)
    for address in (ALICE, SUPPORT):
        office.run("mailbox", "set", address, "--acceptance", "none")
    office.arrive(ALICE, SUPPORT, BOB)

    office.sync(ALICE, SUPPORT, BOB)

    assert [address for address in (ALICE, BOB, SUPPORT) if office.emails(address)] == kept
    assert office.why(BOB)["activity"]["accepted_by"] == BOB


def test_mail_of_a_listed_domain_is_kept_nowhere(office):
    """Neither from there nor to there; the rest is."""
    office.set(never_log="fabrikam.com")
    office.arrive(ALICE, subject="From there")
    office.arrive(ALICE, sender=STRANGER, to=f"{ALICE}, x@mail.fabrikam.com", subject="To there")
    office.arrive(ALICE, sender=STRANGER, subject="Else")

    office.sync(ALICE)

    assert list(office.emails()) == ["Else"]
    assert office.refused() == [(ALICE, "never-log")] * 2


@pytest.mark.parametrize(("switch", "kept"), [("on", ["Hello"]), ("off", [])])
def test_bcc_and_list_mail_counts_as_named_where_a_server_noted_the_delivery(office, switch, kept):
    """A contact's, in the mailbox of a user who wants people's mail."""
    office.set(use_delivered_to=switch)
    office.run("mailbox", "set", ALICE, "--acceptance", "people")
    office.arrive(ALICE, to="users@lists.example.org", headers=f"Delivered-To: {ALICE}\r\n")

    office.sync(ALICE)

    assert list(office.emails()) == kept
    assert office.refused() == ([] if kept else [(ALICE, "no-recipient-match")])


def test_what_was_refused_is_told_for_three_days(office):
    """Then the next sync forgets it."""
    office.run("mailbox", "set", ALICE, "--acceptance", "none")
    office.arrive(ALICE)
    office.sync(ALICE)
    told = []

    for time in ({"days": 2, "hours": 23}, {"hours": 2}):
        office.pass_by(**time)
        office.sync(ALICE)
        told.append(office.refused())

    assert told == [[(ALICE, "not-asked-for")], []]


# --- Correlation -------------------------------------------------------------------------------


INDEX = base64.b64encode(bytes(range(22))).decode()
LONGER = base64.b64encode(bytes(range(27))).decode()


@pytest.mark.parametrize(
    ("method", "first", "answer", "off"),
    [
        pytest.param(
            "in_reply_to",
            {},
            {"headers": "In-Reply-To: {id}\r\n"},
            {"use_in_reply_to": "off", "use_gmail_thread": "off"},
            id="in-reply-to",
        ),
        pytest.param(
            "references",
            {},
            {"headers": "References: {id} <gone@x.com>\r\n"},
            {"use_references": "off", "use_gmail_thread": "off"},
            id="references",
        ),
        pytest.param(
            "gmail_thread",
            {},
            {"headers": "References: {id}\r\n"},
            {"use_gmail_thread": "off"},
            id="gmail-thread",
        ),
        pytest.param(
            "conversation_index",
            {"headers": f"Thread-Index: {INDEX}\r\n"},
            {"headers": f"Thread-Index: {LONGER}\r\n"},
            {"use_conversation_index": "off"},
            id="conversation-index",
        ),
        pytest.param(
            "smart_matching",
            {"subject": "Offer for the bridge"},
            {"subject": "offer for the BRIDGE"},
            {"use_smart_matching": "off"},
            id="smart-matching",
        ),
    ],
)
def test_each_method_finds_an_email_until_it_is_switched_off(office, method, first, answer, off):
    """What found it is stored with the answer."""
    if method == "smart_matching":
        office.set(use_smart_matching="on")
    if method == "gmail_thread":
        office.set(use_references="off")
    named = office.arrive(ALICE, **({"subject": "First"} | first))
    answer = {"subject": "Answer"} | {name: value.format(id=named) for name, value in answer.items()}
    office.sync(ALICE)
    earlier = office.why(subject=first.get("subject", "First"))["activity"]["id"]

    found = office.correlation(**answer)
    office.set(**off)
    found_then = office.correlation(**answer)

    assert found == (method, earlier)
    assert found_then == ("none", None)


def test_a_token_finds_an_email_that_was_sent_with_it_until_it_is_switched_off(office):
    """Its layout is a setting, too."""
    office.set(token_in_subject="on", use_gmail_thread="off")
    office.run("setting", "set", "token-layout.prefix", "ACME:")
    sent = office.run("email", "send", "--from", ALICE, "--to", ANN, "--subject", "Offer", "--body", "text")
    office.sync(ALICE)

    found, _ = office.correlation(subject=f"AW: {sent['subject']}")
    office.set(use_tracking_token="off")
    found_then, _ = office.correlation(subject=f"AW: {sent['subject']}")

    office.run("setting", "set", "max-subject-length", 20)
    short = office.run("email", "send", "--from", ALICE, "--to", ANN, "--subject", "Our new offer", "--body", "text")

    assert (sent["subject"], short["subject"]) == ("Offer ACME:0001001", "Our new ACME:0001002")
    assert (found, found_then) == ("tracking_token", "none")


def test_a_bounce_is_tied_to_the_email_that_it_is_about(office):
    """Which says whom it did not reach, by command."""
    office.run("email", "send", "--from", ALICE, "--to", "nobody@contoso.com", "--subject", "Offer", "--body", "text")

    office.sync(ALICE)
    office.sync(ALICE)

    (bounce,) = office.emails()
    activity = office.why(subject=bounce)["activity"]
    sent = office.why(subject="Offer", direction=Direction.OUTGOING)["activity"]
    assert (activity["mail_kind"], activity["correlation"]["method"]) == ("bounce", "delivery_report")
    assert activity["correlation"]["activity"] == sent["id"]
    assert [one["address"] for one in sent["not_delivered"]] == ["nobody@contoso.com"]


def test_with_every_method_off_correlation_is_skipped(office):
    """And says so."""
    office.set(use_correlation="off", use_tracking_token="off")
    named = office.arrive(ALICE, subject="First")

    found = office.correlation(subject="Answer", headers=f"In-Reply-To: {named}\r\n")

    assert found == ("skipped", None)
    assert "correlation is switched off" in office.why(subject="Answer")["decision"]["evidence"]


def test_smart_matching_goes_back_as_many_days_as_are_set(office):
    """One here; yesterday still counts, and with 0 all days do."""
    office.set(use_smart_matching="on", use_gmail_thread="off")
    found = []

    for title, days, limit in (("in time", 1, 1), ("too late", 2, 1), ("without a limit", 2, 0)):
        office.run("setting", "set", "smart-matching.max-days", limit)
        office.arrive(ALICE, subject=f"Offer {title}")
        office.sync(ALICE)
        office.pass_by(days=days)
        found.append(office.correlation(subject=f"FW: Offer {title}")[0])

    assert found == ["smart_matching", "none", "smart_matching"]


# --- Records, owners, queues -------------------------------------------------------------------


def test_an_unknown_sender_becomes_a_contact_where_that_is_set(office):
    """Once, with the name beside the address; programs become none."""
    office.set(create_contact_for_unknown_sender="on")
    office.arrive(ALICE, BOB, sender=f"The Shop <{STRANGER}>", subject="Offer")
    office.arrive(ALICE, sender="robot@example.org", headers="Auto-Submitted: auto-generated\r\n")

    synced = office.run("sync")

    contacts = office.run("record", "list", "--kind", "contact")
    assert [(one["mailbox"], one["incoming"]["new"]) for one in synced] == [(ALICE, 2), (BOB, 1), (SUPPORT, 0)]
    assert [(one["key"], one["name"], one["addresses"]) for one in contacts] == [
        ("ann", "Ann Weiler", [ANN]),
        (STRANGER, "The Shop", [STRANGER]),
    ]
    assert office.why(BOB, "Offer")["activity"]["parties"][0]["records"] == [f"contact {STRANGER}"]
    assert f"made contact {STRANGER} of the sender" in office.why(ALICE, "Offer")["decision"]["evidence"]


def test_neither_our_own_mailboxes_nor_records_that_are_there_become_contacts(office, tmp_path):
    """The directory knows no user; and a contact has the address as its key, though it writes from another one."""
    office.set(create_contact_for_unknown_sender="on")
    (tmp_path / "moved.csv").write_text(
        f"kind,key,name,addresses\nuser,alice,Alice,\nuser,bob,Bob,\ncontact,{STRANGER},The Shop,new@example.org\n"
    )
    office.run("record", "import", tmp_path / "moved.csv")
    before = office.run("record", "list")
    office.run("email", "send", "--from", ALICE, "--to", BOB, "--subject", "Lunch", "--body", "text")
    office.arrive(BOB, sender=STRANGER)

    office.sync(ALICE, BOB)

    assert office.emails(BOB).keys() == {"Lunch", "Hello"}
    assert office.run("record", "list") == before


def test_one_email_has_all_parties_and_the_owner_of_the_senders_contact(office):
    """Whichever mailbox is read first; the second one joins it."""
    office.arrive(ALICE, BOB)

    office.sync(ALICE, BOB)

    first, second = office.why(ALICE), office.why(BOB)
    assert first["activity"] == second["activity"]
    assert first["activity"]["mailboxes"] == [ALICE, BOB]
    assert first["activity"]["owner"] == "bob"
    assert "owner bob: owner of the sender's contact, in To" in first["decision"]["evidence"]
    assert [(one["role"], one["records"]) for one in first["activity"]["parties"]] == [
        ("sender", ["contact ann"]),
        ("to", ["user alice"]),
        ("to", ["user bob"]),
    ]
    assert second["decision"]["reason"] == "already-promoted"


@pytest.mark.parametrize(("switch", "queues"), [("off", []), ("on", [SUPPORT])])
def test_the_owners_default_queue_gets_an_item_where_that_is_set(office, switch, queues):
    """The directory says which it is, and the trace says why."""
    office.set(queue_item_for_owners_default_queue=switch)
    office.arrive(ALICE)

    office.sync(ALICE)

    told = office.why()
    assert office.run("record", "show", "user", "alice")["default_queue"] == "support"
    assert told["activity"]["queues"] == queues
    line = f"queue item for {SUPPORT}: default queue of alice"
    assert (line in told["decision"]["evidence"]) is bool(queues)


ONE = {"two_activities_between_users": "off"}


@pytest.mark.parametrize(
    ("settings", "sender", "recipient", "activities"),
    [
        pytest.param({}, ALICE, BOB, 2, id="users-two"),
        pytest.param(ONE, ALICE, BOB, 1, id="users-one"),
        pytest.param(ONE, ALICE, SUPPORT, 2, id="to-a-queue-two"),
        pytest.param(ONE | {"keep_internal_mail_to_queues": "off"}, ALICE, SUPPORT, 1, id="to-a-queue-one"),
        pytest.param({}, SUPPORT, ALICE, 2, id="from-a-queue-two"),
        pytest.param({"ignore_internal_mail_from_queues": "on"}, SUPPORT, ALICE, 1, id="from-a-queue-one"),
    ],
)
def test_mail_between_our_mailboxes_is_two_activities_or_one(office, settings, sender, recipient, activities):
    """The sender's and the recipient's, or one that both are in."""
    office.set(**settings)
    office.run("email", "send", "--from", sender, "--to", recipient, "--subject", "Lunch", "--body", "text")

    office.sync(sender, recipient)

    sides = [office.why(sender, "Lunch", Direction.OUTGOING), office.why(recipient, "Lunch")]
    assert len({side["activity"]["id"] for side in sides}) == activities


@pytest.mark.parametrize(("switch", "queues"), [("off", []), ("on", [SUPPORT])])
def test_a_queue_to_which_a_stored_email_comes_gets_an_item_where_that_is_set(office, switch, queues):
    """By Bcc, after Alice's mailbox was read."""
    office.set(queue_items_for_tracked_email=switch)
    office.arrive(ALICE, SUPPORT, to=ALICE)

    office.sync(ALICE, SUPPORT)

    told = office.why(SUPPORT)
    assert told["activity"]["mailboxes"] == [ALICE, SUPPORT]
    assert told["activity"]["queues"] == queues
    assert (f"queue item for {SUPPORT}: found in its mailbox" in told["decision"]["evidence"]) is bool(queues)


@pytest.mark.parametrize(("switch", "kept"), [("on", []), ("off", ["Hello"])])
def test_a_loop_is_refused_unless_that_is_switched_off(office, switch, kept):
    """The mailbox's own mark came back."""
    office.set(refuse_loops=switch)
    office.arrive(ALICE, headers=f"X-Loop: {ALICE}\r\n")

    office.sync(ALICE)

    assert list(office.emails()) == kept
    assert office.refused() == ([] if kept else [(ALICE, "loop")])


def test_dots_and_tags_mean_the_same_person_where_that_is_set(office, tmp_path):
    """The directory knows the bare address."""
    (tmp_path / "more.csv").write_text("kind,key,name,addresses\ncontact,eve,Eve,eve.adams@gmail.com\n")
    office.run("record", "import", tmp_path / "more.csv")
    senders = []

    for switch in ("off", "on"):
        office.set(normalise_gmail_addresses=switch)
        office.arrive(ALICE, sender="e.veadams+crm@googlemail.com", subject=switch)
        office.sync(ALICE)
        senders.append(office.why(subject=switch)["activity"]["parties"][0]["records"])

    assert senders == [[], ["contact eve"]]


# --- Attachments -------------------------------------------------------------------------------


def test_limit_and_extensions_hold_when_mail_arrives_and_when_it_is_shown(office):
    """A file of 2 KB called a.dat: as it came, too large, and with a blocked name."""
    file = "Content-Type: application/octet-stream; name=a.dat\r\nContent-Disposition: attachment\r\n"
    noted = []

    for number, settings in enumerate(({}, {"attachment_limit": 1}, {"blocked_extensions": ".DAT, exe"})):
        office.set(**settings)
        office.arrive(ALICE, subject=str(number), headers=file, body="x" * 2048)
        office.sync(ALICE)
        shown = office.run("email", "show", office.emails()[str(number)])
        noted.append((shown["notification"], shown["attachments"][0]["notes"]))
    office.run("setting", "reset", "attachment-limit")
    office.run("setting", "reset", "blocked-extensions")
    again = office.run("email", "show", office.emails()["2"])

    assert noted == [
        ("none", []),
        ("attachments", ["too_large"]),
        ("attachments", ["blocked_extension", "too_large"]),
    ]
    assert (again["notification"], again["attachments"][0]["notes"]) == ("attachments", [])


# --- Settings ----------------------------------------------------------------------------------


def test_people_are_shown_a_long_list_cut_and_programs_the_whole(cli):
    """With the default beside the value."""
    cli("setting", "set", "attachment-limit", 10240)

    shown, whole = cli("setting", "list").out, cli("setting", "list", "--json").json

    (row,) = [line.split() for line in shown.splitlines() if "attachment-limit" in line]
    assert row == ["attachment-limit", "10240", "5120"]
    assert "ade, adp, app, asa, ashx, asmx, asp, bas, … (96 entries)" in shown
    assert len(whole["blocked-extensions"].split(", ")) == 96


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("attachment-limit", "5 MB", "attachment-limit: '5 MB': a whole number from 0 to 131072"),
        ("blocked-extensions", "a b", "blocked-extensions: 'a b': ends of file names such as exe or .exe, with commas"),
        ("no-such", "on", "setting: 'no-such': one of own-option-only"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line(cli, name, value, told):
    """Field, value, and what is allowed; nothing changes."""
    before = cli("setting", "list", "--json").json

    ran = cli("setting", "set", name, value)

    assert ran.status == 2
    assert told in ran.err
    assert ran.err.count("\n") == 1
    assert cli("setting", "list", "--json").json == before
