from __future__ import annotations

import base64
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailsync.errors import (
    BadInput,
    ConnectFailed,
    ConnectionLost,
    FolderMissing,
    GmailSyncError,
    ImapDisabled,
    ImapError,
    NoGmail,
    Throttled,
    TokenRefused,
    TooManyConnections,
)
from gmailsync.google.connector import GmailConnector
from gmailsync.google.imap_refusals import refused
from gmailsync.google.network import Network, Timeouts
from gmailsync.google.uid_sets import uid_set
from gmailsync.model.folder import FolderState, Listed
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret

IMAP = Endpoint("imap.gmail.com", 993)
ALICE = "alice@contoso.com"
TOKEN = Secret("ya29.a0AZYkNZh-the-access-token")
SASL = base64.b64encode(f"user={ALICE}\x01auth=Bearer {TOKEN.reveal()}\x01\x01".encode()).decode()
CHALLENGE = "eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ=="

IMAP_IS_OFF = (
    "NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your "
    "account for IMAP access. (Failure)"
)
IMAP_IS_OFF_IN_THE_DOMAIN = (
    "NO [ALERT] IMAP access is disabled for your domain. Please contact your domain administrator for questions about "
    "this feature. (Failure)"
)
WEB_SIGN_IN = (
    "NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)"
)

GREETING = """
S: * OK Gimap ready for requests from 203.0.113.7 k2if6111336rvb.0
C: {tag} CAPABILITY
S: * CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2
S: {tag} OK Thats all she wrote! k2if6111336rvb.0
"""
CREDENTIALS = f"""
C: {{tag}} AUTHENTICATE XOAUTH2 {SASL}
"""
SIGN_IN = f"""
{GREETING.strip()}
{CREDENTIALS.strip()}
S: * CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS ENABLE MOVE CONDSTORE
S: {{tag}} OK alice@contoso.com authenticated (Success)
"""
EXAMINE = """
C: {tag} EXAMINE "INBOX" (CONDSTORE)
S: * FLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen $NotPhishing $Phishing)
S: * OK [PERMANENTFLAGS ()] Flags permitted.
S: * OK [UIDVALIDITY 1] UIDs valid.
S: * 3 EXISTS
S: * 0 RECENT
S: * OK [UIDNEXT 12] Predicted next UID.
S: * OK [HIGHESTMODSEQ 29225]
S: {tag} OK [READ-ONLY] INBOX selected. (Success)
"""
EXAMINE_ORDERS = EXAMINE.replace("INBOX", "Orders")
LOGOUT = """
C: {tag} LOGOUT
S: * BYE LOGOUT Requested
S: {tag} OK 73 good day (Success)
"""
ITEMS = "(UID FLAGS INTERNALDATE X-GM-MSGID X-GM-THRID X-GM-LABELS BODY.PEEK[])"

Scripted = Any  # the fixture of conftest.py


def talk(*parts: str) -> str:
    """Put a script together."""
    return "\n".join(part.strip("\n") for part in parts)


# --- Signing in ------------------------------------------------------------------------------


def test_the_greeting_is_shown(scripted: Scripted) -> None:
    """Test & Enable shows it as evidence, without signing in."""
    connector = GmailConnector(scripted(IMAP, talk(GREETING, LOGOUT)))

    assert connector.imap_greeting(IMAP) == "Gimap ready for requests from 203.0.113.7 k2if6111336rvb.0"


def test_a_session_signs_in_by_xoauth2_and_logs_out(scripted: Scripted) -> None:
    """The token crosses the wire once, and the session ends politely."""
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN):
        pass


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (f"S: + {CHALLENGE}\nC: \nS: {{tag}} NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", TokenRefused),
        (f"S: + {CHALLENGE}\nC: \nS: {{tag}} NO Lookup failed k2if6111336rvb.0", NoGmail),
        ("S: {tag} NO [ALERT] Too many simultaneous connections. (Failure)", TooManyConnections),
        (
            f"S: {{tag}} {IMAP_IS_OFF}",
            ImapDisabled,
        ),
        ("S: {tag} BAD Invalid SASL argument. k2if6111336rvb.0", ImapError),
    ],
)
def test_a_refused_sign_in_says_why(scripted: Scripted, refusal: str, error: type[GmailSyncError]) -> None:
    """The challenge is answered with an empty line, and the refusal after it is what counts."""
    connector = GmailConnector(scripted(IMAP, talk(GREETING, CREDENTIALS, refusal, LOGOUT)))

    with pytest.raises(error) as raised, connector.imap(IMAP, ALICE, TOKEN):
        pass

    assert type(raised.value) is error
    assert raised.value.server_line == refusal.splitlines()[-1].removeprefix("S: {tag} ")


