from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from fakes.clock import START, VirtualClock
from fakes.gmail.folders import Folder, Role
from fakes.gmail.mail import MailStore
from fakes.ids import Ids

RAW = b"Message-ID: <1@example.com>\r\nSubject: hello\r\n\r\nhello\r\n"
INBOX = "\\Inbox"


@pytest.fixture
def mail() -> MailStore:
    """Return an empty mailbox."""
    return MailStore(VirtualClock(), Ids())


def here(mail: MailStore, gm_msgid: int) -> set[str]:
    """Return the names of the folders that show a message."""
    return {folder.name for folder in mail.folders if folder.uid_of(gm_msgid)}


def test_a_new_mailbox_has_gmails_folders(mail: MailStore) -> None:
    """INBOX comes first, then by name; UIDVALIDITY is that of newer accounts."""
    listed = [(folder.name, folder.role, folder.uidvalidity) for folder in mail.folders]

    assert listed == [
        ("INBOX", None, 1),
        ("[Gmail]/All Mail", Role.ALL, 11),
        ("[Gmail]/Drafts", Role.DRAFTS, 6),
        ("[Gmail]/Important", Role.IMPORTANT, 9),
        ("[Gmail]/Sent Mail", Role.SENT, 5),
        ("[Gmail]/Spam", Role.JUNK, 3),
        ("[Gmail]/Starred", Role.FLAGGED, 4),
        ("[Gmail]/Trash", Role.TRASH, 2),
    ]


def test_a_message_keeps_its_bytes(mail: MailStore) -> None:
    """No line end is changed, no NUL cut off."""
    raw = b"Subject: odd\n\nbare LF\nbare CR\rNUL \x00 8-bit \xff\r\nno end"

    assert mail.message(mail.add(raw, labels=[INBOX]).gm_msgid).raw == raw


def test_a_message_shows_in_the_folder_of_each_label(mail: MailStore) -> None:
    """One message, several views, each with UIDs of its own."""
    mail.add(RAW, labels=["Work"])

    message = mail.add(RAW, labels=[INBOX, "Work"])

    assert here(mail, message.gm_msgid) == {"INBOX", "Work", "[Gmail]/All Mail"}
    assert [folder.uid_of(message.gm_msgid) for folder in mail.folders if folder.uid_of(message.gm_msgid)] == [1, 2, 2]


def test_the_same_bytes_twice_are_two_messages(mail: MailStore) -> None:
    """Equal bytes do not fold."""
    first, second = mail.add(RAW, labels=[INBOX]), mail.add(RAW, labels=[INBOX])

    assert first.gm_msgid != second.gm_msgid
    assert len(list(mail.messages())) == 2


def test_user_labels_count_their_uidvalidity_up(mail: MailStore) -> None:
    """A label that is made gets the next number from 12; one that exists is the same as before."""
    numbers = [mail.create_label(name).uidvalidity for name in ("Work", "仕事/報告", "Work")]

    assert numbers == [12, 13, 12]


@pytest.mark.parametrize("name", ["", " x", "x ", "a  b", "a^b", "[Gmail]", "[Gmail]/Mine", "[gmail]/All Mail"])
def test_some_names_are_no_labels(mail: MailStore, name: str) -> None:
    """Gmail refuses excess blanks and carets, and keeps [Gmail] for itself."""
    with pytest.raises(ValueError, match="name"):
        mail.create_label(name)


def test_a_message_with_an_impossible_label_is_not_taken(mail: MailStore) -> None:
    """Nothing of it is left behind."""
    with pytest.raises(ValueError, match="name"):
        mail.add(RAW, labels=[INBOX, "a  b"])

    assert list(mail.messages()) == []
    assert mail.twin(RAW) is None


@pytest.mark.parametrize(
    ("written", "label"),
    [("INBOX", INBOX), ("\\inbox", INBOX), ("\\Spam", "\\Junk"), ("[Gmail]/Starred", "\\Starred"), ("\\foo", "\\foo")],
)
def test_a_label_may_be_written_in_several_ways(mail: MailStore, written: str, label: str) -> None:
    """System labels are known by any case and by their folder's name."""
    assert mail.add(RAW, labels=[written]).labels == {label}


def test_folders_are_found_by_name(mail: MailStore) -> None:
    """Only INBOX is found in any case."""
    assert mail.folder("inbox") is mail.folder("INBOX")
    assert mail.folder("[gmail]/all mail") is None
    assert mail.folder("[Gmail]") is None


