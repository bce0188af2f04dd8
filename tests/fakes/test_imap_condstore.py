from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes.accounts import Account
from fakes.imap.session import ImapSession
from fakes.world import World

Talk = Callable[..., None]


@pytest.fixture
def selected(imap: ImapSession, alice: Account) -> ImapSession:
    """Return a session that has selected an INBOX of three messages, mod-sequences 2 to 4."""
    for number in range(3):
        alice.mail.add(b"Subject: %d\r\n\r\n" % number, labels=["\\Inbox"])
    imap.receive(b"s SELECT INBOX\r\n")
    return imap


def test_select_and_status_tell_the_highest_modseq(selected: ImapSession, talk: Talk) -> None:
    """Without text behind the code, as Gmail has it."""
    talk(
        selected,
        r"""
        C: a STATUS "[Gmail]/All Mail" (MESSAGES HIGHESTMODSEQ)
        S: * STATUS "[Gmail]/All Mail" (HIGHESTMODSEQ 4 MESSAGES 3)
        S: a OK Success
        C: b EXAMINE INBOX (CONDSTORE)
        S: * FLAGS …
        S: * OK [PERMANENTFLAGS ()] Flags permitted.
        S: * OK [UIDVALIDITY 1] UIDs valid.
        S: * 3 EXISTS
        S: * 0 RECENT
        S: * OK [UIDNEXT 4] Predicted next UID.
        S: * OK [HIGHESTMODSEQ 4]
        S: b OK [READ-ONLY] INBOX selected. (Success)
        """,
    )


def test_fetch_tells_what_changed_since(selected: ImapSession, alice: Account, talk: Talk) -> None:
    """CHANGEDSINCE brings the mod-sequence along, asked or not; labels count as changes too."""
    first, second, _ = [message.gm_msgid for message in alice.mail.messages()]
    alice.mail.set_flags(second, ["\\Seen"])
    alice.mail.add_labels(first, ["Work"])

    talk(
        selected,
        r"""
        C: a UID FETCH 1:* (FLAGS) (CHANGEDSINCE 4)
        S: * 1 FETCH (UID 1 MODSEQ (6) FLAGS ())
        S: * 2 FETCH (UID 2 MODSEQ (5) FLAGS (\Seen))
        S: * 2 FETCH (UID 2 MODSEQ (5) FLAGS (\Seen))
        S: a OK Success
        C: b UID FETCH 1:* (FLAGS) (CHANGEDSINCE 6)
        S: b OK Success
        C: c FETCH 1:* MODSEQ
        S: * 1 FETCH (MODSEQ (6))
        S: * 2 FETCH (MODSEQ (5))
        S: * 3 FETCH (MODSEQ (4))
        S: c OK Success
        """,
    )


def test_store_spares_what_has_changed(selected: ImapSession, alice: Account, talk: Talk) -> None:
    """UNCHANGEDSINCE names what it left alone, by the numbers of the command, and tells the new mod-sequences."""
    _, second, _ = [message.gm_msgid for message in alice.mail.messages()]
    alice.mail.set_flags(second, ["\\Seen"])

    talk(
        selected,
        r"""
        C: a UID STORE 1:* (UNCHANGEDSINCE 4) +FLAGS.SILENT (\Flagged)
        S: * 1 FETCH (UID 1 MODSEQ (6))
        S: * 3 FETCH (UID 3 MODSEQ (7))
        S: * 2 FETCH (UID 2 MODSEQ (5) FLAGS (\Seen))
        S: a OK [MODIFIED 2] Conditional STORE failed
        C: b STORE 1:3 (UNCHANGEDSINCE 5) FLAGS ($X)
        S: * 2 FETCH (MODSEQ (8) FLAGS ($X))
        S: b OK [MODIFIED 1,3] Conditional STORE failed
        C: c STORE 2 (UNCHANGEDSINCE 8) +X-GM-LABELS (Work)
        S: * 2 FETCH (X-GM-LABELS (Work) MODSEQ (9))
        S: c OK Success
        """,
    )


def test_marking_as_deleted_moves_the_modseq(selected: ImapSession, alice: Account, talk: Talk) -> None:
    r"""With auto-expunge off `\Deleted` is a change of flags like any other."""
    alice.mail.auto_expunge = False

    talk(
        selected,
        r"""
        C: a STORE 1 (UNCHANGEDSINCE 4) +FLAGS (\Deleted)
        S: * 1 FETCH (MODSEQ (5) FLAGS (\Deleted))
        S: a OK Success
        """,
    )


def test_search_tells_the_highest_modseq_it_found(selected: ImapSession, alice: Account, talk: Talk) -> None:
    """From this mod-sequence on; with an entry of which there is only one."""
    first, *_ = [message.gm_msgid for message in alice.mail.messages()]
    alice.mail.set_flags(first, ["\\Seen"])
    selected.receive(b"n NOOP\r\n")

    talk(
        selected,
        r"""
        C: a SEARCH MODSEQ 4
        S: * SEARCH 1 3 (MODSEQ 5)
        S: a OK SEARCH completed (Success)
        C: b UID SEARCH OR MODSEQ "/flags/\\Seen" all 5 UID 2
        S: * SEARCH 1 2 (MODSEQ 5)
        S: b OK SEARCH completed (Success)
        C: c SEARCH MODSEQ 6
        S: * SEARCH
        S: c OK SEARCH completed (Success)
        C: d UID SEARCH RETURN (MIN) NOT MODSEQ 5
        S: * ESEARCH (TAG "d") UID MIN 2 MODSEQ 3
        S: d OK SEARCH completed (Success)
        C: e UID SEARCH RETURN (MIN MAX) MODSEQ 1
        S: * ESEARCH (TAG "e") UID MIN 1 MAX 3 MODSEQ 5
        S: e OK SEARCH completed (Success)
        C: f UID SEARCH RETURN (MAX) MODSEQ 1
        S: * ESEARCH (TAG "f") UID MAX 3 MODSEQ 4
        S: f OK SEARCH completed (Success)
        C: g UID SEARCH RETURN (COUNT) MODSEQ 1
        S: * ESEARCH (TAG "g") UID COUNT 3 MODSEQ 5
        S: g OK SEARCH completed (Success)
        """,
    )


