r"""An account in classic mode: what RFC 3501 and its extensions promise, command by command.

Each conversation does what a group of scripts of Dovecot's imaptest looks at; several sessions take
turns where what one does shows to another.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes.accounts import Account
from fakes.gmail.folders import Role
from fakes.google import SimulatedGoogle
from fakes.imap.session import ImapSession
from fakes.world import World

Talk = Callable[..., None]
Said = Callable[..., str]
ALICE = "alice@contoso.com"
FLAGS = r"\Answered \Flagged \Draft \Deleted \Seen $NotPhishing $Phishing"


@pytest.fixture
def alice(world: World) -> Account:
    """Return Alice's account, with folders instead of labels."""
    account = world.add_account(ALICE, classic=True)
    world.set_app_password(ALICE, "abcdefghijklmnop")
    return account


@pytest.fixture
def enter(world: World, alice: Account) -> Callable[..., ImapSession]:
    """Return how to sign in by the app password, and to select a folder."""

    def sign_in(folder: str = "") -> ImapSession:
        session = ImapSession(world, session_id="s1")
        session.receive(b"l LOGIN alice@contoso.com abcdefghijklmnop\r\n")
        assert session._context.account is alice
        if folder:
            session.receive(f"s SELECT {folder}\r\n".encode())
        return session

    return sign_in


def fill(alice: Account, count: int) -> None:
    """Put so many messages into INBOX."""
    for number in range(1, count + 1):
        alice.mail.add(b"Message-ID: <%d@x>\r\n\r\n" % number, labels=["\\Inbox"])


def names(alice: Account) -> list[str]:
    """Return the names of all folders."""
    return [folder.name for folder in alice.mail.folders]


def test_there_is_only_inbox_to_begin_with(enter: Callable[..., ImapSession], talk: Talk) -> None:
    """No [Gmail], no subscription; a name may have had its delimiter put behind it."""
    talk(
        enter(),
        r"""
        C: a LIST "" *
        S: * LIST (\HasNoChildren) "/" "INBOX"
        S: a OK Success
        C: b CREATE Sent/
        S: b OK Success
        C: c CREATE Sent
        S: c NO [ALREADYEXISTS] Duplicate folder name Sent (Failure)
        C: c CREATE "a&AAo-b"
        S: c NO [CANNOT] Folder name is not allowed: a&AAo-b (Failure)
        C: d CREATE a//b
        S: d NO [CANNOT] Folder name is not allowed: a//b (Failure)
        C: e CREATE " any  name^"
        S: e OK Success
        C: f DELETE INBOX
        S: f NO [CANNOT] Folder name is not allowed: INBOX (Failure)
        C: g LIST "" ""
        S: * LIST (\Noselect) "/" ""
        S: g OK Success
        """,
    )


