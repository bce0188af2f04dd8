r"""An account in classic mode: what RFC 3501 promises of messages in folders, command by command.

Each conversation does what a group of scripts of Dovecot's imaptest looks at; several sessions take
turns where what one does shows to another.
"""

from __future__ import annotations

from collections.abc import Callable

from classic import fill, names

from fakes.accounts import Account
from fakes.gmail.folders import Role
from fakes.google import SimulatedGoogle
from fakes.imap.session import ImapSession

Talk = Callable[..., None]
Said = Callable[..., str]
ALICE = "alice@contoso.com"
FLAGS = r"\Answered \Flagged \Draft \Deleted \Seen $NotPhishing $Phishing"


def test_selecting_tells_what_is_recent_and_unseen(
    enter_classic: Callable[..., ImapSession], classic: Account, talk: Talk
) -> None:
    r"""EXAMINE leaves `\Recent` as it is, SELECT takes it (imaptest: select)."""
    fill(classic, 2)
    classic.mail.set_flags(next(iter(classic.mail.messages())).gm_msgid, ["\\Seen"])

    talk(
        enter_classic(),
        rf"""
        C: a EXAMINE INBOX
        S: * FLAGS ({FLAGS})
        S: * OK [PERMANENTFLAGS ()] Flags permitted.
        S: * OK [UIDVALIDITY 1] UIDs valid.
        S: * 2 EXISTS
        S: * 2 RECENT
        S: * OK [UNSEEN 2] First unseen.
        S: * OK [UIDNEXT 3] Predicted next UID.
        S: * OK [HIGHESTMODSEQ …] Highest.
        S: a OK [READ-ONLY] INBOX selected. (Success)
        C: b CLOSE
        S: b OK Returned to authenticated state. (Success)
        C: c STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)
        S: * STATUS "INBOX" (MESSAGES 2 RECENT 2 UIDNEXT 3 UIDVALIDITY 1 UNSEEN 1)
        S: c OK Success
        C: d SELECT INBOX
        S: * FLAGS ({FLAGS})
        S: * OK [PERMANENTFLAGS ({FLAGS} \*)] Flags permitted.
        S: * OK [UIDVALIDITY 1] UIDs valid.
        S: * 2 EXISTS
        S: * 2 RECENT
        S: * OK [UNSEEN 2] First unseen.
        S: * OK [UIDNEXT 3] Predicted next UID.
        S: * OK [HIGHESTMODSEQ …] Highest.
        S: d OK [READ-WRITE] INBOX selected. (Success)
        C: e FETCH 1:2 FLAGS
        S: * 1 FETCH (FLAGS (\Seen \Recent))
        S: * 2 FETCH (FLAGS (\Recent))
        S: e OK Success
        C: f STORE 2 +FLAGS (\Seen)
        S: * 2 FETCH (FLAGS (\Seen \Recent))
        S: f OK Success
        C: g STATUS INBOX (RECENT)
        S: * STATUS "INBOX" (RECENT 0)
        S: g OK Success
        """,
    )


def test_an_append_is_recent_to_one_session(enter_classic: Callable[..., ImapSession], talk: Talk) -> None:
    """To that which is told of it first; each append is a message of its own (imaptest: append)."""
    one, two, three = enter_classic("INBOX"), enter_classic("INBOX"), enter_classic()

    talk(
        one,
        r"""
        C: a APPEND INBOX (\Seen \Flagged) {16+}
        C: Message-ID: <1@x
        S: * 1 EXISTS
        S: * 1 RECENT
        S: a OK [APPENDUID 1 1] (Success)
        """,
    )
    talk(
        two,
        r"""
        C: a NOOP
        S: * 1 EXISTS
        S: a OK Success
        C: b FETCH 1 (UID FLAGS)
        S: * 1 FETCH (UID 1 FLAGS (\Flagged \Seen))
        S: b OK Success
        """,
    )
    talk(
        three,
        """
        C: a STATUS INBOX (MESSAGES UNSEEN RECENT)
        S: * STATUS "INBOX" (MESSAGES 1 RECENT 0 UNSEEN 0)
        S: a OK Success
        C: b APPEND INBOX {16+}
        C: Message-ID: <1@x
        S: b OK [APPENDUID 1 2] (Success)
        C: c STATUS INBOX (MESSAGES UNSEEN RECENT)
        S: * STATUS "INBOX" (MESSAGES 2 RECENT 1 UNSEEN 1)
        S: c OK Success
        C: d APPEND Nothing {1+}
        C: x
        S: d NO [TRYCREATE] No folder Nothing (Failure)
        """,
    )
    talk(
        one,
        r"""
        C: b NOOP
        S: * 2 EXISTS
        S: * 2 RECENT
        S: b OK Success
        C: c FETCH 1:2 FLAGS
        S: * 1 FETCH (FLAGS (\Flagged \Seen \Recent))
        S: * 2 FETCH (FLAGS (\Recent))
        S: c OK Success
        """,
    )


