from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from fakes.accounts import Account
from fakes.imap.session import ImapSession
from fakes.world import World

Talk = Callable[..., None]

RAW = b"From: bob@x\r\nSubject: a\r\n folded\r\nTo: alice@x\r\n\r\nline 1\r\nline 2\r\n"
DATE = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
DATED = 'INTERNALDATE "03-Feb-2001 04:05:06 +0000"'
LABELS = r'"&TtVOiw- x" "\\Important" Work'
SIZED = "UID 1 RFC822.SIZE 65"
THREAD = (981173106000 << 20) + 1


@pytest.fixture
def selected(imap: ImapSession, alice: Account) -> ImapSession:
    """Return a session that has selected an INBOX with one message, thread of its own, and one reply."""
    alice.mail.add(RAW, labels=["\\Inbox", "Work", "\\Important", "仕事 x"], flags=["$X", "\\Seen"], internal_date=DATE)
    alice.mail.add(b"Subject: Re: a folded\r\n\r\n", labels=["\\Inbox"], internal_date=DATE)
    imap.receive(b"s SELECT INBOX\r\n")
    return imap


def test_items_come_in_gmails_order(selected: ImapSession, talk: Talk) -> None:
    """Whatever the client's order; the label of the selected folder is left out."""
    talk(
        selected,
        rf"""
        C: a UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE X-GM-LABELS X-GM-MSGID X-GM-THRID)
        S: * 1 FETCH (X-GM-THRID {THREAD} X-GM-MSGID {THREAD} X-GM-LABELS ({LABELS}) {SIZED} {DATED} FLAGS (\Seen $X))
        S: * 2 FETCH (X-GM-THRID {THREAD} X-GM-MSGID {THREAD + 1} X-GM-LABELS () UID 2 RFC822.SIZE 25 {DATED} FLAGS ())
        S: a OK Success
        C: b FETCH 1 FLAGS
        S: * 1 FETCH (FLAGS (\Seen $X))
        S: b OK Success
        C: c FETCH 2 FAST
        S: * 2 FETCH (RFC822.SIZE 25 {DATED} FLAGS ())
        S: c OK Success
        C: d UID FETCH 1 UID
        S: * 1 FETCH (UID 1)
        S: d OK Success
        """,
    )


def test_all_mail_shows_all_labels(selected: ImapSession, talk: Talk) -> None:
    """The one folder that is no label leaves none out."""
    selected.receive(b's EXAMINE "[Gmail]/All Mail"\r\n')

    talk(
        selected,
        r"""
        C: a FETCH 1 X-GM-LABELS
        S: * 1 FETCH (X-GM-LABELS ("&TtVOiw- x" "\\Important" "\\Inbox" Work))
        S: a OK Success
        """,
    )


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("BODY.PEEK[]", b"BODY[] {65}\r\n" + RAW),
        ("BODY.PEEK[HEADER]", b"BODY[HEADER] {49}\r\n" + RAW[:49]),
        ("BODY.PEEK[TEXT]", b"BODY[TEXT] {16}\r\nline 1\r\nline 2\r\n"),
        ("RFC822.HEADER", b"RFC822.HEADER {49}\r\n" + RAW[:49]),
        ("BODY.PEEK[]<5.10>", b"BODY[]<5> {10}\r\n bob@x\r\nSu"),
        ("BODY.PEEK[TEXT]<10.100>", b"BODY[TEXT]<10> {6}\r\nne 2\r\n"),
        ("BODY.PEEK[]<1000.5>", b"BODY[]<1000> {0}\r\n"),
        (
            "BODY.PEEK[HEADER.FIELDS (subject From)]",
            b"BODY[HEADER.FIELDS (subject From)] {36}\r\nFrom: bob@x\r\nSubject: a\r\n folded\r\n\r\n",
        ),
        ('body.peek[header.fields ("X-None")]', b"BODY[HEADER.FIELDS (X-None)] {2}\r\n\r\n"),
        (
            "BODY.PEEK[HEADER.FIELDS.NOT (Subject)]",
            b"BODY[HEADER.FIELDS.NOT (Subject)] {28}\r\nFrom: bob@x\r\nTo: alice@x\r\n\r\n",
        ),
        (
            "(BODY.PEEK[TEXT]<0.4> UID BODY.PEEK[TEXT]<0.4>)",
            b"UID 1 BODY[TEXT]<0> {4}\r\nline",
        ),
    ],
)
def test_parts_of_a_message_come_as_literals(
    selected: ImapSession, said: Callable[..., str], asked: str, answered: bytes
) -> None:
    """Bytes as they lie; a header has its blank line; what is past the end is empty."""
    answer = said(selected.receive(f"a FETCH 1 {asked}\r\n".encode()))

    assert answer == f"* 1 FETCH ({answered.decode()})\r\na OK Success\r\n"


