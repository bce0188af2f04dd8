"""The whole product by POP against the simulated Gmail."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from enabling import connect, let_move, opened

from fakes.gmail.filters import Criteria, Filter
from fakes.gmail.generator import generate
from fakes.gmail.popping import Disposition, PopWindow
from fakes.wire import crlf
from gmailsync.flows import administration, cycle, outbox, test_and_enable
from gmailsync.flows.administration import MailboxChange, ProfileChange
from gmailsync.model.mailbox import MailboxKind
from gmailsync.model.profile import Endpoint, IncomingProtocol
from gmailsync.simulation import notebook

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"
IMAP, POP = IncomingProtocol.IMAP, IncomingProtocol.POP
CORPUS = Path(os.environ.get("GMAILSYNC_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")
LATER = timedelta(minutes=5)


@pytest.fixture
def product(google, made_home, tmp_path, monkeypatch):
    """Open the product with a signed-in mailbox, by POP, that nobody has tested yet."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for address in (ALICE, BOB):
        google.add_account(address, pop=True)
    shutil.copytree(made_home, tmp_path, dirs_exist_ok=True)
    with opened(google, tmp_path) as app:
        connect(app.ports, google, ALICE)
        administration.set_profile(app.ports, "Gmail", ProfileChange(protocol=POP))
        yield app


@pytest.fixture
def ports(product):
    """Give the ports of a product whose mailbox is tested and enabled."""
    let_move(product.ports, ALICE)
    return product.ports


def sha256s(raws):
    return sorted(hashlib.sha256(crlf(raw)).hexdigest() for raw in raws)


def stored(ports):
    """Return the hashes of the incoming emails."""
    with ports.store.begin() as tx:
        return sorted(email.sha256 for email in tx.emails.select() if email.direction == "incoming")


def emails(ports):
    with ports.store.begin() as tx:
        return [email for email in tx.emails.select() if email.direction == "incoming"]


def sync(google, ports):
    """Run a cycle five minutes later, and return what came in."""
    google.clock.advance(LATER)
    done = cycle.run(ports, ALICE)
    assert done.errors == ()
    return done.incoming


def deliver(google, count, seed=1):
    raws = list(generate(seed, count, to=ALICE))
    for raw in raws:
        google.deliver(ALICE, raw)
    return raws


def test_another_protocol_brings_its_location_and_port(product):
    """What was filled in changes with it; what somebody entered stays."""
    ports = product.ports
    with ports.store.begin() as tx:
        assert tx.profiles.get("Gmail").incoming == Endpoint("pop.gmail.com", 995)

    back = administration.set_profile(ports, "Gmail", ProfileChange(protocol=IMAP))
    own = administration.set_profile(ports, "Gmail", ProfileChange(incoming=Endpoint("pop.gmail.com", 9950)))
    kept = administration.set_profile(ports, "Gmail", ProfileChange(protocol=POP))

    assert back.incoming == Endpoint("imap.gmail.com", 993)
    assert own.incoming == kept.incoming == Endpoint("pop.gmail.com", 9950)


def test_every_stage_is_named_for_pop(product):
    """The test message comes back by POP, and becomes no email."""
    trial = test_and_enable.test_and_enable(product.ports, ALICE, enable=True)

    names = [stage.name for stage in trial.stages]
    assert trial.ok
    assert [name for name in names if "POP" in name or "list" in name] == [
        "POP connection",
        "POP sign-in",
        "mail listed",
    ]
    assert "GmailId" in trial.stages[-1].message
    assert emails(product.ports) == []


def test_the_test_message_is_found_behind_a_full_session(google, product):
    """Where a session shows only the oldest part, `recent:` shows the newest."""
    deliver(google, 300)

    trial = test_and_enable.test_and_enable(product.ports, ALICE, enable=True)

    assert trial.ok
    assert google.account(ALICE).popping.popped == set()


def test_gmails_own_five_minutes_are_waited_for(google, product):
    """Where Gmail enforces LOGIN-DELAY, the test message is looked for when it lets in again."""
    google.account(ALICE).popping.keeps_login_delay = True

    trial = test_and_enable.test_and_enable(product.ports, ALICE, enable=True)

    assert trial.ok
    assert trial.stages[-1].seconds == LATER.total_seconds()


def test_a_test_message_that_pop_does_not_show_fails_incoming(google, product):
    """A filter has deleted it; outgoing is proven all the same."""
    google.account(ALICE).post.filters.append(Filter(Criteria(subject="connected"), trash=True))

    trial = test_and_enable.test_and_enable(product.ports, ALICE, enable=True)

    with product.ports.store.begin() as tx:
        mailbox = tx.mailboxes.get(ALICE)
    assert (trial.stages[-1].code, trial.stages[-1].state) == ("test.message-missing", "failed")
    assert "--pop-recent" in trial.stages[-1].fix
    assert (mailbox.incoming_enabled, mailbox.outgoing_enabled) == (False, True)


