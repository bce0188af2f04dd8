r"""COPY, MOVE, APPEND and EXPUNGE, which at Gmail are about labels (google.md 3.8, RFC 4315, RFC 6851)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes.accounts import Account
from fakes.imap.numbers import sequence_set
from fakes.imap.session import ImapSession
from fakes.world import World

Talk = Callable[..., None]


@pytest.fixture
def selected(imap: ImapSession, alice: Account) -> ImapSession:
    """Return a session that has selected an INBOX with three messages; there is a label Work."""
    for number in (1, 2, 3):
        alice.mail.add(b"Message-ID: <%d@x>\r\n\r\n" % number, labels=["\\Inbox"])
    alice.mail.create_label("Work")
    imap.receive(b"s SELECT INBOX\r\n")
    return imap


def labels(alice: Account) -> list[set[str]]:
    """Return the labels of every message, in the order of arrival."""
    return [set(message.labels) for message in alice.mail.messages()]


def test_a_copy_is_a_label(selected: ImapSession, alice: Account, talk: Talk) -> None:
    """There is no second message; COPYUID tells the UIDs on both sides, and a message that is there keeps its own."""
    talk(
        selected,
        """
        C: a COPY 2 Work
        S: a OK [COPYUID 12 2 1] (Success)
        C: b UID COPY 1:* Work
        S: b OK [COPYUID 12 1:3 2,1,3] (Success)
        C: c STATUS Work (MESSAGES UIDNEXT)
        S: * STATUS "Work" (MESSAGES 3 UIDNEXT 4)
        S: c OK Success
        C: d COPY 1 inbox
        S: d OK [COPYUID 1 1 1] (Success)
        C: e UID COPY 99 Work
        S: e OK (Success)
        """,
    )

    assert labels(alice) == [{"\\Inbox", "Work"}] * 3


def test_a_move_takes_the_label_of_its_folder(selected: ImapSession, alice: Account, talk: Talk) -> None:
    """EXPUNGE comes before the tagged line, and COPYUID in it."""
    talk(
        selected,
        """
        C: a MOVE 1,3 Work
        S: * 1 EXPUNGE
        S: * 2 EXPUNGE
        S: * 1 EXISTS
        S: a OK [COPYUID 12 1,3 1:2] (Success)
        C: b UID MOVE 2 INBOX
        S: b OK [COPYUID 1 2 2] (Success)
        C: c UID MOVE 2 Work
        S: * 1 EXPUNGE
        S: * 0 EXISTS
        S: c OK [COPYUID 12 2 3] (Success)
        """,
    )

    assert labels(alice) == [{"Work"}] * 3


@pytest.mark.parametrize("verb", ["COPY", "MOVE"])
def test_all_mail_archives(selected: ImapSession, alice: Account, talk: Talk, verb: str) -> None:
    """Copied or moved there, a message is in the Inbox no longer."""
    talk(
        selected,
        f"""
        C: a UID {verb} 2 "[Gmail]/All Mail"
        S: * 2 EXPUNGE
        S: * 2 EXISTS
        S: a OK [COPYUID 11 2 2] (Success)
        """,
    )

    assert labels(alice)[1] == set()


@pytest.mark.parametrize(
    ("folder", "uidvalidity", "label"), [("[Gmail]/Trash", 2, "\\Trash"), ("[Gmail]/Spam", 3, "\\Junk")]
)
def test_a_copy_to_trash_or_spam_is_a_move(
    selected: ImapSession, alice: Account, talk: Talk, folder: str, uidvalidity: int, label: str
) -> None:
    """The message is in no other folder then; moved back it is where it was."""
    alice.mail.add_labels(next(iter(alice.mail.messages())).gm_msgid, ["Work"])

    talk(
        selected,
        f"""
        C: a COPY 1 "{folder}"
        S: * 1 EXPUNGE
        S: * 2 EXISTS
        S: a OK [COPYUID {uidvalidity} 1 1] (Success)
        C: b STATUS Work (MESSAGES)
        S: * STATUS "Work" (MESSAGES 0)
        S: b OK Success
        C: c EXAMINE "{folder}"
        S: * FLAGS …
        S: * OK [PERMANENTFLAGS ()] Flags permitted.
        S: * OK [UIDVALIDITY {uidvalidity}] UIDs valid.
        S: * 1 EXISTS
        S: * 0 RECENT
        S: * OK [UIDNEXT 2] Predicted next UID.
