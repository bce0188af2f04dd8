from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes.accounts import Account
from fakes.gmail.folders import Role
from fakes.imap.session import ImapSession
from fakes.world import World

Talk = Callable[..., None]


@pytest.fixture
def selected(imap: ImapSession, alice: Account) -> ImapSession:
    """Return a session that has selected an INBOX with three messages."""
    for _ in range(3):
        alice.mail.add(b"Subject: x\r\n\r\n", labels=["\\Inbox"])
    imap.receive(b"s SELECT INBOX\r\n")
    return imap


def test_flags_are_added_removed_and_replaced(selected: ImapSession, talk: Talk) -> None:
    """UID STORE answers with UIDs, STORE without; .SILENT not at all; nothing is told twice."""
    talk(
        selected,
        r"""
        C: a STORE 1:2 +FLAGS (\Seen $Work)
        S: * 1 FETCH (FLAGS (\Seen $Work))
        S: * 2 FETCH (FLAGS (\Seen $Work))
        S: a OK Success
        C: b UID STORE 2 -FLAGS.SILENT \Seen
        S: b OK Success
        C: c UID STORE 2 FLAGS (\Answered \flagged)
        S: * 2 FETCH (UID 2 FLAGS (\Answered \Flagged))
        S: c OK Success
        C: d UID STORE 2 FLAGS ()
        S: * 2 FETCH (UID 2 FLAGS ())
        S: d OK Success
        C: e UID STORE 99 +FLAGS (\Seen)
        S: e OK Success
        C: f NOOP
        S: f OK Success
        """,
    )


def test_labels_are_added_and_removed(selected: ImapSession, alice: Account, talk: Talk) -> None:
    """Unknown labels are made; a label that is a flag brings a second answer; quotes are optional."""
    talk(
        selected,
        r"""
        C: a UID STORE 1 +X-GM-LABELS (foo "Muy Importante" &TtVOiw-)
        S: * 1 FETCH (X-GM-LABELS ("Muy Importante" &TtVOiw- foo) UID 1)
        S: a OK Success
        C: b STORE 1 -X-GM-LABELS foo
        S: * 1 FETCH (X-GM-LABELS ("Muy Importante" &TtVOiw-))
        S: b OK Success
        C: c UID STORE 1 +X-GM-LABELS (\Starred "\\Important")
        S: * 1 FETCH (X-GM-LABELS ("Muy Importante" "\\Important" "\\Starred" &TtVOiw-) UID 1)
        S: * 1 FETCH (UID 1 FLAGS (\Flagged))
        S: c OK Success
        C: d UID STORE 1 X-GM-LABELS.SILENT (bar)
        S: d OK Success
        C: e FETCH 1 (X-GM-LABELS FLAGS)
        S: * 1 FETCH (X-GM-LABELS (bar) FLAGS ())
        S: e OK Success
        """,
    )

    assert alice.mail.folder("仕事") is not None


def test_the_label_of_the_selected_folder_stays(selected: ImapSession, talk: Talk) -> None:
    """Removing it is answered with OK and does nothing."""
    talk(
        selected,
        r"""
        C: a UID STORE 1 -X-GM-LABELS (\Inbox)
        S: * 1 FETCH (X-GM-LABELS () UID 1)
        S: a OK Success
        C: b UID STORE 1 X-GM-LABELS ()
        S: * 1 FETCH (X-GM-LABELS () UID 1)
        S: b OK Success
        C: c UID SEARCH UID 1
        S: * SEARCH 1
        S: c OK SEARCH completed (Success)
        """,
    )


def test_archiving_works_from_all_mail(selected: ImapSession, alice: Account, talk: Talk) -> None:
    """There the Inbox's label can be taken off."""
    selected.receive(b's SELECT "[Gmail]/All Mail"\r\n')

    talk(
        selected,
        r"""
        C: a UID STORE 1 -X-GM-LABELS \Inbox
        S: * 1 FETCH (X-GM-LABELS () UID 1)
        S: a OK Success
        """,
    )

    inbox = alice.mail.folder("INBOX")
    assert inbox is not None
    assert list(inbox.uids) == [2, 3]