def test_the_runbooks_protocol_turns_pop_on_in_gmail():
    """Whoever reads by POP has followed step 1 for it."""
    plan = notebook.plan(setup="contoso", protocol="pop", mail="", messages=1, language="en")

    assert plan.setup.profile.protocol is POP
    assert all(account.pop for account in plan.setup.google.accounts)


def test_seven_hundred_messages_come_in_batches_exact(google, ports):
    """Gmail shows 265 at a time; one look signs in until nothing new comes."""
    raws = deliver(google, 700)

    incoming = sync(google, ports)

    assert (incoming.new, incoming.test_messages, incoming.known) == (700, 1, 0)
    assert stored(ports) == sha256s(raws)
    assert sync(google, ports).new == 0


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"needs real mail in {CORPUS} (or GMAILSYNC_CORPUS)")
def test_real_mail_arrives_exact(google, ports):
    """Hundreds of real messages, broken ones among them, as POP shows them: each line with CRLF."""
    raws = {path.read_bytes() for path in sorted(CORPUS.rglob("*.eml"))}
    for raw in sorted(raws):
        google.deliver(ALICE, raw)

    sync(google, ports)

    assert stored(ports) == sorted(set(sha256s(raws)))


def test_a_line_of_a_megabyte_arrives(google, ports):
    """However long a line is, it is one."""
    raw = b"Message-ID: <long@example.com>\r\nFrom: bob@example.com\r\n\r\n" + b"x" * 1_000_000 + b"\r\n.dot\r\n"
    google.deliver(ALICE, raw)

    sync(google, ports)

    assert stored(ports) == sha256s([raw])


def test_a_second_sync_within_five_minutes_does_nothing(google, ports):
    """It says when the next look is possible, is no failure, and no success either."""
    sync(google, ports)
    looked_at = google.clock.now()
    deliver(google, 1)
    google.clock.advance(timedelta(minutes=4))

    again = cycle.run(ports, ALICE)
    before = len(emails(ports))
    google.clock.advance(timedelta(minutes=1))
    later = cycle.run(ports, ALICE)

    assert again.ok
    assert (again.incoming.skipped_until, before) == (looked_at + LATER, 0)
    assert later.incoming.new == 1


def test_gmails_own_five_minutes_end_a_look_without_trouble(google, ports):
    """Where Gmail enforces LOGIN-DELAY, a large mailbox comes in parts, one a look."""
    google.account(ALICE).popping.keeps_login_delay = True
    deliver(google, 300)

    brought = [sync(google, ports).new for _ in range(3)]

    assert sum(brought) == 300
    assert brought[0] < 300


def test_what_another_client_has_fetched_comes_by_recent(google, ports):
    """Without the switch it is gone, with it the last 30 days are there, again and again and stored once."""
    raws = deliver(google, 3)
    google.account(ALICE).popping.popped.update(message.gm_msgid for message in google.account(ALICE).mail.messages())

    without = sync(google, ports).new
    administration.set_mailbox(ports, ALICE, MailboxChange(pop_recent=True))
    with_it = sync(google, ports).new
    again = sync(google, ports)

    assert (without, with_it, again.new) == (0, 3, 0)
    assert stored(ports) == sha256s(raws)


def test_a_queues_mail_is_deleted_once_stored(google, ports):
    """Gmail does with it what its owner chose."""
    administration.set_mailbox(ports, ALICE, MailboxChange(kind=MailboxKind.QUEUE, pop_delete=True, pop_recent=True))
    google.set_pop(ALICE, disposition=Disposition.TRASH)
    raws = deliver(google, 3)

    sync(google, ports)

    trashed = [message for message in google.account(ALICE).mail.messages() if "\\Trash" in message.labels]
    assert stored(ports) == sha256s(raws)
    assert set(raws) <= {message.raw for message in trashed}


class Intruding:
    """Progress, in whose midst somebody does something."""

    def __init__(self, deed):
        self.deed = deed

    def start(self, what, total):
        self.deed()

    def advance(self, count):
        pass


def test_the_mail_of_a_queue_that_became_a_persons_is_not_deleted(google, ports):
    """Not even by the look that was under way, which may take hours in a large mailbox."""
    administration.set_mailbox(ports, ALICE, MailboxChange(kind=MailboxKind.QUEUE, pop_delete=True, pop_recent=True))
    google.set_pop(ALICE, disposition=Disposition.TRASH)
    raws = deliver(google, 3)
    to_user = MailboxChange(kind=MailboxKind.USER, pop_delete=False)
    intruding = Intruding(lambda: administration.set_mailbox(ports, ALICE, to_user))

    sync(google, replace(ports, progress=intruding))

    assert stored(ports) == sha256s(raws)
    assert not [message for message in google.account(ALICE).mail.messages() if "\\Trash" in message.labels]