def test_a_copy_is_another_message(enter_classic: Callable[..., ImapSession], classic: Account, talk: Talk) -> None:
    r"""With the flags and the date of the first, `\Deleted` and keywords too; from then on each has its own.

    (imaptest: copy, uidplus.)
    """
    fill(classic, 3)
    one, two = enter_classic("INBOX"), enter_classic()
    two.receive(b"c CREATE Work\r\ns SELECT Work\r\n")

    talk(
        one,
        r"""
        C: a STORE 1 FLAGS.SILENT (\Seen)
        S: a OK Success
        C: b STORE 3 FLAGS.SILENT (\Flagged \Deleted $Later)
        S: * FLAGS (…$Later…)
        S: * OK [PERMANENTFLAGS …
        S: b OK Success
        C: c COPY 1,3 Work
        S: c OK [COPYUID 12 1,3 1:2] (Success)
        C: d COPY 1 Nothing
        S: d NO [TRYCREATE] No folder Nothing (Failure)
        """,
    )
    talk(
        two,
        r"""
        C: a NOOP
        S: * FLAGS (…$Later…)
        S: * OK [PERMANENTFLAGS …
        S: * 2 EXISTS
        S: * 2 RECENT
        S: a OK Success
        C: b FETCH 1:2 (INTERNALDATE FLAGS)
        S: * 1 FETCH (INTERNALDATE "… +0000" FLAGS (\Seen \Recent))
        S: * 2 FETCH (INTERNALDATE "… +0000" FLAGS (\Flagged \Deleted $Later \Recent))
        S: b OK Success
        C: c STORE 1:2 FLAGS ()
        S: * 1 FETCH (FLAGS (\Recent))
        S: * 2 FETCH (FLAGS (\Recent))
        S: c OK Success
        """,
    )
    talk(
        one,
        r"""
        C: e FETCH 1,3 FLAGS
        S: * 1 FETCH (FLAGS (\Seen \Recent))
        S: * 3 FETCH (FLAGS (\Flagged \Deleted $Later \Recent))
        S: e OK Success
        C: f COPY 2 INBOX
        S: * 4 EXISTS
        S: * 4 RECENT
        S: f OK [COPYUID 1 2 4] (Success)
        """,
    )

    assert [message.raw for message in classic.mail.messages()].count(b"Message-ID: <2@x>\r\n\r\n") == 2
    assert len({message.gm_msgid for message in classic.mail.messages()}) == 6


def test_a_move_changes_the_uid(enter_classic: Callable[..., ImapSession], classic: Account, talk: Talk) -> None:
    """Even where the target is the folder itself; COPYUID comes before EXPUNGE (imaptest: move)."""
    fill(classic, 3)
    session = enter_classic("INBOX")
    session.receive(b"c CREATE Work\r\nd STORE 2 +FLAGS ($Later \\Deleted)\r\n")

    talk(
        session,
        """
        C: a MOVE 1 Work
        S: * OK [COPYUID 12 1 1] Moved UIDs.
        S: * 1 EXPUNGE
        S: * 2 EXISTS
        S: a OK (Success)
        C: b UID MOVE 2 Work
        S: * OK [COPYUID 12 2 2] Moved UIDs.
        S: * 1 EXPUNGE
        S: * 1 EXISTS
        S: b OK (Success)
        C: c MOVE 1 INBOX
        S: * OK [COPYUID 1 3 4] Moved UIDs.
        S: * 1 EXPUNGE
        S: * 1 EXISTS
        S: * 1 RECENT
        S: c OK (Success)
        C: d SELECT Work
        S: * FLAGS …
        S: * OK [PERMANENTFLAGS …
        S: * OK [UIDVALIDITY 12] UIDs valid.
        S: * 2 EXISTS
        S: * 2 RECENT
        S: * OK [UNSEEN 1] First unseen.
        S: * OK [UIDNEXT 3] Predicted next UID.
        S: * OK [HIGHESTMODSEQ …] Highest.
        S: d OK [READ-WRITE] Work selected. (Success)
        C: e FETCH 2 FLAGS
        S: * 2 FETCH (FLAGS (\\Deleted $Later \\Recent))
        S: e OK Success
        """,
    )