def test_the_token_is_in_no_error_and_no_log(scripted: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    """Not even when the server repeats it and everything is logged."""
    caplog.set_level(logging.DEBUG)
    refusal = f"S: {{tag}} NO [ALERT] No thank you, {SASL} {TOKEN.reveal()}"
    connector = GmailConnector(scripted(IMAP, talk(GREETING, CREDENTIALS, refusal, LOGOUT)))

    with pytest.raises(ImapError) as raised, connector.imap(IMAP, ALICE, TOKEN):
        pass

    shown = caplog.text + raised.value.message + raised.value.server_line
    assert raised.value.server_line == "NO [ALERT] No thank you, [cut] [cut]"
    assert TOKEN.reveal() not in shown
    assert SASL not in shown


def test_a_server_that_is_full_says_so_instead_of_a_greeting(scripted: Scripted) -> None:
    """A BYE may come at once."""
    connector = GmailConnector(scripted(IMAP, "S: * BYE [ALERT] Too many simultaneous connections. (Failure)"))

    with pytest.raises(TooManyConnections):
        connector.imap_greeting(IMAP)


def test_another_servers_greeting_is_not_taken_for_imap(scripted: Scripted) -> None:
    """The profile's location leads to an SMTP server."""
    connector = GmailConnector(scripted(IMAP, "S: 220 smtp.gmail.com ESMTP ready"))

    with pytest.raises(ConnectionLost):
        connector.imap_greeting(IMAP)


def test_a_wrong_port_fails_as_outside(scripted: Scripted) -> None:
    """The network's errors pass through the libraries unchanged."""
    with pytest.raises(ConnectFailed, match=r"imap\.gmail\.com:143"):
        GmailConnector(Network(hosts={str(IMAP): "127.0.0.1:1"})).imap_greeting(Endpoint("imap.gmail.com", 143))


def test_a_callers_own_error_passes_through(scripted: Scripted) -> None:
    """What goes wrong in the caller's database while a session is open is not Gmail's fault."""
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, LOGOUT)))

    with pytest.raises(OSError, match="disk full"), connector.imap(IMAP, ALICE, TOKEN):
        raise OSError("disk full")


# --- Folders ---------------------------------------------------------------------------------


def test_a_folder_is_examined(scripted: Scripted) -> None:
    """Nothing becomes read by looking at it."""
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        state = source.open_folder("INBOX")

    assert state == FolderState("INBOX", uidvalidity=1, uidnext=12, exists=3, modseq=29225)


def test_a_modification_sequence_of_64_bits_is_none(scripted: Scripted) -> None:
    """No database can keep it: flags are asked for as if changes were not counted."""
    examine = EXAMINE.replace("HIGHESTMODSEQ 29225", "HIGHESTMODSEQ 18446744073709551615")
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, examine, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        assert source.open_folder("INBOX").modseq is None


def test_a_missing_folder_is_named(scripted: Scripted) -> None:
    """The name goes out in modified UTF-7, and Gmail's line comes back with the error."""
    answer = """
    C: {tag} EXAMINE "[Gmail]/&kAFP4W4IMH8w4TD8MOs-" (CONDSTORE)
    S: {tag} NO [NONEXISTENT] Unknown Mailbox: [Gmail]/&kAFP4W4IMH8w4TD8MOs- (Failure)
    """
    script = talk(SIGN_IN, answer.replace("    ", ""), LOGOUT)

    with (
        pytest.raises(FolderMissing, match="Unknown Mailbox") as raised,
        GmailConnector(scripted(IMAP, script)).imap(IMAP, ALICE, TOKEN) as source,
    ):
        source.open_folder("[Gmail]/送信済みメール")

    assert raised.value.server_line == "NO [NONEXISTENT] Unknown Mailbox: [Gmail]/&kAFP4W4IMH8w4TD8MOs- (Failure)"