S: * OK [HIGHESTMODSEQ …
        S: c OK [READ-ONLY] {folder} selected. (Success)
        C: d MOVE 1 INBOX
        S: d NO MOVE attempt on READ-ONLY folder (Failure)
        C: e COPY 1 INBOX
        S: * 1 EXPUNGE
        S: * 0 EXISTS
        S: e OK [COPYUID 1 1 4] (Success)
        """,
    )

    assert labels(alice)[0] == {"\\Inbox", "Work"}


def test_a_label_that_is_a_flag_is_told_as_one(selected: ImapSession, talk: Talk) -> None:
    """Copied to Starred, a message has another flag."""
    talk(
        selected,
        r"""
        C: a COPY 2 [Gmail]/Starred
        S: * 2 FETCH (UID 2 FLAGS (\Flagged))
        S: a OK [COPYUID 4 2 1] (Success)
        """,
    )


@pytest.mark.parametrize("verb", ["COPY", "UID COPY", "MOVE", "UID MOVE"])
def test_a_folder_that_is_missing_could_be_made(selected: ImapSession, talk: Talk, verb: str) -> None:
    """RFC 3501 section 6.4.7: TRYCREATE."""
    talk(
        selected,
        f"""
        C: a {verb} 1 Nothing
        S: a NO [TRYCREATE] No folder Nothing (Failure)
        """,
    )


def test_the_target_sees_the_message_come(
    selected: ImapSession, world: World, open_imap: Callable[[World], ImapSession], talk: Talk
) -> None:
    """Who has the other folder open hears of it with the next command."""
    other = open_imap(world)
    other.receive(b"s SELECT Work\r\n")

    selected.receive(b"a MOVE 1:2 Work\r\n")

    talk(
        other,
        """
        C: a NOOP
        S: * 2 EXISTS
        S: a OK Success
        """,
    )


def test_an_append_tells_its_uid(selected: ImapSession, alice: Account, talk: Talk) -> None:
    """What is there by its Message-ID gets the label; what has the label is thrown away, and its UID is nobody's."""
    talk(
        selected,
        r"""
        C: a APPEND Work (\Seen $Later) " 5-Jan-2026 08:00:00 +0100" {13+}
        C: Subject: a
        C:
        S: a OK [APPENDUID 12 1] (Success)
        C: b APPEND Work {21+}
        C: Message-ID: <2@x>
        C:
        C:
        S: b OK [APPENDUID 12 2] (Success)
        C: c APPEND Work {21+}
        C: Message-ID: <2@x>
        C:
        C:
        S: c OK [APPENDUID 12 3] (Success)
        C: d STATUS Work (MESSAGES UIDNEXT)
        S: * STATUS "Work" (MESSAGES 2 UIDNEXT 4)
        S: d OK Success
        C: e APPEND INBOX {13+}
        C: Subject: b
        C:
        S: * 4 EXISTS
        S: e OK [APPENDUID 1 4] (Success)
        """,
    )

    assert labels(alice) == [{"\\Inbox"}, {"\\Inbox", "Work"}, {"\\Inbox"}, {"Work"}, {"\\Inbox"}]


@pytest.mark.parametrize(
    ("folder", "uid", "kept", "flags"),
    [
        ("[Gmail]/All Mail", "11 4", set(), {"\\Seen"}),
        ("[Gmail]/Sent Mail", "5 1", {"\\Sent"}, {"\\Seen"}),
        ("[Gmail]/Drafts", "6 1", {"\\Draft"}, {"\\Seen", "\\Draft"}),
        ("[Gmail]/Starred", "4 1", {"\\Starred"}, {"\\Seen", "\\Flagged"}),
        ("[Gmail]/Trash", "2 1", {"\\Trash"}, {"\\Seen"}),
        ("[Gmail]/Spam", "3 1", {"\\Junk"}, {"\\Seen"}),
    ],
)
def test_every_folder_takes_an_append(
    selected: ImapSession, alice: Account, talk: Talk, folder: str, uid: str, kept: set[str], flags: set[str]
) -> None:
    """The folder's label, and what flag it stands for."""
    talk(
        selected,
        rf"""
        C: a APPEND "{folder}" (\Seen) {{13+}}
        C: Subject: a
        C:
        S: a OK [APPENDUID {uid}] (Success)
        """,
    )

    *_, message = alice.mail.messages()
    assert (set(message.labels), set(message.flags)) == (kept, flags)


def test_what_is_appended_as_deleted_leaves_at_once(selected: ImapSession, alice: Account, talk: Talk) -> None:
    r"""With auto-expunge, as a message does that is marked `\Deleted` later; All Mail keeps it."""
    before = len(alice.mail.messages())

    talk(
        selected,
        r"""
        C: a APPEND INBOX (\Deleted) {13+}
        C: Subject: a
        C:
        S: a OK [APPENDUID 1 4] (Success)
        C: b UID SEARCH 4
        S: * SEARCH
        S: b OK SEARCH completed (Success)
        """,
    )

    assert len(alice.mail.messages()) == before + 1


def test_a_uid_expunge_takes_only_what_it_names(selected: ImapSession, alice: Account, talk: Talk) -> None:
    r"""Of what is marked `\Deleted`; with auto-expunge off, since else nothing stays marked."""
    alice.mail.auto_expunge = False

    talk(
        selected,
        r"""
        C: a STORE 1:2 +FLAGS.SILENT (\Deleted)
        S: a OK Success
        C: b UID EXPUNGE 2:3
        S: * 2 EXPUNGE
        S: * 2 EXISTS
        S: b OK Success
        C: c APPEND INBOX (\Deleted) {13+}
        C: Subject: a
        C:
        S: * 3 EXISTS
        S: c OK [APPENDUID 1 4] (Success)
        C: d EXPUNGE
        S: * 1 EXPUNGE
        S: * 2 EXPUNGE
        S: * 1 EXISTS
        S: d OK Success
        C: e EXAMINE INBOX
        S: * FLAGS …
        S: * OK [PERMANENTFLAGS ()] Flags permitted.
        S: * OK [UIDVALIDITY 1] UIDs valid.
        S: * 1 EXISTS
        S: * 0 RECENT
        S: * OK [UIDNEXT 5] Predicted next UID.
S: * OK [HIGHESTMODSEQ …
        S: e OK [READ-ONLY] INBOX selected. (Success)
        C: f UID EXPUNGE 3
        S: f NO EXPUNGE attempt on READ-ONLY folder (Failure)
        C: g UID EXPUNGE
        S: g BAD Could not parse command
        """,
    )


@pytest.mark.parametrize(
    ("uids", "written"), [([1], "1"), ([1, 2, 3], "1:3"), ([3, 1, 2, 5], "3,1:2,5"), ([2, 1], "2,1")]
)
def test_a_uid_set_keeps_its_order(uids: list[int], written: str) -> None:
    """The n-th UID of one side of COPYUID belongs to the n-th of the other."""
    assert sequence_set(uids) == written
