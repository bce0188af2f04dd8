"""Hard case 13, poison messages: the mailbox goes on, the failure ledger has them, it is told, and nothing loops."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gmailsync.flows.audit import audit
from gmailsync.flows.pull import Pulled
from gmailsync.flows.receiving import receive
from gmailsync.model.mailbox import Acceptance

ALICE = "alice@contoso.com"

MEGABYTE = 1024 * 1024

HEAD = b"Message-ID: <poison@x.example>\r\nSubject: poison\r\n"

PROCESS = """
import sys
from gmailsync.cli import main
status = main(sys.argv[1:])
with open("/proc/self/status") as told:
    print([line.split()[1] for line in told if line.startswith("VmHWM")][0])
sys.exit(status)
"""
"""gmailsync as a process that says at its end how many kilobytes of memory it had at most."""


@pytest.fixture
def gmailsync(life, cli, network, tmp_path):
    """Run commands over the mailbox of `life`."""

    def run(*command):
        return cli("--home", tmp_path, "--network", network(), *command)

    return run


@pytest.fixture
def network(google, tmp_path):
    """Return a function that writes the network map, with the time as it is now, and gives its file."""

    def write():
        (tmp_path / "clock.json").write_text(json.dumps(google.clock.to_json()))
        return replace(google.network, clock=str(tmp_path / "clock.json")).write(tmp_path / "network.json")

    return write


def refuse(life, *fetches):
    """Let Gmail refuse these FETCHes, counted from the first one of the next session on, for the sake of a message."""
    for earlier, number in enumerate(fetches):
        life.google.faults.add(
            "imap",
            "FETCH",
            "answer=NO [SERVERBUG] Some messages could not be FETCHed (Failure)",
            skip=number - 1 - earlier,
            times=1,
            name=f"refusal {number}",
        )


def choking_on(*subjects):
    """Return a reader of mail that has a mistake: some messages make it fail."""

    def receive_or_fail(tx, mailbox, messages, now):
        received = receive(tx, mailbox, messages, now)
        if any(f"Subject: {subject}\r\n".encode() in one.raw for one in messages for subject in subjects):
            raise ZeroDivisionError("secret words of the mail")
        return received

    return receive_or_fail


def sha256s(life):
    """Return the SHA-256 of all that is stored, of the bytes as they are read back."""
    with life.app.ports.store.begin() as tx:
        emails = tx.emails.select(tx.mailboxes.get(ALICE).id)
        assert [email.sha256 for email in emails] == [digest(tx.emails.raw(email.id)) for email in emails]
        return sorted(email.sha256 for email in emails)


def digest(raw):
    return hashlib.sha256(raw).hexdigest()


def failures(life):
    with life.app.ports.store.begin() as tx:
        return [tx.failures.get(entry.id) for entry in tx.failures.select()]


POISON = {
    "a boundary that never comes": HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\nno part\r\n",
    "parts within parts": HEAD
    + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth) for depth in range(2_000)
    ),
    "no boundary at all": HEAD + b"Content-Type: multipart/mixed\r\n\r\n--\r\n--\r\n",
    "base64 that is none": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n=====\xff\x00!\r\n",
    "a charset nobody has": HEAD + b'Content-Type: text/plain; charset="\xff\xfe-klingon"\r\n\r\nwords\xe9\r\n',
    "headers that are none": b"\xff\xfe\x00 nothing\r\n: \r\n \r\nSubject\r\n\r\n",
    "nothing but a line end": b"\r\n",
    "a line of a megabyte": HEAD + b"\r\n" + b"x" * MEGABYTE + b"\r\n",
    "a header of a megabyte": HEAD + b"X-Long: " + b"y" * MEGABYTE + b"\r\n\r\nbody\r\n",
    "a Date before 1970": HEAD + b"Date: Thu, 1 Jan 1903 00:00:00 +0000\r\n\r\nold\r\n",
    "a Date that cannot be": HEAD + b"Date: Fri, 99 Foo 99999 99:99:99 +9999\r\n\r\nnever\r\n",
    "NUL in headers and body": HEAD + b"X-Nul: a\x00b\r\nTo: \x00@x\r\n\r\n\x00\x00 body \x00\r\n",
    "addresses that are none": HEAD + b'From: <<@>>,;:\r\nTo: (((, "\r\nCc: ' + b"a" * 5_000 + b"@\r\n\r\nx\r\n",
}


@pytest.mark.parametrize("raw", POISON.values(), ids=POISON)
def test_hard_case_13_odd_bytes_are_stored_as_they_are(life, raw):
    """Neither they nor their neighbours are lost, nobody is told, and the next look has nothing to do."""
    life.deliver(1)
    life.google.deliver(ALICE, raw)
    life.deliver(3)

    first, again = life.pull(), life.pull()

    assert (first, again) == (Pulled(new=3), Pulled())
    assert set(life.emails()) == {"1", "3"}
    assert digest(raw) in sha256s(life)
    assert failures(life) == []


@pytest.mark.parametrize("year", [1, 1903, 1969])
def test_hard_case_13_a_message_that_arrived_before_1970(life, year):
    """INTERNALDATE is as old as another client had it; the message is stored."""
    with life.google.world.lock:
        life.mail.add(HEAD + b"\r\n", labels=["\\Inbox"], internal_date=datetime(year, 1, 2, tzinfo=UTC))

    assert (life.pull(), life.pull()) == (Pulled(new=1), Pulled())


def test_hard_case_13_a_message_that_is_refused_keeps_no_other_waiting(life):
    """Gmail refuses what FETCH names it, alone, too: it waits in the failure ledger, and comes when it can be had."""
    life.deliver(*range(1, 6))
    # The first look asks for a listing, three batches, the second of them message by message, and the refused again.
    refuse(life, 3, 5, 7)
    first = life.pull(2)
    life.deliver(6)

    second = life.pull(2)

    assert first.new == 4
    assert [error.code for error in first.errors] == ["message.failed"]
    assert second == Pulled(new=2)
    assert set(life.places().values()) == {"1", "2", "3", "4", "5", "6"}


def test_hard_case_13_two_messages_without_a_message_id_stay_two(life):
    """They are told apart by Gmail's ids, though their bytes are the same."""
    for _ in range(2):
        life.google.deliver(ALICE, b"Subject: 7\r\n\r\nthe same\r\n")

    assert (life.pull(), life.pull()) == (Pulled(new=2), Pulled())
    assert list(life.places().values()) == ["7", "7"]
    assert len(sha256s(life)) == 2