def test_a_folder_without_uidvalidity_cannot_be_read(scripted: Scripted) -> None:
    """Without it no UID means anything."""
    examine = 'C: {tag} EXAMINE "INBOX" (CONDSTORE)\nS: * 3 EXISTS\nS: {tag} OK done'
    status = 'C: {tag} STATUS "INBOX" (UIDVALIDITY)\nS: * STATUS "INBOX" (UIDVALIDITY 0)\nS: {tag} OK Success'
    script = talk(SIGN_IN, examine, status, LOGOUT)

    with (
        pytest.raises(ImapError, match="UIDVALIDITY"),
        GmailConnector(scripted(IMAP, script)).imap(IMAP, ALICE, TOKEN) as source,
    ):
        source.open_folder("INBOX")


def test_the_sent_folder_is_found_by_its_attribute(scripted: Scripted) -> None:
    """Names follow the account's language."""
    folders = """
C: {tag} LIST "" "*"
S: * LIST (\\HasNoChildren) "/" "INBOX"
S: * LIST (\\HasChildren \\Noselect) "/" "[Gmail]"
S: * LIST (\\All \\HasNoChildren) "/" "[Gmail]/&MFkweTBmMG4w4TD8MOs-"
S: * LIST (\\HasNoChildren \\Sent) "/" "[Gmail]/&kAFP4W4IMH8w4TD8MOs-"
S: * LIST (\\HasNoChildren) "/" "2024"
S: {tag} OK Success
"""
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, folders, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        assert source.sent_folder() == "[Gmail]/送信済みメール"


def test_a_hidden_sent_folder_is_reported_with_advice(scripted: Scripted) -> None:
    """The owner has unticked Show in IMAP for it."""
    folders = 'C: {tag} LIST "" "*"\nS: * LIST (\\HasNoChildren) "/" "INBOX"\nS: {tag} OK Success'
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, folders, LOGOUT)))

    with pytest.raises(FolderMissing) as raised, connector.imap(IMAP, ALICE, TOKEN) as source:
        source.sent_folder()

    assert "Show in IMAP" in raised.value.advice


# --- What is new -----------------------------------------------------------------------------


def test_new_messages_are_listed_with_their_sizes(scripted: Scripted) -> None:
    """SEARCH and FETCH are both asked; what either names is there."""
    listing = """
C: {tag} UID SEARCH UID 6:*
S: * SEARCH 7 11
S: {tag} OK SEARCH completed (Success)
C: {tag} UID FETCH 6:* (UID RFC822.SIZE FLAGS X-GM-MSGID X-GM-LABELS)
S: * 2 FETCH (UID 9 RFC822.SIZE 200)
S: * 3 FETCH (UID 11 RFC822.SIZE 300)
S: * 1 FETCH (UID 3 FLAGS (\\Seen))
S: * 1 FETCH (FLAGS (\\Seen))
S: {tag} OK Success
"""
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, listing, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        listed = source.listing(6)

    assert {uid: row.size for uid, row in listed.items()} == {
        7: 0,
        9: 200,
        11: 300,
    }  # 7 was left out of the FETCH, 9 of the SEARCH


def test_the_last_message_is_not_new_again(scripted: Scripted) -> None:
    """`n:*` names the last message although its UID is below n."""
    listing = "C: {tag} UID SEARCH UID 12:*\nS: * SEARCH 11\nS: {tag} OK SEARCH completed (Success)"
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, listing, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")

        assert source.listing(12) == {}


