from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gmailsync.errors import ConnectionLost, GrantDead, ImapDisabled, TokenRefused
from gmailsync.flows.pull import Pulled, pull
from gmailsync.model.email import Direction, EmailStatus, Notification


def message(number):
    headers = f"Message-ID: <{number}@example.com>\r\nFrom: bob@example.com\r\nSubject: {number}\r\n"
    return f"{headers}\r\nbody {number}\r\n".encode()


def subjects(store, mailbox):
    with store.begin() as tx:
        return [email.headers.subject for email in tx.emails.select(mailbox.id)]


def cursor_of(store, mailbox):
    with store.begin() as tx:
        return tx.folders.cursor(mailbox.id, "INBOX")


def reached(store, mailbox):
    """Return up to where the Inbox is read, under which UIDVALIDITY, and how much of its backlog is left."""
    cursor = cursor_of(store, mailbox)
    return cursor.uidvalidity, cursor.last_uid, cursor.backlog_uid


def test_new_messages_become_emails_exact_to_the_byte(ports, store, gmail, mailbox, profile):
    """Bytes, header fields and Gmail's ids are kept, and the cursor passes the last one."""
    raw = message(1)
    arrived = gmail.deliver(raw)

    pulled = pull(ports, mailbox, profile)

    with store.begin() as tx:
        [email] = tx.emails.select(mailbox.id)
        assert tx.emails.raw(email.id) == raw
    assert pulled == Pulled(new=1)
    assert (email.direction, email.status) == (Direction.INCOMING, EmailStatus.RECEIVED)
    assert email.sha256 == hashlib.sha256(raw).hexdigest()
    assert email.headers.subject == "1"
    assert (email.gmail_message_id, email.labels) == (arrived.gmail_message_id, ("\\Inbox",))
    assert reached(store, mailbox) == (1, 1, 0)


def test_an_email_is_noted_for_its_attachments(ports, store, gmail, mailbox, profile):
    """People are told before they open it; nothing is taken out."""
    program = b"Content-Type: application/x-msdownload; name=run.exe\r\n\r\nMZ"
    for raw in (message(1), program):
        gmail.deliver(raw)

    pull(ports, mailbox, profile)

    with store.begin() as tx:
        plain, noted = tx.emails.select(mailbox.id)
        assert tx.emails.raw(noted.id) == program
    assert (plain.notification, noted.notification) == (Notification.NONE, Notification.ATTACHMENTS)


def test_an_empty_inbox_is_no_trouble(ports, mailbox, profile):
    """Nothing comes of nothing."""
    assert pull(ports, mailbox, profile) == Pulled()


def test_a_second_run_fetches_only_what_is_beyond_the_cursor(ports, gmail, mailbox, profile):
    """What is stored is not fetched again."""
    gmail.deliver(message(1))
    pull(ports, mailbox, profile)
    gmail.deliver(message(2))

    assert pull(ports, mailbox, profile) == Pulled(new=1)
    assert gmail.fetched == [[1], [2]]


def test_a_changed_uidvalidity_reads_all_and_doubles_nothing(ports, store, gmail, mailbox, profile):
    """UIDs mean other messages then; Gmail's message ids tell what is stored already."""
    for number in (1, 2):
        gmail.deliver(message(number))
    pull(ports, mailbox, profile)
    gmail.expunge(1)
    gmail.deliver(message(3))
    gmail.renumber(7)

    pulled = pull(ports, mailbox, profile)

    assert pulled == Pulled(new=1, known=1)
    assert subjects(store, mailbox) == ["1", "2", "3"]
    assert reached(store, mailbox) == (7, 2, 0)


def test_a_message_left_out_once_is_asked_for_again(ports, store, gmail, mailbox, profile):
    """A response that leaves out a message is no proof that it is gone."""
    for number in (1, 2, 3):
        gmail.deliver(message(number))
    gmail.hidden = {2: 1}

    assert pull(ports, mailbox, profile) == Pulled(new=3)
    assert gmail.fetched == [[1, 2, 3], [2]]


def test_a_message_expunged_meanwhile_is_passed(ports, store, gmail, mailbox, profile):
    """Gone between listing and fetching, confirmed by SEARCH: the cursor goes on."""
    for number in (1, 2, 3):
        gmail.deliver(message(number))
    gmail.hidden = {2: 1}
    gmail.after_fetch = lambda: gmail.inbox.pop(2, None)

    assert pull(ports, mailbox, profile) == Pulled(new=2)
    assert reached(store, mailbox) == (1, 3, 0)


def test_a_lost_connection_keeps_what_was_read(ports, store, gmail, mailbox, profile):
    """Each batch is a commit of its own, cursor included; the next run goes on from there."""
    for number in range(1, 6):
        gmail.deliver(message(number))
    lost = ConnectionLost("gone")
    gmail.troubles["fetch"] = [None, lost]

    assert pull(ports, mailbox, profile, max_messages=2) == Pulled(new=2, errors=(lost,))
    assert reached(store, mailbox) == (1, 5, 3)
    assert pull(ports, mailbox, profile, max_messages=2) == Pulled(new=3)
    assert sorted(subjects(store, mailbox)) == ["1", "2", "3", "4", "5"]