@pytest.mark.parametrize("label", [r"\Trash", r"\Spam", '"[Gmail]/Trash"'])
def test_a_message_labelled_trash_or_spam_leaves(selected: ImapSession, talk: Talk, label: str) -> None:
    """It is expunged from the selected folder at once."""
    talk(
        selected,
        f"""
        C: a UID STORE 2 +X-GM-LABELS ({label})
        S: * 2 EXPUNGE
        S: * 2 EXISTS
        S: a OK Success
        """,
    )


def test_a_name_that_gmail_refuses_changes_nothing(selected: ImapSession, talk: Talk) -> None:
    """Excess blanks and carets."""
    talk(
        selected,
        """
        C: a STORE 1 +X-GM-LABELS (good "bad  name")
        S: a NO [CANNOT] Folder contains excess whitespace (Failure)
        C: a STORE 1 +X-GM-LABELS ([Gmail]/Mine)
        S: a NO [CANNOT] Folder name is not allowed: [Gmail]/Mine (Failure)
        C: b FETCH 1 X-GM-LABELS
        S: * 1 FETCH (X-GM-LABELS ())
        S: b OK Success
        """,
    )


def test_deleted_messages_are_expunged_at_once(selected: ImapSession, alice: Account, talk: Talk) -> None:
    """Auto-expunge is Gmail's default: no FETCH, no need of EXPUNGE; the message stays in All Mail."""
    talk(
        selected,
        r"""
        C: a UID STORE 1,3 +FLAGS (\Deleted)
        S: * 1 EXPUNGE
        S: * 2 EXPUNGE
        S: * 1 EXISTS
        S: a OK Success
        C: b SEARCH DELETED
        S: * SEARCH
        S: b OK SEARCH completed (Success)
        C: c EXPUNGE
        S: c OK Success
        """,
    )

    assert len(alice.mail.folder_by_role(Role.ALL).uids) == 3


def test_numbers_do_not_shift_under_a_store_by_numbers(selected: ImapSession, talk: Talk) -> None:
    """STORE by sequence numbers must not tell of expunges (RFC 3501 section 7.4.1); the next command does."""
    talk(
        selected,
        r"""
        C: a STORE 1 +FLAGS (\Deleted)
        S: a OK Success
        C: b FETCH 1:3 UID
        S: * 2 FETCH (UID 2)
        S: * 3 FETCH (UID 3)
        S: b OK Success
        C: c EXPUNGE
        S: * 1 EXPUNGE
        S: * 2 EXISTS
        S: c OK Success
        """,
    )


@pytest.mark.parametrize(("folder", "label"), [("[Gmail]/Trash", "\\Trash"), ("[Gmail]/Spam", "\\Junk")])
def test_deleting_in_trash_and_spam_is_for_good(
    imap: ImapSession, alice: Account, talk: Talk, folder: str, label: str
) -> None:
    """Nothing is left of the message."""
    alice.mail.add(b"x", labels=[label])
    imap.receive(f's SELECT "{folder}"\r\n'.encode())

    talk(
        imap,
        r"""
        C: a UID STORE 1 +FLAGS.SILENT (\Deleted)
        S: * 1 EXPUNGE
        S: * 0 EXISTS
        S: a OK Success
        """,
    )

    assert list(alice.mail.messages()) == []


def test_deleting_in_all_mail_does_nothing(selected: ImapSession, alice: Account, talk: Talk) -> None:
    """Nothing permanent happens there."""
    selected.receive(b's SELECT "[Gmail]/All Mail"\r\n')

    talk(
        selected,
        r"""
        C: a UID STORE 1 +FLAGS (\Deleted \Seen)
        S: * 1 FETCH (UID 1 FLAGS (\Seen))
        S: a OK Success
        """,
    )

    assert len(list(alice.mail.messages())) == 3