@pytest.mark.parametrize("answer", ["S: * SEARCH\n", "", "S: * SEARCH \n"])
def test_an_empty_folder_has_nothing_new(scripted: Scripted, answer: str) -> None:
    """No match is written in three ways."""
    listing = (
        f"C: {{tag}} UID SEARCH UID 1:*\n{answer}S: {{tag}} OK SEARCH completed (Success)\n"
        "C: {tag} UID FETCH 1:* (UID RFC822.SIZE FLAGS X-GM-MSGID X-GM-LABELS)\nS: {tag} OK Success"
    )
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, listing, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")

        assert source.listing() == {}


@pytest.mark.parametrize("uidnext", ["UIDNEXT 4294967295]", "X]"])
def test_a_large_folder_is_searched_in_windows(scripted: Scripted, uidnext: str) -> None:
    """One reply must fit into the line that imaplib takes, however far apart UIDs are, with and without UIDNEXT."""
    examine = EXAMINE.replace("3 EXISTS", "100000 EXISTS").replace("UIDNEXT 12]", uidnext)
    listing = """
C: {tag} UID SEARCH 1:80000 UID 1:*
S: * SEARCH 5 90000
S: {tag} OK SEARCH completed (Success)
C: {tag} UID SEARCH 80001:* UID 1:*
S: * SEARCH 159999 4294967294
S: {tag} OK SEARCH completed (Success)
C: {tag} UID FETCH 1:* (UID RFC822.SIZE FLAGS X-GM-MSGID X-GM-LABELS)
S: * 1 FETCH (UID 5 RFC822.SIZE 10)
S: {tag} OK Success
"""
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, examine, listing, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        listed = source.listing()

    assert {uid: row.size for uid, row in listed.items()} == {5: 10, 90000: 0, 159999: 0, 4294967294: 0}


def test_new_mail_of_a_large_folder_is_searched_at_once(scripted: Scripted) -> None:
    """Few UIDs are asked for, whatever the number of messages."""
    examine = EXAMINE.replace("3 EXISTS", "100000 EXISTS").replace("UIDNEXT 12]", "UIDNEXT 200000]")
    search = "C: {tag} UID SEARCH UID 199990:*\nS: * SEARCH 199995\nS: {tag} OK SEARCH completed (Success)"
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, examine, search, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")

        assert source.uids(199_990) == [199_995]


def test_sizes_are_asked_for_in_pieces(scripted: Scripted) -> None:
    """41,000 messages are three commands, which leave no UID between them out."""
    uids = [*range(10, 41_010)]
    listing = f"""
C: {{tag}} UID SEARCH UID 1:*
S: * SEARCH {" ".join(map(str, uids))}
S: {{tag}} OK SEARCH completed (Success)
C: {{tag}} UID FETCH 1:20009 (UID RFC822.SIZE FLAGS X-GM-MSGID X-GM-LABELS)
S: {{tag}} OK Success
C: {{tag}} UID FETCH 20010:40009 (UID RFC822.SIZE FLAGS X-GM-MSGID X-GM-LABELS)
S: {{tag}} OK Success
C: {{tag}} UID FETCH 40010:* (UID RFC822.SIZE FLAGS X-GM-MSGID X-GM-LABELS)
S: {{tag}} OK Success
"""
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, listing, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")

        assert source.listing() == {uid: Listed(uid) for uid in uids}


# --- Whole messages --------------------------------------------------------------------------


def test_a_message_is_fetched_exact_to_the_octet(scripted: Scripted) -> None:
    """With Gmail's ids, labels out of modified UTF-7, and the time of arrival in UTC."""
    fetch = f"""
C: {{tag}} UID FETCH 7,9:10 {ITEMS}
S: * 1 FETCH (X-GM-THRID 1592225494819146101 X-GM-MSGID 1278455344230334865 X-GM-LABELS (\\Inbox "\\\\Important" 2024 "&kAFP4W4I- mail" NIL foo]) UID 7 INTERNALDATE "17-Jul-2026 02:44:25 -0700" FLAGS (\\Seen $NotPhishing) BODY[] {{27}}
S: Subject: caf\xe9
S:
S: .dot
S: \x00\tx)
S: {{tag}} OK Success
"""  # noqa: E501 - one line of the protocol
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, fetch, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        [[message]] = source.fetch([[9, 7, 10, 7]])

    assert message.uid == 7
    assert message.raw == "Subject: caf\xe9\r\n\r\n.dot\r\n\x00\tx".encode()
    assert message.gmail_message_id == 1278455344230334865
    assert message.gmail_thread_id == 1592225494819146101
    assert message.labels == ("\\Inbox", "\\Important", "2024", "送信済 mail", "foo]")
    assert message.flags == ("\\Seen", "$NotPhishing")
    assert message.internal_date == datetime(2026, 7, 17, 9, 44, 25, tzinfo=UTC)