def test_hard_case_13_deleted_between_listing_and_fetch(life):
    """Gone is no failure: the others are stored, and nobody asks for it again."""
    messages = life.deliver(1, 2, 3)

    class Late:
        """Delete a message once it was listed."""

        def __init__(self, inner):
            self._inner = inner

        def __getattr__(self, name):
            return getattr(self._inner, name)

        def fetch(self, batches):
            with life.google.world.lock:
                if messages[2].gm_msgid in {one.gm_msgid for one in life.mail.messages()}:
                    life.mail.delete(messages[2].gm_msgid)
            return self._inner.fetch(batches)

    first, again = life.pull(through=Late), life.pull()

    assert (first, again) == (Pulled(new=2), Pulled())
    assert set(life.places().values()) == {"1", "3"}
    assert failures(life) == []


def test_hard_case_13_a_batch_that_filters_to_nothing(life):
    """All of it is refused: the cursor goes on, and no body is fetched twice."""
    life.set(acceptance=Acceptance.NONE)
    life.deliver(*range(1, 7))

    first = life.pull(max_messages=2)
    fetched = len(life.heard("BODY.PEEK[]"))
    again = life.pull(max_messages=2)

    assert (first, again) == (Pulled(refused=6), Pulled())
    assert (life.cursor().last_uid, life.cursor().backlog_uid) == (7, 0)
    assert set(life.places().values()) == {"refused"}
    assert len(life.heard("BODY.PEEK[]")) == fetched