def test_without_auto_expunge_deleted_messages_wait(selected: ImapSession, alice: Account, talk: Talk) -> None:
    r"""With the account's setting off `\Deleted` is a flag of this folder, until EXPUNGE or CLOSE."""
    alice.mail.auto_expunge = False

    talk(
        selected,
        r"""
        C: a UID STORE 1:2 +FLAGS (\Deleted)
        S: * 1 FETCH (UID 1 FLAGS (\Deleted))
        S: * 2 FETCH (UID 2 FLAGS (\Deleted))
        S: a OK Success
        C: b UID STORE 2 -FLAGS (\Deleted)
        S: * 2 FETCH (UID 2 FLAGS ())
        S: b OK Success
        C: c UID SEARCH DELETED
        S: * SEARCH 1
        S: c OK SEARCH completed (Success)
        C: d EXPUNGE
        S: * 1 EXPUNGE
        S: * 2 EXISTS
        S: d OK Success
        C: e STORE 1 +FLAGS.SILENT (\Deleted)
        S: e OK Success
        C: f CLOSE
        S: f OK Returned to authenticated state. (Success)
        """,
    )

    inbox = alice.mail.folder("INBOX")
    assert inbox is not None
    assert list(inbox.uids) == [3]


def test_unselect_leaves_deleted_messages(selected: ImapSession, alice: Account) -> None:
    """UNSELECT is CLOSE without the expunge, and so is CLOSE of a folder opened for reading only."""
    alice.mail.auto_expunge = False
    selected.receive(b"a STORE 1 +FLAGS (\\Deleted)\r\nb UNSELECT\r\nc EXAMINE INBOX\r\nd CLOSE\r\n")

    inbox = alice.mail.folder("INBOX")
    assert inbox is not None
    assert list(inbox.uids) == [1, 2, 3]
    assert inbox.marked == {1}


def test_nothing_is_stored_in_a_folder_opened_for_reading_only(selected: ImapSession, talk: Talk) -> None:
    """EXAMINE means what it says."""
    selected.receive(b"s EXAMINE INBOX\r\n")

    talk(
        selected,
        r"""
        C: a STORE 1 +FLAGS (\Seen)
        S: a NO STORE attempt on READ-ONLY folder (Failure)
        C: b EXPUNGE
        S: b NO EXPUNGE attempt on READ-ONLY folder (Failure)
        """,
    )


@pytest.mark.parametrize(
    "command",
    [
        "STORE 1 FLAGS",
        r"STORE 1 *FLAGS (\Seen)",
        r"STORE 1 +NONSENSE (\Seen)",
        r"STORE 1 +FLAGS (\Recent)",
        r"STORE 1 +FLAGS (\Nonsense)",
        r"STORE 1 +FLAGS (\*)",
        "STORE 1 +X-GM-LABELS (ゴミ箱)",
        "STORE 1 +X-GM-LABELS (&bad!-)",
        r"STORE 0 +FLAGS (\Seen)",
    ],
)
def test_what_gmail_cannot_parse_is_refused(selected: ImapSession, world: World, talk: Talk, command: str) -> None:
    """Flags that do not exist, labels that are no modified UTF-7."""
    talk(
        selected,
        f"""
        C: a {command}
        S: a BAD Could not parse command
        """,
    )

    assert world.unimitated == []


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("XYZZY", "Unknown command k2if6111336rvb.0"),
    ],
)
def test_what_is_not_announced_is_not_done(
    selected: ImapSession, world: World, talk: Talk, command: str, answer: str
) -> None:
    """A capability that is missing from the line is missing from the grammar, and the wish for it is remembered."""
    talk(
        selected,
        f"""
        C: a {command}
        S: a BAD {answer}
        """,
    )

    assert len(world.unimitated) == 1