@pytest.mark.parametrize(
    ("flag", "label", "role"), [("\\Flagged", "\\Starred", Role.FLAGGED), ("\\Draft",) * 2 + (Role.DRAFTS,)]
)
def test_some_flags_are_labels(mail: MailStore, flag: str, label: str, role: Role) -> None:
    r"""`\Flagged` is Starred and `\Draft` is Drafts, whichever is changed."""
    message = mail.add(RAW, labels=[INBOX], flags=[flag.lower()])

    unflagged = mail.set_flags(message.gm_msgid, ["\\Seen"])
    relabelled = mail.add_labels(message.gm_msgid, [label])

    assert message.flags == {flag}
    assert message.labels == {INBOX, label}
    assert unflagged.flags == {"\\Seen"}
    assert unflagged.labels == {INBOX}
    assert relabelled.flags == {"\\Seen", flag}
    assert mail.folder_by_role(role).uid_of(message.gm_msgid) == 2


@pytest.mark.parametrize(("label", "folder"), [("\\Trash", "[Gmail]/Trash"), ("\\Junk", "[Gmail]/Spam")])
def test_trash_and_spam_are_for_themselves(mail: MailStore, label: str, folder: str) -> None:
    """A message there is in no other folder, until it is moved back to the Inbox."""
    message = mail.add(RAW, labels=[INBOX, "Work"])

    mail.add_labels(message.gm_msgid, [label])
    alone = here(mail, message.gm_msgid)
    mail.add_labels(message.gm_msgid, [INBOX])

    assert alone == {folder}
    assert here(mail, message.gm_msgid) == {"INBOX", "Work", "[Gmail]/All Mail"}


def test_a_message_without_labels_is_archived(mail: MailStore) -> None:
    """It is in All Mail and nowhere else."""
    message = mail.add(RAW, labels=[INBOX])

    mail.remove_labels(message.gm_msgid, [INBOX])

    assert here(mail, message.gm_msgid) == {"[Gmail]/All Mail"}


def test_a_uid_is_never_used_again(mail: MailStore) -> None:
    """What leaves a folder and comes back is new there."""
    inbox = mail.create_label(INBOX)
    message = mail.add(RAW, labels=[INBOX])

    mail.remove_labels(message.gm_msgid, [INBOX])
    mail.add_labels(message.gm_msgid, [INBOX])

    assert dict(inbox.uids) == {2: message.gm_msgid}
    assert (inbox.uidnext, inbox.departures) == (3, [1])


@pytest.mark.parametrize(
    ("role", "labels", "left"),
    [
        (Role.SENT, ["\\Sent", INBOX], {"INBOX", "[Gmail]/All Mail"}),
        (Role.SENT, ["\\Sent"], {"[Gmail]/All Mail"}),
        (Role.ALL, [INBOX], {"INBOX", "[Gmail]/All Mail"}),
        (Role.TRASH, ["\\Trash"], None),
        (Role.JUNK, ["\\Junk"], None),
    ],
)
def test_deleting_in_a_folder_does_what_gmail_does(
    mail: MailStore, role: Role, labels: list[str], left: set[str] | None
) -> None:
    """The label goes; in Trash and Spam the message does; in All Mail nothing."""
    message = mail.add(RAW, labels=labels)
    folder = mail.folder_by_role(role)

    mail.mark(folder, 1, deleted=True)

    if left is None:
        with pytest.raises(KeyError):
            mail.message(message.gm_msgid)
        assert mail.with_message_id("<1@example.com>") == ()
    else:
        assert here(mail, message.gm_msgid) == left


def test_without_auto_expunge_deleted_messages_wait(mail: MailStore) -> None:
    r"""With the setting off `\Deleted` is a mark in one folder, which an expunge makes good."""
    mail.auto_expunge = False
    inbox = mail.create_label(INBOX)
    message = mail.add(RAW, labels=[INBOX, "Work"])

    mail.mark(inbox, 1, deleted=True)
    waiting = here(mail, message.gm_msgid)
    mail.expunge(inbox, 1)

    assert waiting == {"INBOX", "Work", "[Gmail]/All Mail"}
    assert here(mail, message.gm_msgid) == {"Work", "[Gmail]/All Mail"}
    assert not inbox.marked


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (datetime(2001, 1, 1, tzinfo=UTC), datetime(2001, 1, 1, tzinfo=UTC)),
        (datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)),
        (datetime(1969, 12, 31, tzinfo=UTC), START),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), START),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=14))), START),
        (START + timedelta(seconds=1), START),
        (None, START),
    ],
)
def test_impossible_dates_become_the_time_of_arrival(mail: MailStore, given: datetime | None, kept: datetime) -> None:
    """Dates before 1970 and after now are not believed; the X-GM-MSGID counts the date's milliseconds."""
    message = mail.add(RAW, labels=[INBOX], internal_date=given)

    assert message.internal_date == kept
    assert message.gm_msgid >> 20 == kept.timestamp() * 1000


