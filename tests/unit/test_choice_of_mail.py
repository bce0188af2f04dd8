"""What an administrator chooses to be read: folders, labels, start dates."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gmailsync.cli.values import start_date
from gmailsync.errors import BadInput
from gmailsync.flows import administration
from gmailsync.flows.administration import MailboxChange
from gmailsync.model.folder import Cursor, Listed, Outcome, Placement
from gmailsync.model.mailbox import ALL_MAIL, SENT
from gmailsync.model.startdate import Start
from gmailsync.rules import choice, entries

DAY = datetime(2026, 1, 31, tzinfo=UTC)


def test_folders_are_named_once_and_in_gmails_spelling():
    """INBOX and special uses are known without regard to case."""
    assert entries.check_folders(["inbox", "\\all", " Work ", "\\SENT", "INBOX"]) == ("INBOX", ALL_MAIL, "Work", SENT)


@pytest.mark.parametrize("folders", [[], [""], ["\\Trash"], ["a\nb"]])
def test_what_is_no_folder_is_refused(folders):
    """One line names the field."""
    with pytest.raises(BadInput, match="folder"):
        entries.check_folders(folders)


def test_labels_need_all_mail():
    """They are a condition on that folder."""
    assert entries.check_labels(["Work", "Work"], [ALL_MAIL]) == ("Work",)
    with pytest.raises(BadInput, match="label"):
        entries.check_labels(["Work"], ["INBOX"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", DAY),
        ("2026-01-31T09:00+09:00", DAY),
        ("none", None),
    ],
)
def test_a_start_date_is_a_day_a_moment_or_none(text, expected):
    """A day begins in UTC."""
    assert start_date(text) == Start(expected)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30", "2026-01-31T09:00", "0001-01-01T00:00+09:00"])
def test_another_start_date_is_refused(text):
    """A moment without a zone could be any."""
    with pytest.raises(BadInput, match="start date"):
        start_date(text)


def test_a_mailbox_keeps_what_is_not_changed(ports, mailbox):
    """Folders, labels and the start date change each for itself; none takes the start date away."""
    changes = [
        MailboxChange(folders=["INBOX", "\\All"], labels=["Work"], read_from=Start(DAY)),
        MailboxChange(labels=["Play"]),
        MailboxChange(read_from=Start(None)),
        MailboxChange(folders=["INBOX"]),
    ]

    seen = [administration.set_mailbox(ports, mailbox.address, change) for change in changes]

    assert [(one.folders, one.labels, one.read_from) for one in seen] == [
        (("INBOX", ALL_MAIL), ("Work",), DAY),
        (("INBOX", ALL_MAIL), ("Play",), DAY),
        (("INBOX", ALL_MAIL), ("Play",), None),
        (("INBOX",), (), None),
    ]


def test_other_labels_open_all_mail_again(ports, store, mailbox):
    """What was refused for its labels has no place any more, and the whole folder is a backlog."""
    with store.begin() as tx:
        cursor = Cursor(ALL_MAIL, 1, 9, modseq=5, uidnext=10, messages=1)
        tx.folders.save(mailbox.id, cursor, [Placement(4, Outcome.REFUSED), Placement(5, Outcome.TEST)])

    administration.set_mailbox(ports, mailbox.address, MailboxChange(folders=["\\All"], labels=["Work"]))

    with store.begin() as tx:
        assert tx.folders.cursor(mailbox.id, ALL_MAIL) == Cursor(ALL_MAIL, 1, 9, backlog_uid=9)
        assert tx.folders.outcomes(mailbox.id, cursor) == {5: Outcome.TEST}


@pytest.mark.parametrize(
    ("labels", "wanted", "has"),
    [(("Work",), ["work"], True), (("\\Inbox",), ["inbox"], True), ((), ["work"], False), ((), [], True)],
)
def test_labels_are_compared_as_gmail_does(labels, wanted, has):
    """Without regard to case or to the backslash of Gmail's own."""
    assert choice.has_label(Listed(1, labels=labels), choice.condition(ALL_MAIL, wanted)) is has
