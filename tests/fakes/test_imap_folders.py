from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes.accounts import Account
from fakes.imap.session import ImapSession
from fakes.world import World

Talk = Callable[..., None]

FLAGS = r"\Answered \Flagged \Draft \Deleted \Seen $NotPhishing $Phishing $Work Junk"


def test_folders_are_listed_as_gmail_lists_them(imap: ImapSession, talk: Talk) -> None:
    """INBOX first, special uses without being asked for, attributes by the alphabet."""
    talk(
        imap,
        r"""
        C: A3 LIST "" "*"
        S: * LIST (\HasNoChildren) "/" "INBOX"
        S: * LIST (\HasChildren \Noselect) "/" "[Gmail]"
        S: * LIST (\All \HasNoChildren) "/" "[Gmail]/All Mail"
        S: * LIST (\Drafts \HasNoChildren) "/" "[Gmail]/Drafts"
        S: * LIST (\HasNoChildren \Important) "/" "[Gmail]/Important"
        S: * LIST (\HasNoChildren \Sent) "/" "[Gmail]/Sent Mail"
        S: * LIST (\HasNoChildren \Junk) "/" "[Gmail]/Spam"
        S: * LIST (\Flagged \HasNoChildren) "/" "[Gmail]/Starred"
        S: * LIST (\HasNoChildren \Trash) "/" "[Gmail]/Trash"
        S: A3 OK Success
        """,
    )


def test_xlist_and_lsub_are_listed_in_their_own_way(imap: ImapSession, talk: Talk) -> None:
    """XLIST has Gmail's old names for special uses, LSUB none."""
    talk(
        imap,
        r"""
        C: a XLIST "" "*"
        S: * XLIST (\HasNoChildren \Inbox) "/" "Inbox"
        S: * XLIST (\HasChildren \Noselect) "/" "[Gmail]"
        S: * XLIST (\AllMail \HasNoChildren) "/" "[Gmail]/All Mail"
        S: * XLIST (\Drafts \HasNoChildren) "/" "[Gmail]/Drafts"
        S: * XLIST (\HasNoChildren \Important) "/" "[Gmail]/Important"
        S: * XLIST (\HasNoChildren \Sent) "/" "[Gmail]/Sent Mail"
        S: * XLIST (\HasNoChildren \Spam) "/" "[Gmail]/Spam"
        S: * XLIST (\HasNoChildren \Starred) "/" "[Gmail]/Starred"
        S: * XLIST (\HasNoChildren \Trash) "/" "[Gmail]/Trash"
        S: a OK Success
        C: b LSUB "" %
        S: * LSUB (\HasNoChildren) "/" "INBOX"
        S: * LSUB (\HasChildren \NonExistent) "/" "[Gmail]"
        S: b OK Success
        """,
    )


def test_labels_are_listed_among_the_folders(imap: ImapSession, alice: Account, talk: Talk) -> None:
    """Names in modified UTF-7; a parent that is no label itself cannot be selected."""
    for name in ("R&D", "仕事", "Clients/Contoso", 'odd "name\\'):
        alice.mail.create_label(name)

    talk(
        imap,
        r"""
        C: a LIST "" "%"
        S: * LIST (\HasNoChildren) "/" "INBOX"
        S: * LIST (\HasChildren \Noselect) "/" "Clients"
        S: * LIST (\HasNoChildren) "/" "R&-D"
        S: * LIST (\HasChildren \Noselect) "/" "[Gmail]"
        S: * LIST (\HasNoChildren) "/" "odd \"name\\"
        S: * LIST (\HasNoChildren) "/" "&TtVOiw-"
        S: a OK Success
        C: b LIST Clients/ *
        S: * LIST (\HasNoChildren) "/" "Clients/Contoso"
        S: b OK Success
        C: c LIST "" ""
        S: * LIST (\Noselect) "/" "/"
        S: c OK Success
        C: d NAMESPACE
        S: * NAMESPACE (("" "/")) NIL NIL
        S: d OK Success
        """,
    )


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*", ["INBOX", "a", "a/b", "a/b/c"]),
        ("%", ["INBOX", "a"]),
        ("a/%", ["a/b"]),
        ("%/%", ["a/b"]),
        ("%/%c", []),
        ("*c", ["a/b/c"]),
        ("*%", ["INBOX", "a", "a/b", "a/b/c"]),
        ("a*c", ["a/b/c"]),
        ("inbox", ["INBOX"]),
        ("InB%", ["INBOX"]),
        ("A", []),
        ("a.b", []),
        ("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", []),
    ],
)
def test_patterns_match_names(
    imap: ImapSession, alice: Account, said: Callable[..., str], pattern: str, names: list[str]
) -> None:
    """`*` goes over levels and `%` does not; INBOX in any case, other names exactly."""
    alice.mail.create_label("a/b/c")

    answer = said(imap.receive(f'a LIST "" "{pattern}"\r\n'.encode()))

    listed = [line.split('"/" ')[1].strip('"') for line in answer.splitlines()[:-1]]
    assert [name for name in listed if not name.startswith("[Gmail]")] == names