def test_hard_case_13_a_message_that_makes_our_own_reading_fail(life):
    """The ledger has it with its bytes and not its words; a mended reader makes an email of it, and all is well."""
    messages = life.deliver(*range(1, 6))

    first = life.pull(max_messages=3, receive=choking_on("2"))
    [kept] = failures(life)
    between = life.pull(max_messages=3)

    assert (first.new, [error.code for error in first.errors]) == (4, ["message.failed"])
    assert (kept.uid, kept.raw, kept.code) == (3, messages[2].raw, "message.unreadable")
    assert "secret" not in kept.message
    assert between == Pulled(new=1)
    assert failures(life) == []
    assert set(life.places().values()) == {"1", "2", "3", "4", "5"}


def test_hard_case_13_what_stays_unreadable_is_not_fetched_again(life):
    """Its bytes are kept; it is tried with ever longer pauses, and never loops."""
    life.deliver(1, 2)
    life.pull(receive=choking_on("1"))
    fetched = len(life.heard("BODY.PEEK[]"))

    for _ in range(20):
        life.google.clock.advance(timedelta(hours=6))
        life.pull(receive=choking_on("1"))

    [kept] = failures(life)
    assert len(life.heard("BODY.PEEK[]")) == fetched
    assert 5 < kept.attempts <= 12


def test_a_message_that_is_stored_in_part_is_whole_after_an_audit(life):
    """What was handed over broke off unseen: the size tells, and the server still has the message."""
    messages = life.deliver(1, 2)

    class Short:
        """Cut the end off the second message."""

        def __init__(self, inner):
            self._inner = inner

        def __getattr__(self, name):
            return getattr(self._inner, name)

        def fetch(self, batches):
            for messages in self._inner.fetch(batches):
                yield [replace(one, raw=one.raw[:-7]) if one.uid == 3 else one for one in messages]

    life.pull(through=Short)

    first, again = (audit(life.app.ports, ALICE).audit for _ in range(2))

    assert (first.is_proven, first.mended, again.is_proven, again.mended) == (True, 1, True, 0)
    assert sha256s(life) == sorted(digest(message.raw) for message in messages.values())


def test_hard_case_13_exit_status_alert_and_ledger_say_so_until_it_is_over(gmailsync, life):
    """One message is never handed over: sync fails and names it, and once it comes nothing is left of the trouble."""
    life.deliver(*range(1, 5))
    life.google.faults.add("imap", "FETCH", "omit=3", name="withheld")

    failed = gmailsync("sync", ALICE, "--json")
    listed = gmailsync("email", "failures", "--json").json
    shown = gmailsync("email", "failures", "--mailbox", ALICE)
    alerts = gmailsync("alert", "list", "--json").json
    gmailsync("sync")
    life.google.faults.remove("withheld")
    quiet = gmailsync("sync", "--json")
    retried = gmailsync("email", "retry", "--failure", listed[0]["id"])
    healed = gmailsync("sync", "--json")

    assert (failed.status, failed.json[0]["incoming"]["new"]) == (1, 3)
    assert [error["code"] for error in failed.json[0]["errors"]] == ["message.failed"]
    assert [(one["uid"], one["code"], one["has_bytes"], one["attempts"]) for one in listed] == [
        (3, "message.withheld", False, 1)
    ]
    assert "message.withheld" in shown.out
    assert [alert["code"] for alert in alerts] == ["message.failed"]
    assert quiet.json[0]["incoming"]["new"] == 0  # its time has not come
    assert (retried.status, retried.out) == (0, "1 failed message is tried again by the next sync\n")
    assert (healed.status, healed.json[0]["incoming"]["new"]) == (0, 1)
    assert gmailsync("email", "failures").out == "no failures\n"
    assert gmailsync("email", "failures", "--json").json == []
    assert gmailsync("alert", "list").out == "no alerts\n"