def test_what_is_left_out_makes_room_in_a_queues_mailbox_too(google, ports):
    """It is not deleted, and would be all that a session shows where one broke off once; it is read again instead."""
    google.account(ALICE).popping.batch = 4
    administration.set_mailbox(ports, ALICE, MailboxChange(kind=MailboxKind.QUEUE, pop_delete=True))
    sync(google, ports)
    for number in range(4):
        google.deliver(ALICE, f"From: {ALICE}\r\nTo: {BOB}\r\nSubject: sent {number}\r\n\r\n\r\n".encode())
    raws = deliver(google, 2)
    google.faults.add("pop", "QUIT", "close", times=1)

    sync(google, ports)
    sync(google, ports)

    assert stored(ports) == sha256s(raws)


def test_what_the_owner_sent_is_left_out(google, ports):
    """POP has no folders and shows the Sent copy, too; a sync of the Inbox would not bring it."""
    outbox.queue(ports, sender=ALICE, to=[BOB], subject="Offer", body="As promised.\n")
    [raw] = deliver(google, 1)

    incoming = sync(google, ports)

    assert (incoming.new, incoming.left_out) == (1, 1)
    assert stored(ports) == sha256s([raw])


def test_mail_before_the_start_date_is_left_out(google, ports):
    """By the topmost Received, or the Date; one without either is taken."""
    with ports.store.begin() as tx:
        mailbox = tx.mailboxes.get(ALICE)
        tx.mailboxes.save(replace(mailbox, read_from=google.clock.now()))
    received = b"Received: by mx.example.com; Thu, 1 Jan 2026 00:00:00 +0000\r\n"
    new_date, old_date = b"Date: Mon, 1 Jan 2035 00:00:00 +0000\r\n", b"Date: Thu, 1 Jan 2015 00:00:00 +0000\r\n"
    for fields in (received + new_date, old_date, new_date, b"X-None: x\r\n"):
        google.deliver(ALICE, b"From: bob@example.com\r\n" + fields + b"\r\nbody\r\n")

    incoming = sync(google, ports)

    assert (incoming.new, incoming.left_out) == (2, 2)


# --- Another protocol ------------------------------------------------------------------------


def test_from_pop_to_imap_and_back_nothing_doubles(google, ports):
    """Emails that came by POP get Gmail's ids and labels; those that came by IMAP are known by POP."""
    first = deliver(google, 30, seed=1)
    without_id = b"From: bob@example.com\r\nSubject: no id\r\n\r\nbody\r\n"
    google.deliver(ALICE, without_id)
    sync(google, ports)
    by_pop = {email.sha256: email.id for email in emails(ports)}

    administration.set_profile(ports, "Gmail", ProfileChange(protocol=IMAP))
    second = deliver(google, 20, seed=2)
    by_imap = sync(google, ports)

    assert (by_imap.new, by_imap.known) == (20, 31)
    in_gmail = {message.gm_msgid: message for message in google.account(ALICE).mail.messages()}
    for email in emails(ports):
        assert hashlib.sha256(in_gmail[email.gmail_message_id].raw).hexdigest() == email.sha256
        assert email.gmail_thread_id == in_gmail[email.gmail_message_id].gm_thrid
        assert by_pop.get(email.sha256, email.id) == email.id

    administration.set_profile(ports, "Gmail", ProfileChange(protocol=POP))
    google.set_pop(ALICE, window=PopWindow.ALL_MAIL)
    third = deliver(google, 10, seed=3)
    back = sync(google, ports)

    assert back.new == 10
    assert stored(ports) == sha256s([*first, without_id, *second, *third])


def test_line_ends_that_pop_cannot_show_do_not_double(google, ports):
    """A bare LF is CRLF by POP, and the last line has an end; the Message-ID tells that it is the same."""
    raw = b"Message-ID: <lf@example.com>\nFrom: bob@example.com\n\nbody without end"
    google.deliver(ALICE, raw)
    sync(google, ports)
    administration.set_profile(ports, "Gmail", ProfileChange(protocol=IMAP))
    to_imap = sync(google, ports)
    other = raw.replace(b"<lf@", b"<other@")
    google.deliver(ALICE, other)
    sync(google, ports)
    administration.set_profile(ports, "Gmail", ProfileChange(protocol=POP))
    to_pop = sync(google, ports)

    assert (to_imap.new, to_pop.new, len(emails(ports))) == (0, 0, 2)