def test_selecting_tells_the_state_of_a_folder(imap: ImapSession, world: World, alice: Account, talk: Talk) -> None:
    """The lines, their order and their texts are Gmail's."""
    world.deliver("alice@contoso.com", b"Subject: one\r\n\r\n")
    alice.mail.add(b"Subject: two\r\n\r\n", labels=[], flags=["Junk", "$Work"])

    talk(
        imap,
        rf"""
        C: A5 SELECT "[Gmail]/All Mail"
        S: * FLAGS ({FLAGS})
        S: * OK [PERMANENTFLAGS ({FLAGS} \*)] Flags permitted.
        S: * OK [UIDVALIDITY 11] UIDs valid.
        S: * 2 EXISTS
        S: * 0 RECENT
        S: * OK [UIDNEXT 3] Predicted next UID.
        S: * OK [HIGHESTMODSEQ …]
        S: A5 OK [READ-WRITE] [Gmail]/All Mail selected. (Success)
        C: A6 EXAMINE inbox
        S: * FLAGS ({FLAGS})
        S: * OK [PERMANENTFLAGS ()] Flags permitted.
        S: * OK [UIDVALIDITY 1] UIDs valid.
        S: * 1 EXISTS
        S: * 0 RECENT
        S: * OK [UIDNEXT 2] Predicted next UID.
        S: * OK [HIGHESTMODSEQ …]
        S: A6 OK [READ-ONLY] INBOX selected. (Success)
        C: A7 CLOSE
        S: A7 OK Returned to authenticated state. (Success)
        C: A8 UNSELECT
        S: A8 BAD Unknown command k2if6111336rvb.0
        """,
    )


def test_a_folder_that_does_not_exist_is_unknown(imap: ImapSession, talk: Talk) -> None:
    """A failed SELECT leaves the folder that was selected, and Gmail says so."""
    talk(
        imap,
        """
        C: 41 SELECT Nothing
        S: 41 NO [NONEXISTENT] Unknown Mailbox: Nothing (Failure)
        C: 42 SELECT [Gmail]
        S: 42 NO [NONEXISTENT] Unknown Mailbox: [Gmail] (now in authenticated state) (Failure)
        C: 43 EXAMINE INBOX
        S: * FLAGS …
        S: * OK [PERMANENTFLAGS ()] Flags permitted.
        S: * OK [UIDVALIDITY 1] UIDs valid.
        S: * 0 EXISTS
        S: * 0 RECENT
        S: * OK [UIDNEXT 1] Predicted next UID.
        S: * OK [HIGHESTMODSEQ …]
        S: 43 OK [READ-ONLY] INBOX selected. (Success)
        C: 44 SELECT Nothing
        S: 44 NO [NONEXISTENT] Unknown Mailbox: Nothing (now in authenticated state) (Failure)
        C: 45 CHECK
        S: 45 BAD Unknown command k2if6111336rvb.0
        C: 46 STATUS Nothing (MESSAGES)
        S: 46 NO [NONEXISTENT] Unknown Mailbox: Nothing (Failure)
        """,
    )


def test_a_raw_8_bit_name_is_not_found(imap: ImapSession, alice: Account, talk: Talk) -> None:
    """Without modified UTF-7 the bytes are taken as they are, although LIST has the folder."""
    alice.mail.create_label("ゴミ箱")

    talk(
        imap,
        """
        C: a SELECT {9}
        S: + go ahead
        C: ゴミ箱
        S: a NO [NONEXISTENT] Unknown Mailbox: ゴミ箱 (Failure)
        C: b STATUS "&MLQw33ux-" (UIDVALIDITY)
        S: * STATUS "&MLQw33ux-" (UIDVALIDITY 12)
        S: b OK Success
        """,
    )


def test_status_counts_without_selecting(imap: ImapSession, world: World, alice: Account, talk: Talk) -> None:
    """In Gmail's order whatever the client's."""
    world.deliver("alice@contoso.com", b"Subject: one\r\n\r\n")
    alice.mail.add(b"Subject: two\r\n\r\n", labels=["\\Inbox"], flags=["\\Seen"])

    talk(
        imap,
        """
        C: a STATUS inbox (unseen UIDNEXT MESSAGES RECENT UIDVALIDITY)
        S: * STATUS "INBOX" (MESSAGES 2 RECENT 0 UIDNEXT 3 UIDVALIDITY 1 UNSEEN 1)
        S: a OK Success
        C: b STATUS INBOX (APPENDLIMIT)
        S: * STATUS "INBOX" (APPENDLIMIT 35651584)
        S: b OK Success
        C: c STATUS INBOX ()
        S: c BAD Could not parse command
        """,
    )


def test_appending_puts_a_message_into_a_folder(imap: ImapSession, alice: Account, talk: Talk) -> None:
    """With flags, with a date, and with no second copy of a message that is there already."""
    talk(
        imap,
        r"""
        C: a APPEND "[Gmail]/Sent Mail" (\Seen) "05-Jan-2026 08:00:00 +0100" {44}
        S: + go ahead
        C: Message-ID: <1@x>
        C: Subject: hello
        C:
        C: hello
        C:
        S: a OK [APPENDUID 5 1] (Success)
        C: b APPEND INBOX {21+}
        C: Message-ID: <1@x>
        C:
        C:
        S: b OK [APPENDUID 1 1] (Success)
        C: c APPEND Nothing {0}
        S: + go ahead
        C:
        S: c NO [TRYCREATE] No folder Nothing (Failure)
        C: d APPEND INBOX {35651585}
        S: d BAD [TOOBIG] Message too large. https://support.google.com/mail/answer/6584#limit
        C: e NOOP
        S: e OK Success
        """,
    )

    (message,) = alice.mail.messages()
    assert message.raw == b"Message-ID: <1@x>\r\nSubject: hello\r\n\r\nhello\r\n"
    assert message.labels == {"\\Sent", "\\Inbox"}
    assert message.flags == {"\\Seen"}
    assert message.internal_date.isoformat() == "2026-01-05T07:00:00+00:00"