@pytest.mark.parametrize(
    "enabling",
    [
        "ENABLE CONDSTORE",
        "STATUS INBOX (HIGHESTMODSEQ)",
        "FETCH 1 MODSEQ",
        "SEARCH MODSEQ 1",
        "FETCH 1 UID (CHANGEDSINCE 9)",
    ],
)
def test_who_asked_for_modseqs_hears_them_with_all_flags(
    selected: ImapSession, alice: Account, talk: Talk, enabling: str
) -> None:
    """Every way that RFC 7162 section 3.1 counts; before it nothing is said of them."""
    _, second, _ = [message.gm_msgid for message in alice.mail.messages()]
    alice.mail.set_flags(second, ["\\Seen"])
    talk(selected, "C: a NOOP\nS: * 2 FETCH (UID 2 FLAGS (\\Seen))\nS: a OK Success")

    selected.receive(f"b {enabling}\r\n".encode())
    alice.mail.set_flags(second, [])

    talk(
        selected,
        r"""
        C: c NOOP
        S: * 2 FETCH (UID 2 MODSEQ (6) FLAGS ())
        S: c OK Success
        C: d FETCH 3 BODY[TEXT]
        S: * 3 FETCH (MODSEQ (7) FLAGS (\Seen) BODY[TEXT] {0}
        S: )
        S: d OK Success
        C: e STORE 3 -FLAGS (\Seen)
        S: * 3 FETCH (MODSEQ (8) FLAGS ())
        S: e OK Success
        """,
    )


def test_enable_takes_what_it_knows(imap: ImapSession, talk: Talk) -> None:
    """Each name once, in the client's order; what is unknown, or needs no enabling, is passed over."""
    talk(
        imap,
        """
        C: a ENABLE QRESYNC utf8=accept IDLE CONDSTORE UTF8=ACCEPT
        S: * ENABLED UTF8=ACCEPT CONDSTORE
        S: a OK Success
        C: b ENABLE X
        S: * ENABLED
        S: b OK Success
        C: c ENABLE
        S: c BAD Could not parse command
        """,
    )


def test_names_are_utf8_for_who_enabled_it(imap: ImapSession, alice: Account, talk: Talk) -> None:
    """A raw name is unknown before and found after, modified UTF-7 the other way round (google.md 7.3, row 72)."""
    alice.mail.add("Subject: 会議\r\nFrom: 佐藤 <s@x>\r\n\r\n".encode(), labels=["仕事"])

    talk(
        imap,
        """
        C: a STATUS "仕事" (MESSAGES)
        S: a NO [NONEXISTENT] Unknown Mailbox: 仕事 (Failure)
        C: b ENABLE UTF8=ACCEPT
        S: * ENABLED UTF8=ACCEPT
        S: b OK Success
        C: c STATUS "仕事" (MESSAGES)
        S: * STATUS "仕事" (MESSAGES 1)
        S: c OK Success
        C: d STATUS "&TtVOiw-" (MESSAGES)
        S: d NO [NONEXISTENT] Unknown Mailbox: &TtVOiw- (Failure)
        C: e LIST "" "仕%"
        S: * LIST (\\HasNoChildren) "/" "仕事"
        S: e OK Success
        C: f EXAMINE "仕事"
        S: * FLAGS …
        S: * OK [PERMANENTFLAGS ()] Flags permitted.
        S: * OK [UIDVALIDITY 12] UIDs valid.
        S: * 1 EXISTS
        S: * 0 RECENT
        S: * OK [UIDNEXT 2] Predicted next UID.
        S: * OK [HIGHESTMODSEQ 2]
        S: f OK [READ-ONLY] 仕事 selected. (Success)
        C: g SEARCH SUBJECT "会議"
        S: * SEARCH 1
        S: g OK SEARCH completed (Success)
        C: h FETCH 1 ENVELOPE
        S: * 1 FETCH (ENVELOPE (NIL "会議" (("佐藤" NIL "s" "x")) …
        S: h OK Success
        """,
    )


def test_8_bit_headers_are_literals_for_others(imap: ImapSession, world: World, said: Callable[..., str]) -> None:
    """Quotes hold only ASCII unless the client said that it takes more."""
    world.deliver("alice@contoso.com", "Subject: é\r\n\r\n".encode())
    imap.receive(b"s EXAMINE INBOX\r\n")

    answer = said(imap.receive(b"a FETCH 1 ENVELOPE\r\n"))

    assert answer.startswith("* 1 FETCH (ENVELOPE (NIL {2}\r\né NIL")