def row(number: int, uid: int, body: str = "x", *, flags: str = "", date: str = "17-Jul-2026 02:44:25 +0000") -> str:
    """Write a FETCH response with everything that is asked for."""
    return (
        f'S: * {number} FETCH (X-GM-THRID {uid}1 X-GM-MSGID {uid}0 X-GM-LABELS () UID {uid} INTERNALDATE "{date}" '
        f"FLAGS ({flags}) BODY[] {{{len(body)}}}\nS: {body})"
    )


def test_what_comes_unasked_for_is_kept_apart(scripted: Scripted) -> None:
    """Flags of other messages, without UID, twice, and half a message do not mix with mail (RFC 3501 section 7.4.2)."""
    fetch = "\n".join(
        [
            f"C: {{tag}} UID FETCH 5:7 {ITEMS}",
            "S: * 5 FETCH (FLAGS (\\Deleted))",  # a sequence number, which is not UID 5
            row(3, 5, "five"),
            "S: * 4 EXISTS",
            "S: * 1 FETCH (UID 99 FLAGS (\\Seen))",
            row(2, 42, "not asked for"),
            "S: * 1 EXPUNGE",
            "S: * 3 FETCH (UID 6 FLAGS ())",  # 3 is another message by now
            "S: * 3 FETCH (UID 5 FLAGS (\\Seen))",
            "S: * 9 FETCH (FLAGS (\\Broken",
            row(4, 7, "seven", flags="\\Seen"),
            row(4, 7, "seven", flags="\\Seen"),
            "S: {tag} OK Success",
        ]
    )
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, fetch, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        [messages] = source.fetch([[5, 6, 7]])

    assert [(message.uid, message.raw, message.flags) for message in messages] == [
        (5, b"five", ("\\Seen",)),
        (7, b"seven", ("\\Seen",)),
    ]


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("01-Jan-1969 00:00:00 +0000", datetime(1969, 1, 1, tzinfo=UTC)),
        (" 1-Oct-2016 10:00:00 +0900", datetime(2016, 10, 1, 1, tzinfo=UTC)),
        ("yesterday", datetime(1970, 1, 1, tzinfo=UTC)),
        ("31-Dec-9999 23:59:59 -2300", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_an_odd_date_does_not_lose_the_message(scripted: Scripted, date: str, expected: datetime) -> None:
    """What cannot be read becomes the epoch."""
    fetch = talk(f"C: {{tag}} UID FETCH 5 {ITEMS}", row(1, 5, date=date), "S: {tag} OK Success")
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, fetch, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        [[message]] = source.fetch([[5]])

    assert message.internal_date == expected


def test_a_batch_is_asked_for_before_the_one_that_precedes_it_is_read(scripted: Scripted) -> None:
    """So no round trip is waited for between two; each gets its own messages."""
    fetch = talk(
        *[f"C: {{tag}} UID FETCH {uid} {ITEMS}" for uid in (5, 6)],
        *[row(1, 5, "five"), "S: {tag-1} OK Success"],
        f"C: {{tag}} UID FETCH 7 {ITEMS}",
        *[row(2, 6, "six"), "S: {tag-1} OK Success"],
        *[row(3, 7, "seven"), "S: {tag} OK Success"],
    )
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, fetch, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        read = [[message.raw for message in messages] for messages in source.fetch([[5], [6], [7], []])]

    assert read == [[b"five"], [b"six"], [b"seven"], []]


def test_a_question_about_one_batch_is_answered_behind_the_next(scripted: Scripted) -> None:
    """What was left out is asked for again while the next batch is under way, and nothing is mixed up."""
    fetch = talk(
        *[f"C: {{tag}} UID FETCH {uids} {ITEMS}" for uids in ("5:6", "7")],
        *[row(1, 5, "five"), "S: {tag-1} OK Success"],
        f"C: {{tag}} UID FETCH 6 {ITEMS}",
        *[row(3, 7, "seven"), "S: {tag-1} OK Success"],
        "S: {tag} OK Success",
        "C: {tag} NOOP",
        "S: {tag} OK Success",
        "C: {tag} UID SEARCH UID 6",
        "S: * SEARCH 6",
        "S: {tag} OK SEARCH completed (Success)",
    )
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, fetch, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        batches = source.fetch([[5, 6], [7]])
        [first] = next(batches)
        again, there = list(source.fetch([[6]])), source.still_there([6])
        [[second]] = batches

    assert (first.raw, again, there, second.raw) == (b"five", [[]], {6}, b"seven")


def test_answers_may_be_mixed_and_come_in_any_order(scripted: Scripted) -> None:
    """A server may carry out commands that are under way together side by side (RFC 3501 section 5.5)."""
    fetch = talk(
        *[f"C: {{tag}} UID FETCH {uids} {ITEMS}" for uids in ("5:6", "7:8")],
        *[row(1, 5, "five"), row(3, 7, "seven"), row(4, 8, "eight"), "S: {tag} OK Success"],
        *[row(2, 6, "six"), "S: {tag-1} OK Success"],
    )
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, fetch, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        read = [[message.raw for message in messages] for messages in source.fetch([[5, 6], [7, 8]])]

    assert read == [[b"five", b"six"], [b"seven", b"eight"]]


def test_who_stops_reading_leaves_no_messages_to_the_next_folder(scripted: Scripted) -> None:
    """Two folders have messages of the same UIDs; an answer under way is read before the other one is opened."""
    stopped = talk(
        *[f"C: {{tag}} UID FETCH {uid} {ITEMS}" for uid in (5, 6)],
        *[row(1, 5, "of the Inbox"), "S: {tag-1} OK Success"],
        *[row(2, 6, "of the Inbox"), "S: {tag} OK Success"],
    )
    fetch = talk(f"C: {{tag}} UID FETCH 6 {ITEMS}", "S: {tag} OK Success")
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, stopped, EXAMINE_ORDERS, fetch, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        batches = source.fetch([[5], [6]])
        next(batches)
        batches.close()
        source.open_folder("Orders")

        assert list(source.fetch([[6]])) == [[]]


SOME = "NO [SERVERBUG] Some messages could not be FETCHed (Failure)"


def test_a_message_that_is_refused_leaves_the_others_of_its_batch_to_be_had(scripted: Scripted) -> None:
    """Each is asked for alone, while the next batch is under way and refused, too."""
    refused = talk(
        *[f"C: {{tag}} UID FETCH {uids} {ITEMS}" for uids in ("5:7", "8:9")],
        *[row(1, 5, "five"), f"S: {{tag-1}} {SOME}", f"C: {{tag}} UID FETCH 6 {ITEMS}", f"S: {{tag-1}} {SOME}"],
        *[f"S: {{tag}} {SOME}", f"C: {{tag}} UID FETCH 7 {ITEMS}", row(3, 7, "seven"), "S: {tag} OK Success"],
        *[f"C: {{tag}} UID FETCH 8 {ITEMS}", row(4, 8, "eight"), "S: {tag} OK Success"],
        *[f"C: {{tag}} UID FETCH 9 {ITEMS}", f"S: {{tag}} {SOME}"],
    )
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, refused, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        read = [[message.uid for message in batch] for batch in source.fetch([[5, 6, 7], [8, 9]])]

    assert read == [[5, 7], [8]]


def test_a_batch_of_which_nothing_comes_is_refused(scripted: Scripted) -> None:
    """That is the server's trouble and no message's; one that is asked for alone is just missing."""
    refused = [
        line for uids in ("5:6", "5", "6") for line in (f"C: {{tag}} UID FETCH {uids} {ITEMS}", f"S: {{tag}} {SOME}")
    ]
    alone = [f"C: {{tag}} UID FETCH 5 {ITEMS}", f"S: {{tag}} {SOME}"]
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, *refused, *alone, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        with pytest.raises(ImapError) as raised:
            list(source.fetch([[5, 6]]))

        assert raised.value.server_line == SOME
        assert list(source.fetch([[5]])) == [[]]


def test_a_refused_batch_leaves_the_session_usable_while_the_next_is_under_way(scripted: Scripted) -> None:
    """The refusal is told in the server's words, and the next answer is heard out."""
    refused = talk(
        *[f"C: {{tag}} UID FETCH {uid} {ITEMS}" for uid in (5, 6)],
        "S: {tag-1} NO [UNAVAILABLE] Temporary System Problem",
        *[row(2, 6, "six"), "S: {tag} OK Success"],
    )
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, refused, EXAMINE, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        with pytest.raises(ImapError) as raised:
            list(source.fetch([[5], [6]]))

        assert raised.value.server_line == "NO [UNAVAILABLE] Temporary System Problem"
        assert source.open_folder("INBOX").exists == 3


def test_a_refused_part_of_a_batch_leaves_nothing_of_the_rest_to_the_next_folder(scripted: Scripted) -> None:
    """A batch that one command cannot name is asked for by two, and the second is answered all the same."""
    refused = talk(
        *[f"C: {{tag}} UID FETCH {uids} {ITEMS}" for uids in ("1:500", "501")],
        *["S: {tag-1} BAD Could not parse command", row(1, 501, "of the Inbox"), "S: {tag} OK Success"],
    )
    fetch = talk(f"C: {{tag}} UID FETCH 501 {ITEMS}", "S: {tag} OK Success")
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, refused, EXAMINE_ORDERS, fetch, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        with pytest.raises(ImapError):
            list(source.fetch([range(1, 502)]))
        source.open_folder("Orders")

        assert list(source.fetch([[501]])) == [[]]


def test_nothing_is_asked_for_nothing(scripted: Scripted) -> None:
    """An empty set is no command."""
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")

        assert list(source.fetch([[], []])) == [[], []]
        assert source.still_there([]) == set()


# --- Questions -------------------------------------------------------------------------------


def test_whether_messages_exist_is_asked_by_search(scripted: Scripted) -> None:
    """Another question than FETCH, in a fresh view; answers nobody asked for do not count."""
    search = """
C: {tag} NOOP
S: * 1 EXPUNGE
S: {tag} OK Success
C: {tag} UID SEARCH UID 5:6,9
S: * SEARCH 9 5 77
S: {tag} OK SEARCH completed (Success)
"""
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, search, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")

        assert source.still_there([9, 5, 6]) == {5, 9}


def test_a_message_id_is_looked_for_in_a_fresh_view(scripted: Scripted) -> None:
    """Gmail answers SEARCH from the view of the last NOOP; the id is quoted whatever it holds."""
    search = """
C: {tag} NOOP
S: * 4 EXISTS
S: {tag} OK Success
C: {tag} UID SEARCH HEADER Message-ID "<a(b)\\"c\\\\d@contoso.com>"
S: * SEARCH 12 8
S: {tag} OK SEARCH completed (Success)
"""
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, search, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")

        assert source.find_message_id('<a(b)"c\\d@contoso.com>') == [8, 12]


@pytest.mark.parametrize("message_id", ["<é@contoso.com>", "<a@b>\r\nA1 DELETE INBOX", "<a\x00@b>"])
def test_a_message_id_that_cannot_be_asked_for_is_refused(scripted: Scripted, message_id: str) -> None:
    """To say it was not found would have the email sent once more."""
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        with pytest.raises(BadInput):
            source.find_message_id(message_id)


# --- Faults ----------------------------------------------------------------------------------


def test_a_refused_command_leaves_the_session_usable(scripted: Scripted) -> None:
    """The server said no, and is still listening."""
    script = talk(
        SIGN_IN, EXAMINE, f"C: {{tag}} UID FETCH 5 {ITEMS}\nS: {{tag}} BAD Could not parse command", EXAMINE, LOGOUT
    )
    connector = GmailConnector(scripted(IMAP, script))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        with pytest.raises(ImapError) as raised:
            list(source.fetch([[5]]))
        assert raised.value.server_line == "BAD Could not parse command"
        assert source.open_folder("INBOX").exists == 3


@pytest.mark.parametrize(
    ("answer", "error", "line"),
    [
        ("S: * BYE Session expired, please login again.", ConnectionLost, "BYE Session expired, please login again."),
        ("S: * 1 FETCH (UID 5 BODY[] {1000}\nS: only a part", ConnectionLost, ""),
        ("", ConnectionLost, ""),
        ("HANG", ConnectionLost, ""),
        ("S: what?", ConnectionLost, ""),
        (
            "S: * BYE [ALERT] Account exceeded command or bandwidth limits. (Failure)",
            Throttled,
            "BYE [ALERT] Account exceeded command or bandwidth limits. (Failure)",
        ),
    ],
)
def test_a_session_that_breaks_off_is_a_lost_connection(
    scripted: Scripted, impatient: Timeouts, answer: str, error: type[GmailSyncError], line: str
) -> None:
    """However it breaks off: no part of a message is taken for a message, and no library's exception comes out."""
    script = talk(SIGN_IN, EXAMINE, f"C: {{tag}} UID FETCH 5 {ITEMS}", answer)
    connector = GmailConnector(scripted(IMAP, script), impatient)

    def read() -> None:
        with connector.imap(IMAP, ALICE, TOKEN) as source:
            source.open_folder("INBOX")
            list(source.fetch([[5]]))

    with pytest.raises(error) as raised:
        read()

    assert type(raised.value) is error
    assert raised.value.server_line == line


def test_a_logout_that_fails_spoils_nothing(scripted: Scripted) -> None:
    """What was read is read."""
    connector = GmailConnector(scripted(IMAP, talk(SIGN_IN, EXAMINE, "C: {tag} LOGOUT")))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        state = source.open_folder("INBOX")

    assert state.exists == 3


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", TokenRefused),
        ("NO [ALERT] Invalid credentials (Failure)", TokenRefused),
        ("NO SASL authentication failed", TokenRefused),
        ("NO Lookup failed k2if6111336rvb.0", NoGmail),
        (IMAP_IS_OFF, ImapDisabled),
        (IMAP_IS_OFF_IN_THE_DOMAIN, ImapDisabled),
        ("NO [ALERT] Too many simultaneous connections. (Failure)", TooManyConnections),
        ("NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)", Throttled),
        ("NO [NONEXISTENT] Unknown Mailbox: [Gmail] (now in authenticated state) (Failure)", FolderMissing),
        ("NO [UNAVAILABLE] Temporary System Problem. Please try again later. (Failure)", ImapError),
        ("NO System Error (Failure)", ImapError),
        ("NO Invalid SASL argument. k2if6111336rvb.0", ImapError),
        (WEB_SIGN_IN, ImapError),
        ("BAD Unknown command k2if6111336rvb.0", ImapError),
        ("BYE Session expired, please login again.", ConnectionLost),
    ],
)
def test_gmails_refusals_get_their_meaning(line: str, error: type[GmailSyncError]) -> None:
    """The texts of google.md 7.3, and what support is told about them."""
    refusal = refused(line, ALICE)

    assert type(refusal) is error
    assert refusal.server_line == line
    assert "(Failure)" not in refusal.message
    assert "\n" not in refusal.message


def test_a_web_sign_in_is_advised_when_gmail_wants_one() -> None:
    """Only the owner can do that."""
    assert "web browser" in refused(WEB_SIGN_IN, ALICE).advice


# --- Properties ------------------------------------------------------------------------------


@given(st.sets(st.integers(1, 2**32 - 1), min_size=1) | st.sets(st.integers(1, 30), min_size=1))
def test_a_uid_set_names_exactly_its_uids(uids: set[int]) -> None:
    """No more and no fewer, however they lie."""
    named: set[int] = set()
    for part in uid_set(sorted(uids)).split(","):
        first, _, last = part.partition(":")
        named.update(range(int(first), int(last or first) + 1))

    assert named == uids
