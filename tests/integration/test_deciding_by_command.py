"""What decides about mail, as an administrator sets it and looks at it by commands: three mailboxes, over sockets."""

from __future__ import annotations

import pytest
from office import ALICE, BOB, STRANGER, SUPPORT, TEAM


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


def test_mail_that_was_not_kept_is_decided_about_again_when_it_is_asked_for(office, cli):
    """A change of acceptance alone brings nothing back; what was kept stays, and nothing comes twice."""
    for option, subject in (("all", "First"), ("none", "Second"), ("none", "Third")):
        office.run("mailbox", "set", ALICE, "--acceptance", option)
        office.arrive(ALICE, subject=subject)
        office.sync(ALICE)
    office.run("mailbox", "set", ALICE, "--acceptance", "all")
    office.sync(ALICE)
    before = list(office.emails())

    said = cli("mailbox", "decide-again", ALICE).out
    office.sync(ALICE)
    office.sync(ALICE)

    assert said == "2 messages that were not kept are decided about again by the next sync\n"
    assert before == ["First"]
    assert list(office.emails()) == ["First", "Second", "Third"]
    assert cli("mailbox", "decide-again", ALICE).out.startswith("0 messages")


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


@pytest.mark.parametrize(("switch", "kept"), [("on", []), ("off", ["Hello"])])
def test_a_loop_is_refused_unless_that_is_switched_off(office, switch, kept):
    """The mailbox's own mark came back."""
    office.set(refuse_loops=switch)
    office.arrive(ALICE, headers=f"X-Loop: {ALICE}\r\n")

    office.sync(ALICE)

    assert list(office.emails()) == kept
    assert office.refused() == ([] if kept else [(ALICE, "loop")])


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
        ("no-such", "on", "setting: 'no-such': no setting has this name"),
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
