"""The owner's settings for IMAP (google.md 3.5, 3.8)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes.accounts import Account
from fakes.gmail.foldering import LastExpunged
from fakes.gmail.folders import Role
from fakes.gmail.languages import LANGUAGES
from fakes.gmail.mail import MailStore
from fakes.imap.session import ImapSession

Talk = Callable[..., None]
RAW = b"Subject: x\r\n\r\n"


@pytest.mark.parametrize("auto", [True, False])
@pytest.mark.parametrize(
    ("setting", "labels", "kept"),
    [
        (LastExpunged.ARCHIVE, ["\\Inbox"], set()),
        (LastExpunged.TRASH, ["\\Inbox"], {"\\Trash"}),
        (LastExpunged.DELETE_FOREVER, ["\\Inbox"], None),
        (LastExpunged.TRASH, ["\\Inbox", "Work"], {"Work"}),
        (LastExpunged.DELETE_FOREVER, ["\\Inbox", "\\Sent"], {"\\Sent"}),
        (LastExpunged.TRASH, ["\\Inbox", "Hidden"], {"\\Trash", "Hidden"}),
        (LastExpunged.DELETE_FOREVER, ["\\Inbox", "Hidden"], None),
    ],
)
def test_what_leaves_its_last_folder_goes_where_the_owner_wants_it(
    imap: ImapSession, alice: Account, auto: bool, setting: LastExpunged, labels: list[str], kept: set[str] | None
) -> None:
    """All Mail does not count as a folder here, nor does one that IMAP does not show."""
    alice.mail.create_label("Hidden")
    alice.mail.show_in_imap("Hidden", False)
    alice.mail.last_expunged, alice.mail.auto_expunge = setting, auto
    alice.mail.add(RAW, labels=labels)

    imap.receive(b"a SELECT INBOX\r\nb STORE 1 +FLAGS (\\Deleted)\r\nc EXPUNGE\r\n")

    assert [set(message.labels) for message in alice.mail.messages()] == ([] if kept is None else [kept])


def test_names_follow_the_language(imap: ImapSession, alice: Account, talk: Talk) -> None:
    """In modified UTF-7, the same folders under the same UIDVALIDITY; XLIST names INBOX too."""
    alice.mail.speak("ja")

    talk(
        imap,
        r"""
        C: a XLIST "" *
        S: * XLIST (\HasNoChildren \Inbox) "/" "&U9dP4TDIMOwwpA-"
        S: * XLIST (\HasChildren \Noselect) "/" "[Gmail]"
        S: * XLIST (\AllMail \HasNoChildren) "/" "[Gmail]/&MFkweTBmMG4w4TD8MOs-"
        S: * XLIST (\HasNoChildren \Trash) "/" "[Gmail]/&MLQw33ux-"
        S: * XLIST (\HasNoChildren \Starred) "/" "[Gmail]/&MLkwvzD8TtgwTQ-"
        S: * XLIST (\Drafts \HasNoChildren) "/" "[Gmail]/&Tgtm+DBN-"
        S: * XLIST (\HasNoChildren \Spam) "/" "[Gmail]/&j,dg0TDhMPww6w-"
        S: * XLIST (\HasNoChildren \Sent) "/" "[Gmail]/&kAFP4W4IMH8w4TD8MOs-"
        S: * XLIST (\HasNoChildren \Important) "/" "[Gmail]/&kc2JgQ-"
        S: a OK Success
        C: b STATUS "[Gmail]/&MLQw33ux-" (UIDVALIDITY)
        S: * STATUS "[Gmail]/&MLQw33ux-" (UIDVALIDITY 2)
        S: b OK Success
        """,
    )


def test_old_accounts_have_another_prefix(imap: ImapSession, alice: Account, talk: Talk) -> None:
    """Made in the United Kingdom or Germany; it is no more a folder than the other."""
    alice.mail.speak("en-GB", prefix="[Google Mail]")

    talk(
        imap,
        r"""
        C: a LIST "" "[Google Mail]/%"
        S: * LIST (\All \HasNoChildren) "/" "[Google Mail]/All Mail"
        S: * LIST (\HasNoChildren \Trash) "/" "[Google Mail]/Bin"
        S: * LIST (\Drafts \HasNoChildren) "/" "[Google Mail]/Drafts"
        S: * LIST (\HasNoChildren \Important) "/" "[Google Mail]/Important"
        S: * LIST (\HasNoChildren \Sent) "/" "[Google Mail]/Sent Mail"
        S: * LIST (\HasNoChildren \Junk) "/" "[Google Mail]/Spam"
        S: * LIST (\Flagged \HasNoChildren) "/" "[Google Mail]/Starred"
        S: a OK Success
        C: b SELECT "[Google Mail]"
        S: b NO [NONEXISTENT] Unknown Mailbox: [Google Mail] (now in authenticated state) (Failure)
        C: c DELETE "[Google Mail]"
        S: c NO [CANNOT] Folder name is not allowed: [Google Mail] (Failure)
        """,
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_names_every_role(alice: Account, language: str) -> None:
    """And a folder is found again by its role, with what is in it."""
    message = alice.mail.add(RAW, labels=["\\Sent"])

    alice.mail.speak(language)

    names = {role: alice.mail.folder_by_role(role).name for role in Role}
    assert len(set(names.values())) == len(Role)
    assert alice.mail.folder_by_role(Role.SENT).place(message.gm_msgid) == 1
    assert set(names.values()) <= alice.mail.subscriptions


def test_settings_that_gmail_does_not_have_are_refused(alice: Account) -> None:
    """Another language, another limit, a label that does not exist."""
    mail: MailStore = alice.mail

    with pytest.raises(ValueError, match="no folder names for 'tlh'"):
        mail.speak("tlh")
    with pytest.raises(ValueError, match="no folder size limit of 7"):
        mail.folder_limit = 7
    with pytest.raises(ValueError, match="no label 'Nothing'"):
        mail.show_in_imap("Nothing", False)


def test_a_large_folder_shows_its_newest(imap: ImapSession, alice: Account, talk: Talk) -> None:
    """SELECT and STATUS alike; what comes later is told, and what goes of the rest is not."""
    first, *_ = [alice.mail.add(RAW, labels=["\\Inbox"]) for _ in range(1002)]
    alice.mail.folder_limit = 1000

    talk(
        imap,
        r"""
        C: a EXAMINE INBOX
        S: * FLAGS …
        S: * OK [PERMANENTFLAGS ()] Flags permitted.
        S: * OK [UIDVALIDITY 1] UIDs valid.
        S: * 1000 EXISTS
        S: * 0 RECENT
        S: * OK [UIDNEXT 1003] Predicted next UID.
S: * OK [HIGHESTMODSEQ …
        S: a OK [READ-ONLY] INBOX selected. (Success)
        C: b UID FETCH 1:3 (UID)
        S: * 1 FETCH (UID 3)
        S: b OK Success
        C: c STATUS INBOX (MESSAGES UNSEEN)
        S: * STATUS "INBOX" (MESSAGES 1000 UNSEEN 1000)
        S: c OK Success
        """,
    )
    alice.mail.delete(first.gm_msgid)
    alice.mail.add(RAW, labels=["\\Inbox"])
    talk(
        imap,
        """
        C: d NOOP
        S: * 1001 EXISTS
        S: d OK Success
        """,
    )