def test_selecting_tells_what_is_recent_and_unseen(
    enter: Callable[..., ImapSession], alice: Account, talk: Talk
) -> None:
    r"""EXAMINE leaves `\Recent` as it is, SELECT takes it (imaptest: select)."""
    fill(alice, 2)
    alice.mail.set_flags(next(iter(alice.mail.messages())).gm_msgid, ["\\Seen"])

    talk(
        enter(),
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


def test_an_append_is_recent_to_one_session(enter: Callable[..., ImapSession], talk: Talk) -> None:
    """To that which is told of it first; each append is a message of its own (imaptest: append)."""
    one, two, three = enter("INBOX"), enter("INBOX"), enter()

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


def test_a_copy_is_another_message(enter: Callable[..., ImapSession], alice: Account, talk: Talk) -> None:
    r"""With the flags and the date of the first, `\Deleted` and keywords too; from then on each has its own.

    (imaptest: copy, uidplus.)
    """
    fill(alice, 3)
    one, two = enter("INBOX"), enter()
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

    assert [message.raw for message in alice.mail.messages()].count(b"Message-ID: <2@x>\r\n\r\n") == 2
    assert len({message.gm_msgid for message in alice.mail.messages()}) == 6


def test_a_move_changes_the_uid(enter: Callable[..., ImapSession], alice: Account, talk: Talk) -> None:
    """Even where the target is the folder itself; COPYUID comes before EXPUNGE (imaptest: move)."""
    fill(alice, 3)
    session = enter("INBOX")
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


def test_an_expunge_deletes(enter: Callable[..., ImapSession], alice: Account, talk: Talk) -> None:
    """The other session counts on by the numbers it knows until it may be told (imaptest: expunge, expunge2, store)."""
    fill(alice, 4)
    one, two = enter("INBOX"), enter("INBOX")

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
    assert len(list(alice.mail.messages())) == 2


def test_closing_deletes_without_a_word(enter: Callable[..., ImapSession], alice: Account, talk: Talk) -> None:
    """To the session that closes; others are told (imaptest: close)."""
    fill(alice, 3)
    one, two = enter("INBOX"), enter("INBOX")

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


def test_keywords_belong_to_one_message(enter: Callable[..., ImapSession], alice: Account, talk: Talk) -> None:
    """Two sessions do not overwrite each other's changes (imaptest: store)."""
    fill(alice, 2)
    one, two = enter("INBOX"), enter("INBOX")
    one.receive(b"a STORE 1:2 FLAGS (\\Seen $Hello)\r\n")

    one.receive(b"b STORE 1 +FLAGS (\\Answered)\r\n")
    two.receive(b"b STORE 1 -FLAGS (\\Seen)\r\n")

    talk(
        two,
        r"""
        C: c FETCH 1:2 FLAGS
        S: * 1 FETCH (FLAGS (\Answered $Hello))
        S: * 2 FETCH (FLAGS (\Seen $Hello))
        S: c OK Success
        """,
    )


def test_searching_knows_what_is_recent(enter: Callable[..., ImapSession], alice: Account, talk: Talk) -> None:
    """To the session that searches: what it was the first to hear of (imaptest: search-flags)."""
    fill(alice, 2)
    one = enter("INBOX")
    fill(alice, 1)
    two = enter("INBOX")

    talk(
        one,
        r"""
        C: a STORE 1 +FLAGS.SILENT (\Seen)
        S: * 3 EXISTS
        S: a OK Success
        C: b SEARCH RECENT
        S: * SEARCH 1 2
        S: b OK SEARCH completed (Success)
        C: c SEARCH NEW
        S: * SEARCH 2
        S: c OK SEARCH completed (Success)
        C: d SEARCH OLD
        S: * SEARCH 3
        S: d OK SEARCH completed (Success)
        """,
    )
    talk(
        two,
        r"""
        C: a UID SEARCH RECENT
        S: * SEARCH 3
        S: * 1 FETCH (UID 1 FLAGS (\Seen))
        S: a OK SEARCH completed (Success)
        C: b SEARCH OLD
        S: * SEARCH 1 2
        S: b OK SEARCH completed (Success)
        """,
    )


def test_searching_finds_pieces_of_words(enter: Callable[..., ImapSession], alice: Account, talk: Talk) -> None:
    """In header fields and in the text; of addresses comments are no part (imaptest: search-addresses, search-body)."""
    alice.mail.add(
        b"From: =?utf-8?q?J=C3=BCrgen?= <bob (at work) @ fabrikam.example>\r\nTo: Team: carol@fabrikam.example;\r\n"
        b"Subject: Beautiful\r\n world\r\n\r\nqwertyuiop\r\n",
        labels=["\\Inbox"],
    )
    session = enter("INBOX")

    def finds(key: str) -> str:
        return rf"""
        C: a SEARCH {key}
        S: * SEARCH 1
        S: a OK SEARCH completed (Success)
        """

    def misses(key: str) -> str:
        return finds(key).replace("SEARCH 1", "SEARCH")

    talk(session, finds("FROM bob@fabri"))
    talk(session, finds("FROM rgen"))
    talk(session, misses("FROM work"))
    talk(session, finds("TO team"))
    talk(session, finds("TO arol"))
    talk(session, finds('SUBJECT "eautiful worl"'))
    talk(session, finds("BODY ertyu"))
    talk(session, finds("TEXT ertyu"))
    talk(session, finds("TEXT eautifu"))
    talk(session, misses("BODY eautifu"))


def test_a_client_that_asks_for_a_modseq_is_told_the_highest(
    enter: Callable[..., ImapSession], alice: Account, talk: Talk
) -> None:
    """Once, by whatever command switches CONDSTORE on (RFC 7162 section 3.1.2; imaptest: esearch-condstore)."""
    fill(alice, 1)

    talk(
        enter("INBOX"),
        """
        C: a FETCH 1 MODSEQ
        S: * OK [HIGHESTMODSEQ …] Highest.
        S: * 1 FETCH (MODSEQ (…))
        S: a OK Success
        C: b SEARCH MODSEQ 1
        S: * SEARCH 1 (MODSEQ …)
        S: b OK SEARCH completed (Success)
        """,
    )
    talk(
        enter("INBOX"),
        """
        C: a STATUS INBOX (HIGHESTMODSEQ)
        S: * OK [HIGHESTMODSEQ …] Highest.
        S: * STATUS "INBOX" (HIGHESTMODSEQ …)
        S: a OK Success
        """,
    )


def test_a_new_keyword_is_announced_before_it_is_used(
    enter: Callable[..., ImapSession], alice: Account, talk: Talk
) -> None:
    """To every session that has a folder selected, and once (RFC 3501 section 7.2.6)."""
    fill(alice, 1)
    one, two = enter("INBOX"), enter("INBOX")

    talk(
        one,
        r"""
        C: a STORE 1 +FLAGS ($Later)
        S: * FLAGS (\Answered \Flagged \Draft \Deleted \Seen $Later $NotPhishing $Phishing)
        S: * OK [PERMANENTFLAGS (…$Later…\*)] Flags permitted.
        S: * 1 FETCH (FLAGS ($Later \Recent))
        S: a OK Success
        C: b STORE 1 FLAGS ($Later)
        S: * 1 FETCH (FLAGS ($Later \Recent))
        S: b OK Success
        """,
    )
    talk(
        two,
        """
        C: a NOOP
        S: * FLAGS (…$Later…)
        S: * OK [PERMANENTFLAGS …
        S: * 1 FETCH (UID 1 FLAGS ($Later))
        S: a OK Success
        """,
    )


def test_folders_are_listed_by_level(enter: Callable[..., ImapSession], alice: Account, said: Said) -> None:
    """`%` stops at a level and `*` does not (imaptest: list)."""
    session = enter()
    for name in ("m/", "m/test", "m/test2", "m/test3/", "m/test3/test4/", "m/test3/test4/test5"):
        session.receive(f"c CREATE {name}\r\n".encode())

    def listed(arguments: str) -> list[str]:
        answer = said(session.receive(f"a LIST {arguments}\r\n".encode()))
        return [line.split('"/" ')[1].strip('"') for line in answer.splitlines()[:-1]]

    assert listed('"" m/%') == ["m/test", "m/test2", "m/test3"]
    assert listed('"" m/%/%') == ["m/test3/test4"]
    assert listed("m/ *") == ["m/test", "m/test2", "m/test3", "m/test3/test4", "m/test3/test4/test5"]
    assert listed('"" m/*test4') == ["m/test3/test4"]
    assert listed('"" m/%3/%4') == ["m/test3/test4"]
    assert listed('"" m/%t*4') == ["m/test3/test4"]
    session.receive(b"d DELETE m/test2\r\n")
    assert listed('"" m/%') == ["m/test", "m/test3"]
    assert listed('"" inbox') == ["INBOX"]


def test_lists_take_options(enter: Callable[..., ImapSession], talk: Talk) -> None:
    """Subscriptions outlive folders, children tell of themselves (imaptest: listext)."""
    session = enter()
    for name in ("m/test1", "m/test2", "m/test2/test1", "m/test3", "m/test4/test5", "m/test6", "m/test7/test7"):
        session.receive(f"c CREATE {name}\r\n".encode())
    for name in ("m/test1", "m/test2/test1", "m/test6", "m/test7/test7"):
        session.receive(f"c SUBSCRIBE {name}\r\n".encode())
    session.receive(b"d DELETE m/test6\r\n")

    talk(
        session,
        r"""
        C: a LIST "" (m/*2 m/test3)
        S: * LIST (\HasChildren) "/" "m/test2"
        S: * LIST (\HasNoChildren) "/" "m/test3"
        S: a OK Success
        C: b LIST (SUBSCRIBED) "" m/*
        S: * LIST (\HasNoChildren \Subscribed) "/" "m/test1"
        S: * LIST (\HasNoChildren \Subscribed) "/" "m/test2/test1"
        S: * LIST (\HasNoChildren \NonExistent \Subscribed) "/" "m/test6"
        S: * LIST (\HasNoChildren \Subscribed) "/" "m/test7/test7"
        S: b OK Success
        C: c LIST (SUBSCRIBED RECURSIVEMATCH) "" m/test2% RETURN (CHILDREN)
        S: * LIST (\HasChildren) "/" "m/test2" ("CHILDINFO" ("SUBSCRIBED"))
        S: c OK Success
        C: d LIST "" m/% RETURN (CHILDREN SUBSCRIBED)
        S: * LIST (\HasNoChildren \Subscribed) "/" "m/test1"
        S: * LIST (\HasChildren) "/" "m/test2"
        S: * LIST (\HasNoChildren) "/" "m/test3"
        S: * LIST (\HasChildren \NonExistent) "/" "m/test4"
        S: * LIST (\HasChildren \NonExistent) "/" "m/test7"
        S: d OK Success
        C: e LIST (SUBSCRIBED RECURSIVEMATCH) "" m*test7
        S: * LIST (\HasNoChildren \Subscribed) "/" "m/test7/test7"
        S: e OK Success
        C: f LIST (SUBSCRIBED RECURSIVEMATCH) "" (m/test2 m/test2/test1)
        S: * LIST (\HasNoChildren \Subscribed) "/" "m/test2/test1"
        S: f OK Success
        """,
    )


def test_subscriptions_are_of_names(enter: Callable[..., ImapSession], talk: Talk) -> None:
    """A level under which something is subscribed to shows as one that cannot be selected (imaptest: subscribe)."""
    one, two = enter(), enter()
    for name in ("m/test", "m/test2", "m/test2/test", "m/test3/test3"):
        one.receive(f"c CREATE {name}\r\n".encode())
    for name in ("m/test", "m/test2/test", "m/test3/test3", "inbox"):
        one.receive(f"c SUBSCRIBE {name}\r\n".encode())

    talk(
        two,
        r"""
        C: a LSUB "" m/%
        S: * LSUB (\HasNoChildren) "/" "m/test"
        S: * LSUB (\HasChildren \Noselect) "/" "m/test2"
        S: * LSUB (\HasChildren \Noselect) "/" "m/test3"
        S: a OK Success
        C: h LSUB "" m/*
        S: * LSUB (\HasNoChildren) "/" "m/test"
        S: * LSUB (\HasNoChildren) "/" "m/test2/test"
        S: * LSUB (\HasNoChildren) "/" "m/test3/test3"
        S: h OK Success
        C: b LSUB "" *test
        S: * LSUB (\HasNoChildren) "/" "m/test"
        S: * LSUB (\HasNoChildren) "/" "m/test2/test"
        S: b OK Success
        C: c UNSUBSCRIBE m/test
        S: c OK Success
        C: d UNSUBSCRIBE m/test2/test
        S: d OK Success
        C: e LSUB "" m/%
        S: * LSUB (\HasChildren \Noselect) "/" "m/test3"
        S: e OK Success
        C: f UNSUBSCRIBE m/test3/test3
        S: f OK Success
        C: g LSUB "" *
        S: * LSUB (\HasNoChildren) "/" "INBOX"
        S: g OK Success
        """,
    )


def test_a_name_made_again_is_another_folder(enter: Callable[..., ImapSession], talk: Talk) -> None:
    """By DELETE and CREATE, or by RENAME, the UIDVALIDITY differs (imaptest: uidvalidity, uidvalidity-rename)."""
    talk(
        enter(),
        """
        C: a CREATE one
        S: a OK Success
        C: b CREATE two
        S: b OK Success
        C: c RENAME one three
        S: c OK Success
        C: d RENAME two one
        S: d OK Success
        C: e STATUS one (UIDVALIDITY)
        S: * STATUS "one" (UIDVALIDITY 13)
        S: e OK Success
        C: f DELETE one
        S: f OK Success
        C: g CREATE one
        S: g OK Success
        C: h STATUS one (UIDVALIDITY)
        S: * STATUS "one" (UIDVALIDITY 14)
        S: h OK Success
        C: i RENAME one three
        S: i NO [ALREADYEXISTS] Duplicate folder name three (Failure)
        """,
    )


def test_a_renamed_inbox_gives_its_messages_away(enter: Callable[..., ImapSession], alice: Account, talk: Talk) -> None:
    """And stays, with what lies under it (RFC 3501 section 6.3.5)."""
    fill(alice, 2)
    session = enter("INBOX")
    session.receive(b"c CREATE INBOX/Sub\r\n")

    talk(
        session,
        """
        C: a RENAME inbox Old/Mail
        S: * 1 EXPUNGE
        S: * 1 EXPUNGE
        S: * 0 EXISTS
        S: a OK Success
        C: b STATUS Old/Mail (MESSAGES)
        S: * STATUS "Old/Mail" (MESSAGES 2)
        S: b OK Success
        C: c RENAME INBOX Old/Mail
        S: c NO [ALREADYEXISTS] Duplicate folder name Old/Mail (Failure)
        """,
    )

    assert names(alice) == ["INBOX", "INBOX/Sub", "Old/Mail"]


def test_a_deleted_folder_takes_its_messages_along(
    enter: Callable[..., ImapSession], alice: Account, talk: Talk
) -> None:
    """Those under it stay, and its name is a level then."""
    session = enter()
    session.receive(b"a CREATE one\r\nb CREATE one/two\r\nc APPEND one {1+}\r\nx\r\nd APPEND one/two {1+}\r\ny\r\n")

    talk(
        session,
        r"""
        C: e DELETE one
        S: e OK Success
        C: f LIST "" one*
        S: * LIST (\HasChildren \Noselect) "/" "one"
        S: * LIST (\HasNoChildren) "/" "one/two"
        S: f OK Success
        C: g DELETE one
        S: g NO [NONEXISTENT] Unknown Mailbox: one (Failure)
        C: h SELECT one
        S: h NO [NONEXISTENT] Unknown Mailbox: one (Failure)
        """,
    )

    assert [message.raw for message in alice.mail.messages()] == [b"y"]


@pytest.mark.parametrize("name", ["~foo", "!#$&'+,-.0123456789:;<=>?@^_`|[}"])
def test_odd_atoms_are_names(enter: Callable[..., ImapSession], said: Said, name: str) -> None:
    """Of folders that do not exist (imaptest: atoms)."""
    session = enter()

    assert said(session.receive(f'a LIST "" {name}%*\r\n'.encode())) == "a OK Success\r\n"
    assert said(session.receive(f"a SELECT {name}\r\n".encode())).startswith("a NO ")


def test_labels_are_not_for_a_classic_account(enter: Callable[..., ImapSession], alice: Account, said: Said) -> None:
    """A message has one place, which X-GM-LABELS does not change."""
    fill(alice, 1)
    session = enter("INBOX")

    answer = said(session.receive(b"a STORE 1 +X-GM-LABELS (Work)\r\n"))

    assert answer == "a NO [CANNOT] Labels are not for a classic account (Failure)\r\n"
    assert names(alice) == ["INBOX"]


def test_mail_that_is_sent_is_kept_in_a_folder() -> None:
    """Sent is made when first needed; mail to oneself is two messages."""
    google = SimulatedGoogle()
    account = google.add_account(ALICE, classic=True)

    google.world.submit(account, [ALICE], b"Subject: hello\r\n\r\n")

    sent = account.mail.folder_by_role(Role.SENT)
    assert (sent.name, len(sent.uids)) == ("Sent", 1)
    assert names(account) == ["INBOX", "Sent"]
    assert len(list(account.mail.messages())) == 2