@pytest.mark.parametrize(
    ("raw", "header", "text"),
    [
        (b"Subject: a\n\nbody\n", b"Subject: a\n\n", b"body\n"),
        (b"\r\nbody", b"\r\n", b"body"),
        (b"Subject: a\r\n", b"Subject: a\r\n", b""),
        (b"no header at all", b"no header at all", b""),
    ],
)
def test_odd_messages_have_parts_too(
    imap: ImapSession, world: World, said: Callable[..., str], raw: bytes, header: bytes, text: bytes
) -> None:
    """Bare LF, no header, no body: header and text together are always the message."""
    world.deliver("alice@contoso.com", raw)
    imap.receive(b"s EXAMINE INBOX\r\n")

    answer = said(imap.receive(b"a FETCH 1 (BODY.PEEK[HEADER] BODY.PEEK[TEXT])\r\n"))

    parts = f"BODY[HEADER] {{{len(header)}}}\r\n{header.decode()} BODY[TEXT] {{{len(text)}}}\r\n{text.decode()}"
    assert answer == f"* 1 FETCH ({parts})\r\na OK Success\r\n"


@pytest.mark.parametrize("item", ["BODY[]", "RFC822", "RFC822.TEXT", "BODY[HEADER]"])
def test_reading_marks_as_read(selected: ImapSession, alice: Account, said: Callable[..., str], item: str) -> None:
    r"""`\Seen` is set, and the flags come along once; reading again changes nothing."""
    first = said(selected.receive(f"a FETCH 2 {item}\r\n".encode()))
    second = said(selected.receive(f"b FETCH 2 {item}\r\n".encode()))

    assert first.startswith(rf"* 2 FETCH (FLAGS (\Seen) {item} ")
    assert second.startswith(f"* 2 FETCH ({item} ")
    assert all("\\Seen" in message.flags for message in alice.mail.messages())


@pytest.mark.parametrize("command", ["UID FETCH 2 BODY.PEEK[]", "FETCH 2 RFC822.HEADER", "FETCH 2 BODY.PEEK[TEXT]"])
def test_peeking_leaves_unread(selected: ImapSession, alice: Account, command: str) -> None:
    r"""PEEK and RFC822.HEADER do not set `\Seen`."""
    selected.receive(f"a {command}\r\n".encode())

    assert [len(message.flags) for message in alice.mail.messages()] == [2, 0]


def test_reading_in_a_folder_opened_for_reading_only_changes_nothing(
    selected: ImapSession, alice: Account, talk: Talk
) -> None:
    """EXAMINE promises that nothing becomes read."""
    selected.receive(b"s EXAMINE INBOX\r\n")

    talk(
        selected,
        """
        C: a FETCH 2 BODY[TEXT]
        S: * 2 FETCH (BODY[TEXT] {0}
        S: )
        S: a OK Success
        """,
    )
    assert [len(message.flags) for message in alice.mail.messages()] == [2, 0]


