from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from fakes.accounts import Account
from fakes.imap.session import ImapSession
from fakes.world import World

Talk = Callable[..., None]

JAPANESE = (
    "From: 佐藤 <sato@example.jp>\r\nTo: alice@contoso.com\r\n"
    "Subject: =?iso-2022-jp?B?GyRCMnE1RCROJCpDTiRpJDsbKEI=?=\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\n来週の会議は火曜日です。\r\n"
).encode()
REPORT = (
    b"From: Bob Brown <bob@fabrikam.example>\r\nTo: alice@contoso.com\r\nCc: carol@fabrikam.example\r\n"
    b"Subject: Quarterly Report\r\nDate: Sun, 31 Dec 2000 23:30:00 -0800\r\nMessage-ID: <1.a+b@fabrikam.example>\r\n"
    b"X-Empty:\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nZmlndXJlcyBiZWxvdw==\r\n"
)
PLAIN = b"Subject: reporting\r\n\r\n" + b"x " * 500


@pytest.fixture
def selected(imap: ImapSession, alice: Account) -> ImapSession:
    """Return a session with three messages, UIDs 2 to 4."""
    gone = alice.mail.add(b"gone", labels=["\\Inbox"])
    alice.mail.add(
        REPORT,
        labels=["\\Inbox", "Work"],
        flags=["\\Seen", "$X"],
        internal_date=datetime(2001, 1, 1, 7, 30, tzinfo=UTC),
    )
    alice.mail.add(JAPANESE, labels=["\\Inbox", "仕事"], flags=["\\Flagged"])
    alice.mail.add(PLAIN, labels=["\\Inbox"], flags=["\\Answered"])
    alice.mail.delete(gone.gm_msgid)
    imap.receive(b"s SELECT INBOX\r\n")
    return imap


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("ALL", "2 3 4"),
        ("OLD", "2 3 4"),
        ("NEW", ""),
        ("RECENT", ""),
        ("1", "2"),
        ("2:*", "3 4"),
        ("UID 3:*", "3 4"),
        ("UID 99:*", "4"),
        ("UID 1", ""),
        ("SEEN", "2"),
        ("UNSEEN", "3 4"),
        ("FLAGGED", "3"),
        ("UNFLAGGED", "2 4"),
        ("ANSWERED", "4"),
        ("UNANSWERED", "2 3"),
        ("DELETED", ""),
        ("UNDELETED", "2 3 4"),
        ("DRAFT", ""),
        ("UNDRAFT", "2 3 4"),
        ("KEYWORD $X", "2"),
        ("UNKEYWORD $X", "3 4"),
        ("FROM bob", "2"),
        ("FROM fabrikam.example", "2"),
        ("FROM fabri", ""),
        ("TO alice", "2 3"),
        ("CC carol", "2"),
        ("BCC carol", ""),
        ("SUBJECT report", "2"),
        ('SUBJECT "quarterly report"', "2"),
        ('SUBJECT "report quarterly"', ""),
        ('SUBJECT "..."', ""),
        ("BODY figures", "2"),
        ("BODY report", ""),
        ("TEXT report", "2"),
        ("TEXT figures", "2"),
        ('TEXT ""', "2 3 4"),
        ('HEADER Message-ID "<1.a+b@fabrikam.example>"', "2"),
        ("HEADER message-id <1.a+b@fabrikam.example>", "2"),
        ('HEADER X-Empty ""', "2"),
        ('HEADER X-None ""', ""),
        ("LARGER 500", "4"),
        ("SMALLER 300", "3"),
        ("ON 1-Jan-2001", "2"),
        ("SINCE 2-Jan-2001", "3 4"),
        ('BEFORE "5-Jan-2026"', "2"),
        ("SENTON 31-Dec-2000", "2"),
        ("SENTSINCE 1-Jan-2001", ""),
        ("SENTBEFORE 01-Jan-2001", "2"),
        ("NOT SEEN", "3 4"),
        ("OR SEEN FLAGGED", "2 3"),
        ("OR OR UID 2 UID 3 UID 4", "2 3 4"),
        ("NOT (SEEN FROM bob)", "3 4"),
        ("UNSEEN UNFLAGGED", "4"),
        ("(UNSEEN) (UID 3 FLAGGED)", "3"),
        ("NOT UID 3:*", "2"),
        ("X-GM-LABELS Work", "2"),
        ('X-GM-LABELS "\\\\Starred"', "3"),
        ("X-GM-LABELS Nothing", ""),
        ('X-GM-RAW "rfc822msgid:<1.a+b@fabrikam.example>"', "2"),
        ("X-GM-RAW rfc822msgid:1.a+b@fabrikam.example", "2"),
        ("X-GM-RAW rfc822msgid:nothing", ""),
        ("CHARSET US-ASCII FROM bob", "2"),
        ('X-GM-RAW "from:bob OR is:starred"', "2 3"),
        ('X-GM-RAW "in:unread -label:仕事"'.replace("仕事", "work"), "3 4"),
        ('X-GM-RAW "larger:500 after:2001/01/02" UNFLAGGED', "4"),
        ('NOT X-GM-RAW "\\"quarterly report\\""', "3 4"),
        ('X-GM-RAW ""', "2 3 4"),
    ],
)
def test_keys_find_messages(selected: ImapSession, talk: Talk, keys: str, found: str) -> None:
    """Words, not pieces of words; dates by the day; sets, negations and combinations."""
    talk(
        selected,
        f"""
        C: a UID SEARCH {keys}
        S: * SEARCH{" " if found else ""}{found}
        S: a OK SEARCH completed (Success)
        """,
    )