def test_ctrl_c_keeps_what_was_read(ports, store, gmail, mailbox, profile):
    """The interrupt goes through, and the database is one that the next run continues from."""
    for number in range(1, 6):
        gmail.deliver(message(number))
    gmail.troubles["fetch"] = [None, KeyboardInterrupt()]

    with pytest.raises(KeyboardInterrupt):
        pull(ports, mailbox, profile, max_messages=2)

    assert reached(store, mailbox) == (1, 5, 3)
    assert pull(ports, mailbox, profile, max_messages=2) == Pulled(new=3)


def test_test_messages_do_not_become_emails(ports, store, gmail, mailbox, profile):
    """What Test & Enable sent is passed over."""
    with store.begin() as tx:
        tx.emails.note_test_message(mailbox.id, "<1@contoso.com>")
    gmail.deliver(b"Message-ID: <1@contoso.com>\r\n\r\n")
    gmail.deliver(message(2))

    assert pull(ports, mailbox, profile) == Pulled(new=1, test_messages=1)
    assert reached(store, mailbox) == (1, 2, 0)


def test_a_refused_sign_in_is_in_the_result(ports, gmail, mailbox, profile):
    """The flow tells, and does not raise."""
    disabled = ImapDisabled("off")
    gmail.troubles["imap"] = [disabled]

    assert pull(ports, mailbox, profile) == Pulled(errors=(disabled,))


def test_a_token_that_died_early_is_renewed_without_trouble(ports, gmail, mailbox, profile):
    """Gmail refuses the first token, takes the renewed one, and nobody notices."""
    gmail.token_refusal = TokenRefused("no")
    gmail.accepts_token = lambda token: token == "access-2"
    gmail.deliver(message(1))

    assert pull(ports, mailbox, profile) == Pulled(new=1)


def test_a_revoked_grant_is_named_as_such(ports, gmail, oauth, mailbox, profile):
    """IMAP cannot tell why it refuses; the token endpoint can."""
    gmail.token_refusal = TokenRefused("no")
    gmail.accepts_token = lambda token: False
    dead = GrantDead("dead", google_error="invalid_grant")
    oauth.refreshed = dead

    assert pull(ports, mailbox, profile) == Pulled(errors=(dead,))


STEPS = st.lists(
    st.one_of(
        st.just(("deliver", 0)),
        st.just(("pull", 0)),
        st.just(("renumber", 0)),
        st.tuples(st.just("hide"), st.integers(0, 5)),
        st.tuples(st.just("leave out"), st.integers(0, 5)),
        st.tuples(st.just("flag"), st.integers(0, 5)),
        st.tuples(st.just("count no changes"), st.just(0)),
        st.tuples(st.just("expunge"), st.integers(0, 5)),
        st.tuples(st.just("break"), st.integers(0, 2)),
    ),
    max_size=25,
)


def happen(gmail, verb, number, uid):
    """Let Gmail do something that changes no message, or only how one is marked."""
    if verb == "renumber":
        gmail.hidden.clear()
        gmail.unlisted.clear()
        gmail.renumber(gmail.uidvalidity + 1)
    elif verb == "break":
        gmail.troubles["fetch"] = [*[None] * number, ConnectionLost("gone")]
    elif verb == "count no changes":
        gmail.modseq = None
    elif verb == "hide" and uid:
        gmail.hidden[uid] = 2
    elif verb == "leave out" and uid:
        gmail.unlisted = {uid}
    elif verb == "flag" and uid:
        gmail.change(uid, flags=("\\Seen",), labels=("Work", "\\Inbox"))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_every_message_that_stays_is_stored_once_and_as_it_is(ports, store, gmail, mailbox, profile, steps):
    """Whatever is delivered, flagged, hidden, renumbered or broken off: at the end the store is the Inbox."""
    start = len(gmail.inbox)
    seen = {m.gmail_message_id for m in gmail.inbox.values()}
    for verb, number in [*steps, ("pull", 0), ("pull", 0)]:
        uids = sorted(gmail.inbox)
        uid = uids[-1 - number] if number < len(uids) else None
        if verb == "pull":
            pull(ports, mailbox, profile, max_messages=2)
        elif verb == "deliver":
            seen.add(gmail.deliver(message(gmail.uidnext)).gmail_message_id)
        elif verb == "expunge" and number < len(uids) - start:
            seen.discard(gmail.inbox[uid].gmail_message_id)
            gmail.expunge(uid)
        else:
            happen(gmail, verb, number, uid)
    gmail.hidden.clear()
    gmail.unlisted.clear()
    gmail.troubles.clear()
    ports.clock.sleep(timedelta(days=1))  # by then all that is in the failure ledger is tried again
    gmail.modseq = 1_000 + (gmail.modseq or 0)
    gmail.changed = dict.fromkeys(gmail.inbox, gmail.modseq)
    pull(ports, mailbox, profile, max_messages=2)

    with store.begin() as tx:
        emails = {email.id: email for email in tx.emails.select(mailbox.id)}
        cursor = tx.folders.cursor(mailbox.id, "INBOX")
        placed = tx.folders.placements(mailbox.id, cursor, range(1, 1_000))
    stored = [email.gmail_message_id for email in emails.values()]
    assert len(stored) == len(set(stored))
    assert seen <= set(stored)
    assert {uid: (emails[place.email_id].gmail_message_id, place.flags) for uid, place in placed.items()} == {
        uid: (message.gmail_message_id, message.flags) for uid, message in gmail.inbox.items()
    }
    labels = {message.gmail_message_id: message.labels for message in gmail.inbox.values()}
    assert all(email.labels == labels.get(email.gmail_message_id, ()) for email in emails.values())
    assert pull(ports, mailbox, profile) == Pulled()