def test_what_pop_withheld_and_imap_has_brought_leaves_the_ledger(google, ports):
    """Nothing else would take it out again: IMAP knows no unique-ids, and POP is not asked any more."""
    sync(google, ports)
    [raw] = deliver(google, 1)
    google.faults.add("pop", "RETR", "refuse", times=1)
    google.clock.advance(LATER)
    cycle.run(ports, ALICE)
    while_withheld = list(codes(ports))

    administration.set_profile(ports, "Gmail", ProfileChange(protocol=IMAP))
    sync(google, ports)
    sync(google, ports)

    with ports.store.begin() as tx:
        assert tx.failures.select() == []
    assert (while_withheld, codes(ports)) == (["message.failed"], {})
    assert stored(ports) == sha256s([raw])


# --- Trouble ---------------------------------------------------------------------------------


def codes(ports):
    with ports.store.begin() as tx:
        return {alert.code: alert.advice for alert in tx.alerts.select()}


def test_pop_turned_off_opens_an_alert_and_on_resolves_it(google, ports):
    """The advice names the page in Gmail's settings; the sync after it need not wait five minutes."""
    google.set_pop(ALICE, window=PopWindow.DISABLED)
    google.clock.advance(LATER)
    cycle.run(ports, ALICE)
    while_off = codes(ports)
    [raw] = deliver(google, 1)
    google.set_pop(ALICE, window=PopWindow.ALL_MAIL)

    cycle.run(ports, ALICE)

    assert list(while_off) == ["pop.disabled"]
    assert "Forwarding and POP/IMAP" in while_off["pop.disabled"]
    assert (codes(ports), stored(ports)) == ({}, sha256s([raw]))


@pytest.mark.parametrize("fault", ["reset", "close", "truncate=40", "lose-reply", "refuse"])
def test_whatever_breaks_off_loses_nothing(google, ports, fault):
    """In the middle of a message: what was stored is known, and the rest comes with the next look."""
    raws = deliver(google, 12)
    google.faults.add("pop", "RETR", fault, skip=5, times=1)
    google.clock.advance(LATER)

    broken = cycle.run(ports, ALICE)
    whole = cycle.run(ports, ALICE)

    assert not broken.ok
    assert whole.ok
    assert stored(ports) == sha256s(raws)


def test_a_token_that_is_refused_in_the_middle_leaves_nothing_behind(google, ports):
    """What the look did not come to is read by its next session, not by the next look."""
    sync(google, ports)
    raws = deliver(google, 3)
    said = "answer=-ERR [AUTH] Username and password not accepted."
    google.faults.add("pop", "RETR", said, skip=1, times=1)

    assert sync(google, ports).new == 3
    assert stored(ports) == sha256s(raws)


def test_a_message_that_gmail_never_hands_over_holds_up_nothing(google, ports):
    """The others are stored, it is in the ledger with what Gmail said, and the trouble is told until it is over."""
    raws = deliver(google, 4)
    google.faults.add("pop", "RETR", "refuse", times=2)

    google.clock.advance(LATER)
    first = cycle.run(ports, ALICE)
    with ports.store.begin() as tx:
        entries = tx.failures.select()
    between = len(emails(ports))
    last = cycle.run(ports, ALICE)

    assert [error.code for error in first.errors] == ["message.failed"]
    assert between == 3  # the other one refused is the test message
    assert [(one.code, one.has_bytes, one.server_line[:4]) for one in entries] == [
        ("message.withheld", False, "-ERR")
    ] * 2
    assert last.ok
    with ports.store.begin() as tx:
        assert (tx.failures.select(), tx.alerts.select()) == ([], [])
    assert stored(ports) == sha256s(raws)


def test_what_was_stored_and_not_let_go_of_makes_room_for_later_mail(google, ports):
    """A session that broke off after its commit shows the same again; reading on is not stopped by it."""
    raws = deliver(google, 300)
    google.faults.add("pop", "QUIT", "close", times=1)

    google.clock.advance(LATER)
    done = cycle.run(ports, ALICE)

    assert done.ok
    assert done.incoming.new == 300
    assert stored(ports) == sha256s(raws)
    assert google.account(ALICE).popping.popped >= {
        message.gm_msgid for message in google.account(ALICE).mail.messages()
    }


def test_an_email_in_doubt_is_asked_for_by_imap(google, ports):
    """POP shows no Sent folder; where IMAP is off, the advice says that it is needed."""
    outbox.queue(ports, sender=ALICE, to=[BOB], subject="Offer", body="As promised.\n")
    google.faults.add("smtp", "message", "close", times=1)
    google.clock.advance(LATER)
    cycle.run(ports, ALICE)
    google.account(ALICE).imap = False

    google.clock.advance(LATER)
    off = cycle.run(ports, ALICE)
    google.account(ALICE).imap = True
    google.clock.advance(LATER)
    on = cycle.run(ports, ALICE)

    assert [error.code for error in off.errors] == ["imap.disabled"]
    assert "only IMAP can tell" in off.errors[0].advice
    assert off.incoming.errors == ()
    assert on.ok