def test_plain_search_answers_by_sequence_numbers(selected: ImapSession, talk: Talk) -> None:
    """Numbers are places in the folder."""
    talk(
        selected,
        """
        C: a SEARCH OR UID 2 FLAGGED
        S: * SEARCH 1 2
        S: a OK SEARCH completed (Success)
        """,
    )


@pytest.mark.parametrize(
    ("key", "text", "found"),
    [
        ("SUBJECT", "会議", " 3"),
        ("BODY", "火曜日", " 3"),
        ("FROM", "佐藤", " 3"),
        ("X-GM-LABELS", "仕事", " 3"),
        ("TEXT", "曜火", ""),
    ],
)
def test_japanese_is_found_by_a_literal_with_its_charset(
    selected: ImapSession, talk: Talk, key: str, text: str, found: str
) -> None:
    """Encoded words are decoded, and there need be no blanks between words."""
    talk(
        selected,
        f"""
        C: a UID SEARCH CHARSET UTF-8 {key} {{{len(text.encode())}}}
        S: + go ahead
        C: {text}
        S: * SEARCH{found}
        S: a OK SEARCH completed (Success)
        """,
    )


@pytest.mark.parametrize("key", ["BODY", "X-GM-RAW"])
def test_a_symbol_is_a_word_of_its_own(selected: ImapSession, alice: Account, talk: Talk, key: str) -> None:
    """As a character of Japanese is; other punctuation is not looked for."""
    alice.mail.add("Subject: stuff\r\n\r\n\u263asmile\r\n".encode(), labels=["\\Inbox"])

    talk(
        selected,
        f"""
        C: n NOOP
        S: * 4 EXISTS
        S: n OK Success
        C: a UID SEARCH CHARSET UTF-8 {key} {{3}}
        S: + go ahead
        C: \u263a
        S: * SEARCH 5
        S: a OK SEARCH completed (Success)
        """,
    )


def test_gmails_ids_are_found(selected: ImapSession, alice: Account, talk: Talk) -> None:
    """By message and by thread."""
    message = next(message for message in alice.mail.messages() if message.raw == JAPANESE)

    talk(
        selected,
        f"""
        C: a UID SEARCH X-GM-MSGID {message.gm_msgid}
        S: * SEARCH 3
        S: a OK SEARCH completed (Success)
        C: b UID SEARCH X-GM-THRID {message.gm_thrid} UNSEEN
        S: * SEARCH 3
        S: b OK SEARCH completed (Success)
        C: c UID SEARCH X-GM-MSGID 18446744073709551615
        S: * SEARCH
        S: c OK SEARCH completed (Success)
        """,
    )


