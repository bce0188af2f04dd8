"""Several folders of one mailbox, and what may happen to folders."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gmailsync.flows import audit as auditor
from gmailsync.flows import cycle, outbox
from gmailsync.flows.administration import MailboxChange, set_mailbox
from gmailsync.flows.pull import Pulled
from gmailsync.model.mailbox import ALL_MAIL, SENT

ALICE = "alice@contoso.com"


def test_the_same_message_in_two_folders_is_one_email_in_two_places(life):
    """Its bytes are fetched once."""
    messages = life.deliver(1, 2)
    life.mail.create_folder("Work")
    life.mail.add_labels(messages[2].gm_msgid, ["Work"])
    life.set(folders=("INBOX", "Work"))

    assert life.pull() == Pulled(new=2, known=1)
    assert set(life.places("Work").values()) == {"2"}
    assert set(life.emails()["2"].labels) == {"\\Inbox", "Work"}


def test_a_folder_that_is_not_read_any_more_leaves_nothing_waiting(life):
    """What Gmail withheld there would be asked for by no look; chosen again, it is read as far as it is not stored."""
    messages = life.deliver(1)
    life.mail.create_folder("Work")
    life.mail.add_labels(messages[1].gm_msgid, ["Work"])
    life.mail.add(b"Message-ID: <2@x.example>\r\nSubject: 2\r\n\r\n", labels=["Work"])
    life.mail.add(b"Message-ID: <3@x.example>\r\nSubject: 3\r\n\r\n", labels=["Work"])
    set_mailbox(life.app.ports, ALICE, MailboxChange(folders=("INBOX", "Work")))
    life.google.faults.add("imap", "FETCH", "omit=3", times=3)
    withheld = cycle.run(life.app.ports, ALICE)

    set_mailbox(life.app.ports, ALICE, MailboxChange(folders=("INBOX",)))
    left, labels = cycle.run(life.app.ports, ALICE), {name: set(email.labels) for name, email in life.emails().items()}
    set_mailbox(life.app.ports, ALICE, MailboxChange(folders=("INBOX", "Work")))
    again = cycle.run(life.app.ports, ALICE)

    assert [error.code for error in withheld.errors] == ["message.failed"]
    assert (left.ok, labels) == (True, {"1": {"\\Inbox", "Work"}, "2": set()})
    assert (again.incoming.new, life.places("Work")) == (1, {1: "1", 2: "2", 3: "3"})


@pytest.mark.parametrize(("folder", "label"), [("Starred", "\\Starred"), ("Important", "\\Important")])
def test_a_message_has_the_label_of_each_folder_that_shows_it(life, folder, label):
    """Gmail names a folder's own label nowhere in it, and the label of another one that is read there."""
    messages = life.deliver(1, 2)
    life.set(folders=("INBOX", f"[Gmail]/{folder}"))
    life.mail.add_labels(messages[1].gm_msgid, [label])
    life.pull()
    life.mail.set_flags(messages[1].gm_msgid, ["\\Answered", *life.mail.message(messages[1].gm_msgid).flags])
    life.mail.add_labels(messages[2].gm_msgid, [label])

    life.pull()

    assert [set(life.emails()[name].labels) for name in ("1", "2")] == [{"\\Inbox", label}] * 2


def test_all_mail_is_read_by_its_labels(life):
    """What has none of them is not fetched, and is when it gets one."""
    messages = life.deliver(1, 2)
    life.mail.create_folder("Work")
    life.mail.add_labels(messages[1].gm_msgid, ["Work"])
    life.set(folders=(ALL_MAIL,), labels=("work",))

    first = life.pull()
    life.mail.add_labels(messages[2].gm_msgid, ["Work"])
    second = life.pull()

    assert (first, second) == (Pulled(new=1), Pulled(new=1))
    assert set(life.places(ALL_MAIL).values()) == {"1", "2"}
    assert life.pull() == Pulled()