def test_listeners_hear_of_every_change_until_they_leave(mail: MailStore) -> None:
    """A change that changes nothing is none."""
    heard: list[int] = []
    leave = mail.subscribe(lambda: heard.append(mail.highest_modseq))

    message = mail.add(RAW, labels=[INBOX])
    mail.set_flags(message.gm_msgid, ["\\Seen"])
    mail.set_flags(message.gm_msgid, ["\\seen"])
    leave()
    mail.delete(message.gm_msgid)

    assert heard == [2, 3]
    assert mail.highest_modseq == 4


def test_keywords_are_remembered(mail: MailStore) -> None:
    """Keywords are the users' own; system flags and what no message carries are not among them."""
    mail.add(RAW, labels=[INBOX], flags=["$Later", "\\Seen", "\\Recent", "\\Deleted", "Home"])

    assert mail.keywords == ("$Later", "Home")


def test_a_twin_is_a_message_with_the_same_message_id(mail: MailStore) -> None:
    """Trash and Spam do not count, and no Message-ID means no twin."""
    mail.add(RAW, labels=["\\Trash"])
    before = mail.twin(RAW)
    kept = mail.add(RAW, labels=["\\Sent"])

    assert before is None
    assert mail.twin(RAW + b"other text") == kept
    assert mail.twin(b"Subject: none\r\n\r\n") is None


class MailboxMachine(RuleBasedStateMachine):
    """Random changes; whatever happens, folders and messages tell the same story."""

    messages = Bundle("messages")

    def __init__(self) -> None:
        super().__init__()
        self.mail = MailStore(VirtualClock(), Ids())
        self.used: dict[str, dict[int, int]] = {}

    @rule(target=messages, labels=st.sets(st.sampled_from([INBOX, "\\Sent", "\\Trash", "\\Junk", "\\Starred", "Work"])))
    def add(self, labels: set[str]) -> int:
        return self.mail.add(RAW, labels=labels).gm_msgid

    @rule(message=messages, label=st.sampled_from([INBOX, "\\Trash", "\\Junk", "\\Draft", "Home"]))
    def label(self, message: int, label: str) -> None:
        self.mail.add_labels(message, [label])

    @rule(message=messages, label=st.sampled_from([INBOX, "\\Trash", "\\Starred", "Home"]))
    def unlabel(self, message: int, label: str) -> None:
        self.mail.remove_labels(message, [label])

    @rule(message=messages, flags=st.sets(st.sampled_from(["\\Seen", "\\Flagged", "\\Draft", "$X"])))
    def flag(self, message: int, flags: set[str]) -> None:
        self.mail.set_flags(message, flags)

    @rule(message=consumes(messages))
    def delete(self, message: int) -> None:
        self.mail.delete(message)

    @invariant()
    def folders_show_what_labels_say(self) -> None:
        """Each message is in Trash, in Spam, or in All Mail and the folder of each label."""
        for message in self.mail.messages():
            alone = message.labels & {"\\Trash", "\\Junk"}
            wanted: set[str | None] = {*alone} or {None, *message.labels}
            assert {folder.label for folder in self.mail.folders if folder.uid_of(message.gm_msgid)} == wanted

    @invariant()
    def uids_only_rise(self) -> None:
        """Check that UIDs rise, stay below UIDNEXT, and never mean another message than before."""
        for folder in self.mail.folders:
            uids = list(folder.uids)
            assert uids == sorted(uids)
            assert all(uid < folder.uidnext for uid in uids)
            assert folder.since(3) == [uid for uid in uids if uid >= 3]
            used = self.used.setdefault(folder.name, {})
            assert {**dict(folder.uids), **used} == {**used, **dict(folder.uids)}
            used |= folder.uids

    @invariant()
    def flags_and_labels_agree(self) -> None:
        """Starred is flagged, Drafts are drafts."""
        for message in self.mail.messages():
            assert ("\\Starred" in message.labels) is ("\\Flagged" in message.flags)
            assert ("\\Draft" in message.labels) is ("\\Draft" in message.flags)


TestMailbox = MailboxMachine.TestCase


def test_a_folder_lists_its_newest_without_going_through_all() -> None:
    """Asking for what is new costs what is new."""
    folder = Folder("INBOX", 1)
    for number in range(1000):
        folder.enter(number)

    assert folder.since(999) == [999, 1000]
    assert folder.since(1001) == []