@pytest.mark.parametrize(
    "keys",
    [
        "",
        "NONSENSE",
        "NOT",
        "OR SEEN",
        "(SEEN",
        "SEEN)",
        "()",
        "0",
        "UID 0",
        "FROM",
        "SINCE yesterday",
        'SINCE " 1-Oct-2016"',
        "SINCE 31-Feb-2026",
        "SINCE 1-Nul-2026",
        "ON 31-Dec-9999",
        'SUBJECT "会議"',
        "X-GM-LABELS \\Inbox",
        "X-GM-MSGID 18446744073709551616",
        "X-GM-NONSENSE x",
        "CHARSET KOI8-R SEEN",
        "SEEN  SEEN",
        "RETURN (SAVE) ALL",
        "RETURN (ALL)",
        "RETURN ALL ALL",
        "MODSEQ",
        "MODSEQ -1",
        "(" * 500 + "SEEN" + ")" * 500,
        "NOT " * 5000 + "SEEN",
    ],
)
def test_what_gmail_cannot_parse_is_refused(selected: ImapSession, world: World, talk: Talk, keys: str) -> None:
    """Never an empty result, which would look like an answer."""
    talk(
        selected,
        f"""
        C: a UID SEARCH {keys}
        S: a BAD Could not parse command
        """,
    )

    assert world.unimitated == []


@pytest.mark.parametrize("term", ["category:social", "has:drive", "is:muted", "before:yesterday", "AROUND:3"])
def test_what_is_not_imitated_is_refused_and_remembered(
    selected: ImapSession, world: World, talk: Talk, term: str
) -> None:
    """Gmail's search box is large; what we lack of it is said at the end of a test."""
    talk(
        selected,
        f"""
        C: a UID SEARCH X-GM-RAW "from:bob {term}"
        S: a BAD Could not parse command
        C: b UID SEARCH X-GM-RAW "from:bob {term}"
        S: b BAD Could not parse command
        """,
    )

    operator, _, text = term.partition(":")
    assert world.unimitated == [f"IMAP: UID SEARCH X-GM-RAW {operator.lower()}:{text}"]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("UID SEARCH RETURN () ALL", "UID ALL 2:4"),
        ("UID SEARCH RETURN (ALL) UID 2,4", "UID ALL 2,4"),
        ("SEARCH RETURN (COUNT MAX MIN) ALL", "MIN 1 MAX 3 COUNT 3"),
        ("UID SEARCH RETURN (MIN MAX COUNT ALL) SEEN", "UID MIN 2 MAX 2 ALL 2 COUNT 1"),
        ("SEARCH RETURN (MIN MAX ALL COUNT) KEYWORD none", "COUNT 0"),
        ("UID SEARCH RETURN (ALL) KEYWORD none", "UID"),
        ("uid search return (min) charset utf-8 all", "UID MIN 2"),
    ],
)
def test_esearch_returns_what_is_asked_for(selected: ImapSession, talk: Talk, command: str, answer: str) -> None:
    """RFC 4731: by default all as a set; of nothing only the count."""
    talk(
        selected,
        f"""
        C: a1 {command}
        S: * ESEARCH (TAG "a1") {answer}
        S: a1 OK SEARCH completed (Success)
        """,
    )


def test_broken_mail_can_be_searched(imap: ImapSession, world: World, talk: Talk) -> None:
    """Unknown charsets, NUL in their names, bad base64: the search goes on."""
    for content_type in (
        b"text/plain; charset=x-none",
        b'text/plain; charset="\x00"',
        b"multipart/mixed",
        b"\xff/\xff",
    ):
        world.deliver(
            "alice@contoso.com",
            b"Subject: =?x-none?B?a?=\r\nDate: never\r\nContent-Type: "
            + content_type
            + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!needle\r\n",
        )
    imap.receive(b"s SELECT INBOX\r\n")

    talk(
        imap,
        """
        C: a SEARCH OR TEXT haystack SENTSINCE 1-Jan-1970
        S: * SEARCH
        S: a OK SEARCH completed (Success)
        """,
    )