def test_hard_case_13_what_never_comes_can_be_given_up(gmailsync, life):
    """The mailbox is well without it and proven but for it; nobody has to remember it, and the ledger does."""
    life.deliver(*range(1, 5))
    life.google.faults.add("imap", "FETCH", "omit=3", name="withheld")
    gmailsync("sync")
    [entry] = gmailsync("email", "failures", "--json").json

    given_up = gmailsync("email", "give-up", "--failure", entry["id"], "--why", "Gmail has lost it", "--by", "ann")
    alerts = gmailsync("alert", "list").out
    life.google.clock.advance(timedelta(hours=6))
    synced, audited = gmailsync("sync"), gmailsync("audit", "--json")
    [standing] = gmailsync("status", "--json").json["mailboxes"]

    assert (given_up.status, alerts, synced.status, audited.status) == (0, "no alerts\n", 0, 0)
    assert {"server": 4, "stored": 3, "failed": 0, "given_up": 1}.items() <= audited.json[0].items()
    assert (standing["failures"], standing["audit"]["given_up"], standing["state"]) == (0, 1, "healthy")
    assert "3 of 3, 1 given up" in gmailsync("status").out
    assert [one["given_up"]["why"] for one in gmailsync("email", "failures", "--given-up", "--json").json] == [
        "Gmail has lost it"
    ]


def test_hard_case_13_all_failures_are_tried_again_from_their_bytes(gmailsync, life):
    """`--all-failures` brings what a former version could not read, though Gmail has it no more."""
    messages = life.deliver(1, 2, 3)
    life.pull(receive=choking_on("1", "3"))
    entries = gmailsync("email", "failures", "--json").json
    with life.google.world.lock:
        for message in messages.values():
            life.mail.delete(message.gm_msgid)

    retried = gmailsync("email", "retry", "--all-failures")
    synced = gmailsync("sync", "--json")

    assert [(one["code"], one["has_bytes"]) for one in entries] == [("message.unreadable", True)] * 2
    assert (retried.status, retried.out) == (0, "2 failed messages are tried again by the next sync\n")
    assert (synced.status, synced.json[0]["incoming"]["new"]) == (0, 2)
    assert set(life.emails()) == {"1", "2", "3"}


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--failure", "999"), "no entry of the failure ledger has this number"),
        (("--failure", "0"), "'0': a whole number"),
        (("--failure", "two"), "'two': a whole number"),
        (("--failure", "1", "--all-failures"), "give one of ID, --failure and --all-failures"),
        (("1", "--failure", "1"), "give one of ID, --failure and --all-failures"),
        ((), "give one of ID, --failure and --all-failures"),
    ],
)
def test_what_cannot_be_tried_again_is_told(gmailsync, options, complaint):
    """No traceback, and nothing is changed."""
    ran = gmailsync("email", "retry", *options)

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
    assert complaint in ran.err


def test_failures_of_a_mailbox_that_is_not_there_are_told(gmailsync):
    """As everywhere."""
    ran = gmailsync("email", "failures", "--mailbox", "nobody@contoso.com")

    assert (ran.status, ran.out) == (2, "")
    assert "nobody@contoso.com" in ran.err


def test_without_failures_there_is_nothing_to_try(gmailsync):
    """Which is no failure."""
    assert gmailsync("email", "retry", "--all-failures").out == "0 failed messages are tried again by the next sync\n"


@pytest.mark.parametrize("megabytes", [20, pytest.param(60, marks=pytest.mark.slow)])
def test_hard_case_13_a_huge_message_is_held_once(life, network, tmp_path, megabytes):
    """It is stored to the byte between its neighbours, by a process whose memory is bounded."""
    line = b"0123456789abcdef" * 4 + b"\r\n"
    raw = HEAD + b"\r\n" + line * (megabytes * MEGABYTE // len(line))
    life.deliver(1)
    empty = peak(network(), tmp_path)
    life.google.deliver(ALICE, raw)
    life.deliver(3)

    full = peak(network(), tmp_path)

    assert digest(raw) in sha256s(life)
    assert set(life.emails()) == {"1", "3"}
    assert full - empty < 1.5 * megabytes * 1024


def peak(network, home):
    """Sync in a process of its own and return how many kilobytes it had at most."""
    command = [sys.executable, "-c", PROCESS, "--home", str(home), "--network", str(network), "sync", "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(ran.stdout.split()[-1])