@pytest.mark.parametrize("moment", ["listing", "fetch", "changes"])
def test_labels_that_are_changed_while_all_mail_is_read_count(life, moment):
    """The sync under way knows the old ones: it stores nothing any more, and the next one reads what is wanted."""
    for label in ("Work", "Play"):
        life.mail.create_folder(label)
    messages = life.deliver(1, 2)
    life.set(folders=(ALL_MAIL,), labels=("Work",))
    life.pull()
    life.mail.add_labels(messages[1].gm_msgid, ["Work"])
    life.mail.add_labels(messages[2].gm_msgid, ["Play"])
    life.deliver(3)

    class Changing:
        """An administrator changes the labels as soon as this question is asked."""

        def __init__(self, inner):
            self._inner = inner

        def __getattr__(self, name):
            if name == moment:
                set_mailbox(life.app.ports, ALICE, MailboxChange(labels=("Play",)))
            return getattr(self._inner, name)

    overtaken = cycle.run(life.ports(Changing), ALICE)
    again = cycle.run(life.app.ports, ALICE)

    assert [error.code for error in overtaken.errors] == ["mailbox.taken"]
    assert again.ok
    assert "2" in life.emails()


def test_an_email_that_all_mail_had_refused_keeps_its_labels_when_it_leaves_the_inbox(life):
    """All Mail was looked at first, and the Inbox has brought it: archived, it still lies in All Mail."""
    messages = life.deliver(1)
    life.mail.create_folder("Play")
    life.set(folders=(ALL_MAIL, "INBOX"), labels=("work",))
    first = life.pull()
    life.mail.add_labels(messages[1].gm_msgid, ["Play"])
    life.mail.remove_labels(messages[1].gm_msgid, ["\\Inbox"])

    assert (first, life.pull()) == (Pulled(new=1), Pulled())
    assert set(life.places(ALL_MAIL).values()) == {"1"}
    assert life.emails()["1"].labels == ("Play",)


def test_what_we_sent_is_not_doubled_by_reading_sent(life):
    """It is known by its Message-ID; what the owner sent otherwise becomes a sent email."""
    life.set(folders=("INBOX", SENT))
    outbox.queue(life.app.ports, sender=ALICE, to=["bob@contoso.com"], subject="Offer", body="Hello.\n")
    life.mail.add(b"Message-ID: <own@x.example>\r\nSubject: own\r\n\r\n", labels=["\\Sent"])

    run = cycle.run(life.app.ports, ALICE)
    life.pull()

    with life.app.ports.store.begin() as tx:
        emails = [email for email in tx.emails.select() if email.headers.subject in ("Offer", "own")]
    assert run.ok
    assert sorted((email.headers.subject, email.direction, email.status) for email in emails) == [
        ("Offer", "outgoing", "sent"),
        ("own", "outgoing", "sent"),
    ]
    assert all(email.gmail_message_id for email in emails)


def test_mail_to_oneself_that_the_inbox_has_brought_does_not_stop_sent(life):
    """A listing of Sent leaves it out, so that it is fetched: it is the email that has Gmail's id already."""
    outbox.queue(life.app.ports, sender=ALICE, to=[ALICE], subject="7", body="Hello.\n")
    cycle.run(life.app.ports, ALICE)
    life.set(folders=("INBOX", SENT))
    [uid] = life.mail.folder("[Gmail]/Sent Mail").uids
    life.google.faults.add("imap", "FETCH", f"omit={uid}", times=1)

    assert life.pull() == Pulled(known=1)
    assert life.places(SENT) == {uid: "7"}


def test_what_we_sent_is_no_other_size_because_gmail_adds_header_fields(life):
    """The audit compares sizes of what came from there; of what we sent the bytes stored are those we sent."""
    life.set(folders=("INBOX", SENT))
    number = outbox.queue(life.app.ports, sender=ALICE, to=["bob@contoso.com"], subject="Offer", body="Hello.\n")
    with life.app.ports.store.begin() as tx:
        ours = tx.emails.raw(number)
    life.mail.add(b"Received: by smtp.gmail.com\r\n" + ours, labels=["\\Sent"])

    audited = auditor.audit(life.app.ports, ALICE)

    with life.app.ports.store.begin() as tx:
        assert tx.emails.raw(number) == ours
    assert audited.ok
    assert audited.audit.mended == 0