@pytest.mark.parametrize(
    ("messages", "found"),
    [
        ("FETCH 1", [1]),
        ("FETCH *", [4]),
        ("FETCH 2:3", [2, 3]),
        ("FETCH 3:2", [2, 3]),
        ("FETCH 3:*", [3, 4]),
        ("FETCH *:3", [3, 4]),
        ("FETCH 99:*", [4]),
        ("FETCH 4,1,1:2", [1, 2, 4]),
        ("FETCH 7:9", []),
        ("FETCH 4294967295", []),
        ("UID FETCH 1", []),
        ("UID FETCH 2", [1]),
        ("UID FETCH *", [4]),
        ("UID FETCH 1:3", [1, 2]),
        ("UID FETCH 99:*", [4]),
        ("UID FETCH 5,2,2:3", [1, 2, 4]),
    ],
)
def test_sets_name_messages(
    imap: ImapSession, alice: Account, said: Callable[..., str], messages: str, found: list[int]
) -> None:
    """Ranges go either way and `*` is the last there is, so `99:*` names it too; what is not there is not answered."""
    gone, *_ = [alice.mail.add(b"x", labels=["\\Inbox"]).gm_msgid for _ in range(5)]
    alice.mail.delete(gone)
    imap.receive(b"s SELECT INBOX\r\n")

    answer = said(imap.receive(f"a {messages} UID\r\n".encode()))

    assert answer == "".join(f"* {seq} FETCH (UID {seq + 1})\r\n" for seq in found) + "a OK Success\r\n"


def test_an_empty_folder_has_nothing_to_fetch(imap: ImapSession, talk: Talk) -> None:
    """`1:*` names nothing where there is nothing."""
    imap.receive(b"s SELECT INBOX\r\n")

    talk(
        imap,
        """
        C: a UID FETCH 1:* (FLAGS)
        S: a OK Success
        C: b FETCH * UID
        S: b OK Success
        C: c UID SEARCH ALL
        S: * SEARCH
        S: c OK SEARCH completed (Success)
        """,
    )


def test_many_messages_are_one_entry_of_the_journal(selected: ImapSession, world: World) -> None:
    """The journal tells how much was fetched, and shows no mail."""
    selected.receive(b"a FETCH 1:* (UID BODY.PEEK[])\r\n")
    selected.receive(b"b FETCH 2 (UID)\r\n")

    told = [entry.text for entry in world.journal.entries][-5:]
    assert told == [
        "* 1:2 FETCH … (2 responses, 156 bytes)",
        "a OK Success",
        "b FETCH 2 (UID)",
        "* 2 FETCH (UID 2)",
        "b OK Success",
    ]


@pytest.mark.parametrize(
    "command",
    [
        "FETCH",
        "FETCH 1",
        "FETCH 1 ()",
        "FETCH 0 UID",
        "FETCH 1:0 UID",
        "FETCH 1, UID",
        "FETCH 4294967296 UID",
        "FETCH 1 (FAST UID)",
        "FETCH 1 (ALL UID)",
        "FETCH 1 UID FLAGS",
        "FETCH 1 (UID  FLAGS)",
        "FETCH 1 NONSENSE",
        "FETCH 1 BODY[TEXT",
        "FETCH 1 BODY[NONSENSE]",
        "FETCH 1 BODY[HEADER.FIELDS ()]",
        'FETCH 1 BODY[HEADER.FIELDS ("a b")]',
        "FETCH 1 BODY[]<0.0>",
        "FETCH 1 BODY[]<5>",
        "FETCH 1 BODY[MIME]",
        "FETCH 1 BODY[1.]",
        "FETCH 1 BODY[0]",
        "FETCH 1 BODY[1.NONSENSE]",
        "FETCH 1 BODY[" + "1." * 300 + "1]",
        "FETCH 1 (FULL UID)",
        "FETCH 1 UID (CHANGEDSINCE 0)",
        "FETCH 1 UID (CHANGEDSINCE)",
        "FETCH 1 UID (VANISHED)",
    ],
)
def test_what_gmail_cannot_parse_is_no_gap_of_ours(
    selected: ImapSession, world: World, talk: Talk, command: str
) -> None:
    """Empty sets, number 0, macros among items and the like are the client's mistakes."""
    talk(
        selected,
        f"""
        C: a {command}
        S: a BAD Could not parse command
        """,
    )

    assert world.unimitated == []
