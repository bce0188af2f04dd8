"""Hard cases of change: modification sequences that fail, watermarks that drift, and mail that moves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gmailsync.errors import ConnectionLost
from gmailsync.flows.audit import audit
from gmailsync.flows.pull import Pulled
from gmailsync.model.mailbox import ALL_MAIL


@pytest.fixture
def read(life):
    """Have five messages read, and give them by number."""
    life.messages = life.deliver(*range(1, 6))
    assert life.pull().new == 5
    return life


def flags(life, uid):
    with life.app.ports.store.begin() as tx:
        mailbox = tx.mailboxes.get("alice@contoso.com")
        return tx.folders.placements(mailbox.id, tx.folders.cursor(mailbox.id, "INBOX"), [uid])[uid].flags


@pytest.mark.parametrize("told", ["1", "0", "none"])
def test_hard_case_04_highestmodseq_falls_or_is_missing(read, told):
    """Flags keep arriving, and once they have there is no full scan any more."""
    read.google.faults.add("imap", "EXAMINE", f"highestmodseq={told}")
    read.mail.set_flags(read.messages[2].gm_msgid, ["\\Seen"])
    read.google.clock.advance(timedelta(hours=1))

    read.pull()
    read.set(last_success=read.google.clock.now())
    asked = len(read.heard("UID FETCH"))
    again = read.pull()

    assert "\\Seen" in flags(read, 3)
    assert again == Pulled()
    assert len(read.heard("UID FETCH")) == asked


def test_hard_case_05_a_message_that_arrives_between_the_questions_is_there_at_the_next_run(read):
    """The marks are those of the moment before: flags and mail that came later are new next time."""
    read.deliver(6)

    class Late:
        """Deliver another message and change a flag as soon as the folder is open."""

        def __init__(self, inner):
            self._inner = inner

        def __getattr__(self, name):
            return getattr(self._inner, name)

        def open_folder(self, name):
            state = self._inner.open_folder(name)
            read.deliver(7)
            read.mail.set_flags(read.messages[1].gm_msgid, ["\\Seen"])
            return state

    first = read.pull(through=Late)
    second = read.pull()

    assert first.new + second.new == 2
    assert set(read.emails()) == {"1", "2", "3", "4", "5", "6", "7"}
    assert "\\Seen" in flags(read, 2)


@pytest.mark.parametrize(("times", "looks"), [(1, 1), (2, 2), (3, 3)])
def test_hard_case_06_flags_and_labels_that_an_answer_about_changes_left_out_follow(read, times, looks):
    """SEARCH names the message, and as long as FETCH tells nothing of it no mark moves on."""
    read.mail.add_labels(read.messages[2].gm_msgid, ["Work"])
    read.mail.set_flags(read.messages[2].gm_msgid, ["\\Seen"])
    read.google.faults.add("imap", "FETCH", "omit=3", times=times)
    for _ in range(looks):
        untold = flags(read, 3)
        read.pull()

    assert untold == ()
    assert "\\Seen" in flags(read, 3)
    assert set(read.emails()["2"].labels) == {"\\Inbox", "Work"}


def test_hard_case_06_flags_and_labels_that_both_answers_left_out_come_with_the_audit(read):
    """No later answer tells of them, because the mark has moved on."""
    read.mail.add_labels(read.messages[2].gm_msgid, ["Work"])
    read.mail.set_flags(read.messages[2].gm_msgid, ["\\Seen"])
    for question in ("FETCH", "SEARCH"):
        read.google.faults.add("imap", question, "omit=3", times=1)
    read.pull()

    audited = audit(read.app.ports, "alice@contoso.com")

    assert audited.ok
    assert "\\Seen" in flags(read, 3)
    assert set(read.emails()["2"].labels) == {"\\Inbox", "Work"}


class Breaking:
    """A session that breaks off as soon as a message is fetched."""

    def __init__(self, inner):
        self._inner = inner

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def fetch(self, batches):
        raise ConnectionLost("broken off")


def test_hard_case_05_what_changes_after_missed_mail_was_mended_is_seen(read):
    """The audit reads a message that had no trace; a flag of a later one changes after that."""
    with read.app.ports.store.begin() as tx:
        mailbox = tx.mailboxes.get("alice@contoso.com")
        tx.folders.remove(mailbox.id, tx.folders.cursor(mailbox.id, "INBOX"), [3])
    audited = audit(read.app.ports, "alice@contoso.com")
    read.mail.set_flags(read.messages[5].gm_msgid, ["\\Seen"])

    read.pull()

    assert (audited.ok, audited.audit.mended) == (True, 1)
    assert "\\Seen" in flags(read, 6)


@pytest.mark.parametrize("number", [1, 2])
def test_hard_case_05_what_changes_after_missed_mail_could_not_be_read_is_seen(life, number):
    """All Mail has one that is wanted now, the connection breaks off before it is had, and another is wanted, too."""
    life.mail.create_folder("Work")
    life.set(folders=(ALL_MAIL,), labels=("Work",))
    messages = life.deliver(*range(1, 6))
    life.pull()
    life.mail.add_labels(messages[number].gm_msgid, ["Work"])
    broken = life.pull(through=Breaking)
    life.mail.add_labels(messages[4].gm_msgid, ["Work"])

    again = life.pull()

    assert [error.code for error in broken.errors] == ["network.connection-lost"]
    assert again == Pulled(new=2)
    assert set(life.emails()) == {str(number), "4"}


def test_hard_case_08_sequence_numbers_shift_during_a_listing(life):
    """A message goes between two pages of the listing: all survivors are stored, because only UIDs count."""
    life.deliver(*range(1, 21))

    class Shifting:
        """Expunge the tenth message after the first answer."""

        def __init__(self, inner):
            self._inner, self._done = inner, False

        def __getattr__(self, name):
            return getattr(self._inner, name)

        def fetch(self, batches):
            for found in self._inner.fetch(batches):
                if not self._done:
                    self._done = True
                    life.mail.expunge(life.mail.folder("INBOX"), 11)
                yield found

    first = life.pull(through=Shifting)

    assert first.errors == ()
    assert life.pull().errors == ()
    assert set(life.places().values()) == {str(number) for number in range(1, 21) if number != 10}


def test_hard_case_10_same_count_different_mail(read):
    """One went and one came; then only a flag changed."""
    read.mail.expunge(read.mail.folder("INBOX"), 3)
    read.deliver(6)
    first = read.pull()
    read.mail.set_flags(read.messages[1].gm_msgid, ["\\Flagged"])
    second = read.pull()

    assert (first, second) == (Pulled(new=1), Pulled())
    assert read.places() == {2: "1", 4: "3", 5: "4", 6: "5", 7: "6"}
    assert "\\Flagged" in flags(read, 2)


def test_hard_case_12_one_mail_many_labels_then_moves(read):
    """Inbox to label to Trash to Inbox: one email throughout, its labels right each time it is seen."""
    number, message = read.emails()["2"].id, read.messages[2].gm_msgid
    seen = []
    read.mail.add_labels(message, ["Work"])
    read.pull()
    seen.append(set(read.emails()["2"].labels))
    read.mail.remove_labels(message, ["\\Inbox"])
    read.pull()
    seen.append(set(read.emails()["2"].labels))
    read.mail.add_labels(message, ["\\Trash"])
    read.pull()
    read.mail.add_labels(message, ["\\Inbox"])
    moved = read.pull()
    seen.append(set(read.emails()["2"].labels))

    assert moved == Pulled(known=1)
    assert seen == [{"Work", "\\Inbox"}, set(), read.mail.message(message).labels]
    assert read.emails()["2"].id == number
    assert len(read.emails()) == 5