def test_a_missing_folder_is_told_and_does_not_harm_the_others(life):
    """The Inbox after it is read."""
    life.deliver(1)
    life.set(folders=("Work", "INBOX"))

    pulled = life.pull()

    assert pulled.new == 1
    assert [error.code for error in pulled.errors] == ["imap.folder-missing"]


def test_hard_case_14_a_folder_is_emptied_deleted_recreated_and_renamed(life):
    """Emails stay whatever becomes of the folder; it is read again when it is back."""
    messages = life.deliver(1, 2)
    life.mail.create_folder("Work")
    for message in messages.values():
        life.mail.add_labels(message.gm_msgid, ["Work"])
    life.set(folders=("INBOX", "Work"))
    life.pull()
    places = life.places("Work")

    life.mail.rename_folder("Work", "Old")
    renamed = life.pull()
    kept = life.places("Work")
    life.mail.create_folder("Work")
    recreated = life.pull()
    life.mail.add_labels(messages[1].gm_msgid, ["Work"])
    filled = life.pull()

    assert [error.code for error in renamed.errors] == ["imap.folder-missing"]
    assert kept == places
    assert (recreated.errors, filled) == ((), Pulled(known=1))
    assert list(life.places("Work").values()) == ["1"]
    assert set(life.emails()) == {"1", "2"}


def test_hard_case_14_a_list_that_comes_back_empty_destroys_nothing(life):
    """All Mail is not found this time; its places stay."""
    life.deliver(1, 2)
    life.set(folders=(ALL_MAIL,))
    life.pull()
    places = life.places(ALL_MAIL)
    life.google.faults.add("imap", "LIST", "answer=OK Success", times=1)

    cut = life.pull()

    assert [error.code for error in cut.errors] == ["imap.folder-missing"]
    assert life.places(ALL_MAIL) == places
    assert life.pull() == Pulled()


@pytest.mark.parametrize("hours", [1, 30])
def test_a_start_date_bounds_what_is_read(life, hours):
    """What arrived before it is left alone, to the second; an earlier one brings it, and a later one loses nothing."""
    life.deliver(1)
    life.google.clock.advance(timedelta(hours=hours))
    start = life.google.clock.now()
    life.deliver(2)
    life.set(read_from=start)

    bounded = life.pull()
    life.set(read_from=start - timedelta(days=3))
    opened = life.pull()
    life.set(read_from=start + timedelta(days=3))
    narrowed = life.pull()
    still = life.pull()

    assert (bounded, opened) == (Pulled(new=1), Pulled(new=1))
    assert (narrowed, still) == (Pulled(), Pulled())
    assert set(life.places().values()) == {"1", "2"}


@pytest.mark.parametrize("labels", [["\\Sent"], ["\\Sent", "\\Inbox"]])
def test_an_answer_to_what_was_sent_with_another_program_belongs_to_it(life, labels):
    """What lies in Sent is an activity of its owner's, also where it is in the Inbox as well."""
    life.set(folders=(SENT, "INBOX"))
    own = (
        b"Message-ID: <own@x.example>\r\nFrom: alice@contoso.com\r\nTo: carol@fabrikam.example\r\nSubject: own\r\n\r\n"
    )
    answer = b"Message-ID: <re@x.example>\r\nIn-Reply-To: <own@x.example>\r\nFrom: carol@fabrikam.example\r\n"
    life.mail.add(own, labels=labels)
    life.pull()
    life.mail.add(answer + b"To: alice@contoso.com\r\nSubject: re\r\n\r\n", labels=["\\Inbox"])
    life.pull()

    with life.app.ports.store.begin() as tx:
        emails = {email.headers.subject: email for email in tx.emails.select()}
        sent, answered = (tx.activities.get(emails[subject].activity_id) for subject in ("own", "re"))
    assert (sent.direction, emails["own"].direction) == ("outgoing", "outgoing")
    assert answered.correlation.activity_id == sent.id
    assert answered.correlation.method == "in_reply_to"