def test_an_expunge_deletes(enter_classic: Callable[..., ImapSession], classic: Account, talk: Talk) -> None:
    """The other session counts on by the numbers it knows until it may be told (imaptest: expunge, expunge2, store)."""
    fill(classic, 4)
    one, two = enter_classic("INBOX"), enter_classic("INBOX")

    talk(
        one,
        r"""
        C: a STORE 1,3 FLAGS (\Deleted)
        S: * 1 FETCH (FLAGS (\Deleted \Recent))
        S: * 3 FETCH (FLAGS (\Deleted \Recent))
        S: a OK Success
        C: b STORE 2 FLAGS (\Seen)
        S: * 2 FETCH (FLAGS (\Seen \Recent))
        S: b OK Success
        C: c EXPUNGE
        S: * 1 EXPUNGE
        S: * 2 EXPUNGE
        S: * 2 EXISTS
        S: c OK Success
        """,
    )
    talk(
        two,
        r"""
        C: a FETCH 2,4 (UID)
        S: * 2 FETCH (UID 2)
        S: * 4 FETCH (UID 4)
        S: * 2 FETCH (UID 2 FLAGS (\Seen))
        S: a OK Success
        C: b STORE 4 +FLAGS (\Answered)
        S: * 4 FETCH (FLAGS (\Answered))
        S: b OK Success
        C: c SEARCH ALL
        S: * SEARCH 2 4
        S: c OK SEARCH completed (Success)
        C: d CHECK
        S: * 1 EXPUNGE
        S: * 2 EXPUNGE
        S: * 2 EXISTS
        S: d OK Success
        C: e UID FETCH 2,4 (FLAGS)
        S: * 1 FETCH (UID 2 FLAGS (\Seen))
        S: * 2 FETCH (UID 4 FLAGS (\Answered))
        S: e OK Success
        """,
    )
    assert len(list(classic.mail.messages())) == 2


def test_closing_deletes_without_a_word(
    enter_classic: Callable[..., ImapSession], classic: Account, talk: Talk
) -> None:
    """To the session that closes; others are told (imaptest: close)."""
    fill(classic, 3)
    one, two = enter_classic("INBOX"), enter_classic("INBOX")

    talk(
        one,
        r"""
        C: a STORE 1,3 +FLAGS.SILENT (\Deleted)
        S: a OK Success
        C: b CLOSE
        S: b OK Returned to authenticated state. (Success)
        """,
    )
    talk(
        two,
        """
        C: a NOOP
        S: * 1 EXPUNGE
        S: * 2 EXPUNGE
        S: * 1 EXISTS
        S: a OK Success
        """,
    )


def test_labels_are_not_for_a_classic_account(
    enter_classic: Callable[..., ImapSession], classic: Account, said: Said
) -> None:
    """A message has one place, which X-GM-LABELS does not change."""
    fill(classic, 1)
    session = enter_classic("INBOX")

    answer = said(session.receive(b"a STORE 1 +X-GM-LABELS (Work)\r\n"))

    assert answer == "a NO [CANNOT] Labels are not for a classic account (Failure)\r\n"
    assert names(classic) == ["INBOX"]


def test_mail_that_is_sent_is_kept_in_a_folder() -> None:
    """Sent is made when first needed; mail to oneself is two messages."""
    google = SimulatedGoogle()
    account = google.add_account(ALICE, classic=True)

    google.world.submit(account, [ALICE], b"Subject: hello\r\n\r\n")

    sent = account.mail.folder_by_role(Role.SENT)
    assert (sent.name, len(sent.uids)) == ("Sent", 1)
    assert names(account) == ["INBOX", "Sent"]
    assert len(list(account.mail.messages())) == 2
