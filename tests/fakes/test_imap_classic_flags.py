r"""Keywords, mod-sequences and searching in an account in classic mode, as Dovecot's imaptest looks at them."""

from __future__ import annotations

from collections.abc import Callable

from classic import fill

from fakes.accounts import Account
from fakes.imap.session import ImapSession

Talk = Callable[..., None]


def test_keywords_belong_to_one_message(
    enter_classic: Callable[..., ImapSession], classic: Account, talk: Talk
) -> None:
    """Two sessions do not overwrite each other's changes (imaptest: store)."""
    fill(classic, 2)
    one, two = enter_classic("INBOX"), enter_classic("INBOX")
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


def test_searching_knows_what_is_recent(
    enter_classic: Callable[..., ImapSession], classic: Account, talk: Talk
) -> None:
    """To the session that searches: what it was the first to hear of (imaptest: search-flags)."""
    fill(classic, 2)
    one = enter_classic("INBOX")
    fill(classic, 1)
    two = enter_classic("INBOX")

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


def test_searching_finds_pieces_of_words(
    enter_classic: Callable[..., ImapSession], classic: Account, talk: Talk
) -> None:
    """In header fields and in the text; of addresses comments are no part (imaptest: search-addresses, search-body)."""
    classic.mail.add(
        b"From: =?utf-8?q?J=C3=BCrgen?= <bob (at work) @ fabrikam.example>\r\nTo: Team: carol@fabrikam.example;\r\n"
        b"Subject: Beautiful\r\n world\r\n\r\nqwertyuiop\r\n",
        labels=["\\Inbox"],
    )
    session = enter_classic("INBOX")

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
    enter_classic: Callable[..., ImapSession], classic: Account, talk: Talk
) -> None:
    """Once, by whatever command switches CONDSTORE on (RFC 7162 section 3.1.2; imaptest: esearch-condstore)."""
    fill(classic, 1)

    talk(
        enter_classic("INBOX"),
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
        enter_classic("INBOX"),
        """
        C: a STATUS INBOX (HIGHESTMODSEQ)
        S: * OK [HIGHESTMODSEQ …] Highest.
        S: * STATUS "INBOX" (HIGHESTMODSEQ …)
        S: a OK Success
        """,
    )


def test_a_new_keyword_is_announced_before_it_is_used(
    enter_classic: Callable[..., ImapSession], classic: Account, talk: Talk
) -> None:
    """To every session that has a folder selected, and once (RFC 3501 section 7.2.6)."""
    fill(classic, 1)
    one, two = enter_classic("INBOX"), enter_classic("INBOX")

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
