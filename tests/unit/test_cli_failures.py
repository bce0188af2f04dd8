"""Commands about the failure ledger that need no Google."""

from __future__ import annotations

import pytest

from gmailsync.app import open_store
from gmailsync.clock import SystemClock
from gmailsync.config import read_settings
from gmailsync.model.failure import NewFailure

ADDRESS = "alice@contoso.com"
REASON = ("--why", "deleted in Gmail", "--by", "ann")


@pytest.fixture(autouse=True)
def entries(cli, tmp_path):
    """Make a mailbox with two messages that were withheld: entries 1 and 2."""
    assert cli("mailbox", "add", ADDRESS).status == 0
    store = open_store(read_settings({}, home=tmp_path / "home"))
    with store.begin() as tx:
        for uid in (5, 6):
            failure = NewFailure(tx.mailboxes.get(ADDRESS).id, "message.withheld", "withheld", folder="INBOX", uid=uid)
            tx.failures.note(failure, SystemClock().now())
    store.close()


def open_ids(cli):
    return [entry["id"] for entry in cli("email", "failures", "--json").json]


def test_what_is_given_up_is_listed_apart(cli):
    """The open ones without it, and those given up with who said so, when and why."""
    ran = cli("email", "give-up", "--failure", "1", *REASON)

    [given_up] = cli("email", "failures", "--given-up", "--json").json
    [still_open] = cli("email", "failures", "--json").json
    assert (ran.status, ran.out) == (0, "1 failed message is not tried any more\n")
    assert (given_up["id"], given_up["next_at"]) == (1, None)
    assert given_up["given_up"] == {"at": given_up["given_up"]["at"], "by": "ann", "why": "deleted in Gmail"}
    assert given_up["given_up"]["at"] >= given_up["last_at"]
    assert (still_open["id"], still_open["given_up"]) == (2, None)


def test_people_read_the_reason_in_the_table(cli):
    """And that there is none, where nothing was given up."""
    before = cli("email", "failures", "--given-up").out
    cli("email", "give-up", "--failure", "1", "--failure", "2", *REASON)

    shown = cli("email", "failures", "--given-up").out

    assert before == "no failure was given up\n"
    assert shown.count("deleted in Gmail") == 2
    assert "Given up" in shown
    assert cli("email", "failures").out == "no failures\n"


def test_a_status_counts_what_is_open(cli):
    """What was given up is no trouble any more."""
    cli("email", "give-up", "--failure", "1", *REASON)

    assert cli("status", "--json").json["mailboxes"][0]["failures"] == 1


def test_retry_takes_it_back(cli):
    """The one that is named; all of them leaves what was given up alone."""
    cli("email", "give-up", "--failure", "1", *REASON)

    everything = cli("email", "retry", "--all-failures").out
    left_alone = open_ids(cli)
    named = cli("email", "retry", "--failure", "1").out

    assert (everything, left_alone) == ("1 failed message is tried again by the next sync\n", [2])
    assert (named, open_ids(cli)) == ("1 failed message is tried again by the next sync\n", [1, 2])
    assert [alert["code"] for alert in cli("alert", "list", "--json").json] == ["message.failed"]


def test_the_account_that_runs_the_command_is_who_gave_up(cli, monkeypatch):
    """Unless another name is given."""
    monkeypatch.setenv("LOGNAME", "mia")

    cli("email", "give-up", "--failure", "1", "--why", "deleted")

    [given_up] = cli("email", "failures", "--given-up", "--json").json
    assert given_up["given_up"]["by"] == "mia"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--failure", "99", *REASON), "failure: 99: no entry of the failure ledger has this number"),
        (("--failure", "1", "--failure", "99", *REASON), "failure: 99: no entry of the failure ledger has this number"),
        (("--failure", "two", *REASON), "id: 'two': a whole number"),
        (("--failure", "1", "--why", " "), "why: ' ': must say something"),
        (("--failure", "1", "--why", "deleted", "--by", ""), "by: '': must say something"),
        (("--failure", "1"), "--why"),
        (REASON, "--failure"),
    ],
)
def test_what_cannot_be_given_up_is_told_in_one_line(cli, options, complaint):
    """And nothing is changed."""
    ran = cli("email", "give-up", *options)

    assert (ran.status, ran.out) == (2, "")
    assert complaint in ran.err
    assert ran.err.count("\n") == 1
    assert open_ids(cli) == [1, 2]


def test_what_was_given_up_already_is_told_in_one_line(cli):
    """With the reason that stays, on one line though it was written on two."""
    cli("email", "give-up", "--failure", "1", "--by", "ann", "--why", "deleted\nin Gmail")

    ran = cli("email", "give-up", "--failure", "1", *REASON)

    assert ran.status == 2
    assert ran.err == "error: failure: 1: was given up already, by ann: deleted in Gmail\n"


def test_a_message_read_by_pop_is_known_by_its_unique_id(cli, tmp_path):
    """POP knows no folders and no UIDs."""
    store = open_store(read_settings({}, home=tmp_path / "home"))
    with store.begin() as tx:
        failure = NewFailure(tx.mailboxes.get(ADDRESS).id, "message.withheld", "withheld", uidl="GmailId1a2b")
        tx.failures.note(failure, SystemClock().now())
    store.close()

    shown = cli("email", "failures").out

    assert shown.splitlines()[-1].split()[:4] == ["3", ADDRESS, "–", "GmailId1a2b"]
