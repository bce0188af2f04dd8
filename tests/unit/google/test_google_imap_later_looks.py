"""What later looks at a folder ask Gmail, line by line."""

from __future__ import annotations

import base64
from contextlib import nullcontext
from datetime import UTC, date, datetime
from typing import Any

import pytest

from gmailsync.errors import FolderMissing, ImapError, TokenRefused
from gmailsync.google.connector import GmailConnector
from gmailsync.model.folder import FolderState, Listed
from gmailsync.model.mailbox import ALL_MAIL, SENT
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret

IMAP = Endpoint("imap.gmail.com", 993)
ALICE, TOKEN = "alice@contoso.com", Secret("ya29.the-access-token")
SASL = base64.b64encode(f"user={ALICE}\x01auth=Bearer {TOKEN.reveal()}\x01\x01".encode()).decode()

CAPABILITIES = "IMAP4rev1 X-GM-EXT-1 CONDSTORE"


def greeting(extra: str = "SASL-IR") -> str:
    return (
        "S: * OK Gimap ready\nC: {tag} CAPABILITY\n"
        f"S: * CAPABILITY IMAP4rev1 X-GM-EXT-1 AUTH=XOAUTH2 {extra}\nS: {{tag}} OK Success"
    )


def signed_in(capabilities: str = CAPABILITIES) -> str:
    return (
        f"{greeting()}\nC: {{tag}} AUTHENTICATE XOAUTH2 {SASL}\n"
        f"S: * CAPABILITY {capabilities}\nS: {{tag}} OK authenticated (Success)"
    )


def examine(*told: str, name: str = '"INBOX"') -> str:
    lines = "".join(f"S: * {line}\n" for line in told or ("OK [UIDVALIDITY 1] x", "3 EXISTS", "OK [UIDNEXT 12] x"))
    return f"C: {{tag}} EXAMINE {name} (CONDSTORE)\n{lines}S: {{tag}} OK [READ-ONLY] selected. (Success)"


LOGOUT = "C: {tag} LOGOUT\nS: * BYE LOGOUT Requested\nS: {tag} OK 73 good day (Success)"

Scripted = Any  # the fixture of conftest.py


def talk(*parts: str) -> str:
    return "\n".join(parts)


def test_a_server_without_initial_responses_is_signed_in_to_in_two_steps(scripted: Scripted) -> None:
    """The credentials wait for the server's plus."""
    two_steps = (
        f"{greeting('')}\nC: {{tag}} AUTHENTICATE XOAUTH2\nS: +\x20\nC: {SASL}\n"
        f"S: * CAPABILITY {CAPABILITIES}\nS: {{tag}} OK Success"
    )
    connector = GmailConnector(scripted(IMAP, talk(two_steps, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN):
        pass


def test_a_refusal_at_once_is_a_refusal(scripted: Scripted) -> None:
    """The challenge that says why is answered with an empty line."""
    refusal = (
        f"{greeting()}\nC: {{tag}} AUTHENTICATE XOAUTH2 {SASL}\nS: + eyJzdGF0dXMiOiI0MDAifQ==\nC: \n"
        "S: {tag} NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"
    )

    with (
        pytest.raises(TokenRefused),
        GmailConnector(scripted(IMAP, talk(refusal, LOGOUT))).imap(IMAP, ALICE, TOKEN),
    ):
        pass


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (["OK [UIDVALIDITY 1] x", "3 EXISTS", "OK [UIDNEXT 12]", "OK [HIGHESTMODSEQ 7]"], (1, 12, 3, 7)),
        (["OK [UIDVALIDITY 1] x", "3 EXISTS", "OK [UIDNEXT 12]", "OK [HIGHESTMODSEQ NIL]"], (1, 12, 3, None)),
        (["OK [UIDVALIDITY 1] x", "3 EXISTS", "OK [UIDNEXT 12]", "OK [HIGHESTMODSEQ] x"], (1, 12, 3, None)),
        (["OK [UIDVALIDITY 1] x", "3 EXISTS", "OK [UIDNEXT 12]", "OK [HIGHESTMODSEQ 0]"], (1, 12, 3, None)),
        (["OK [UIDVALIDITY 1] x", "3 EXISTS", "OK [NOMODSEQ] x"], (1, None, 3, None)),
        (["OK [UIDVALIDITY 1] x", "3 EXISTS", "4 EXISTS"], (1, None, 4, None)),
    ],
)
def test_what_a_folder_says_of_itself_may_be_incomplete(scripted: Scripted, told: list[str], state: Any) -> None:
    """A number that is none counts as not told; the mark has no text behind it at Gmail."""
    connector = GmailConnector(scripted(IMAP, talk(signed_in(), examine(*told), LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        uidvalidity, uidnext, exists, modseq = state
        assert source.open_folder("INBOX") == FolderState("INBOX", uidvalidity, uidnext, exists, modseq)


@pytest.mark.parametrize("told", [["3 EXISTS"], ["OK [UIDVALIDITY 0] x", "3 EXISTS"]])
def test_a_uidvalidity_that_is_missing_is_asked_for_by_status(scripted: Scripted, told: list[str]) -> None:
    """0 is none either."""
    status = 'C: {tag} STATUS "INBOX" (UIDVALIDITY)\nS: * STATUS "INBOX" (UIDVALIDITY 7)\nS: {tag} OK Success'
    connector = GmailConnector(scripted(IMAP, talk(signed_in(), examine(*told), status, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        assert source.open_folder("INBOX").uidvalidity == 7


def test_a_server_that_counts_no_changes_is_not_asked_to(scripted: Scripted) -> None:
    """Without CONDSTORE the word would be refused."""
    plain = 'C: {tag} EXAMINE "INBOX"\nS: * 0 EXISTS\nS: * OK [UIDVALIDITY 1] x\nS: {tag} OK done'
    connector = GmailConnector(scripted(IMAP, talk(signed_in("IMAP4rev1"), plain, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        assert source.open_folder("INBOX").exists == 0


LIST = """C: {tag} LIST "" "*"
S: * LIST (\\HasNoChildren) "/" "INBOX"
S: * LIST (\\All \\HasNoChildren) "/" "[Gmail]/&MFkweTBmMG4w4TD8MOs-"
S: {tag} OK Success"""


def test_all_mail_is_found_in_any_language(scripted: Scripted) -> None:
    """By its special use; no label is its own."""
    row = "S: * 1 FETCH (X-GM-MSGID 70 X-GM-LABELS (\\Inbox) UID 7 RFC822.SIZE 9 FLAGS () MODSEQ (3))"
    ask = "C: {tag} UID FETCH 7 (UID RFC822.SIZE FLAGS X-GM-MSGID X-GM-LABELS)\n" + row + "\nS: {tag} OK Success"
    opened = examine(name='"[Gmail]/&MFkweTBmMG4w4TD8MOs-"')
    connector = GmailConnector(scripted(IMAP, talk(signed_in(), LIST, opened, ask, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        state = source.open_folder(ALL_MAIL)
        described = source.describe([7])

    assert state.name == ALL_MAIL
    assert described == {7: Listed(7, 9, 70, ("\\Inbox",), ())}


def test_a_special_folder_that_is_hidden_is_missing(scripted: Scripted) -> None:
    """LIST does not show it."""
    connector = GmailConnector(scripted(IMAP, talk(signed_in(), LIST, LOGOUT)))

    with pytest.raises(FolderMissing) as raised, connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder(SENT)

    assert "Show in IMAP" in raised.value.advice


def test_changes_are_asked_for_since_the_mark(scripted: Scripted) -> None:
    """By UID alone; what came unasked for mixes in only for messages that changed as well."""
    changes = """C: {tag} UID FETCH 1:11 (UID RFC822.SIZE FLAGS X-GM-MSGID X-GM-LABELS) (CHANGEDSINCE 29225)
S: * 2 FETCH (X-GM-MSGID 90 X-GM-LABELS ("Work") UID 9 RFC822.SIZE 5 FLAGS (\\Seen) MODSEQ (29226))
S: * 1 FETCH (FLAGS (\\Deleted))
S: * 3 FETCH (UID 12 FLAGS (\\Seen) MODSEQ (29227))
S: * 3 FETCH (UID 11 FLAGS (\\Flagged) MODSEQ (29227))
S: {tag} OK Success
C: {tag} UID SEARCH UID 1:11 MODSEQ 29226
S: * SEARCH 9 11 (MODSEQ 29227)
S: {tag} OK SEARCH completed (Success)"""
    connector = GmailConnector(scripted(IMAP, talk(signed_in(), examine(), changes, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        changed = source.changes(29225, 11)

    assert changed == {
        9: Listed(9, 5, 90, ("Work", "\\Inbox"), ("\\Seen",)),
        11: Listed(11, flags=("\\Flagged",)),
    }


def test_changes_that_fetch_left_out_are_found_by_search_and_asked_for_once_more(scripted: Scripted) -> None:
    """Of what FETCH leaves out again, the UID is all that is told."""
    changes = """C: {tag} UID FETCH 1:11 (UID RFC822.SIZE FLAGS X-GM-MSGID X-GM-LABELS) (CHANGEDSINCE 29225)
S: {tag} OK Success
C: {tag} UID SEARCH UID 1:11 MODSEQ 29226
S: * SEARCH 9 11 12 (MODSEQ 29227)
S: {tag} OK SEARCH completed (Success)
C: {tag} UID FETCH 9,11 (UID RFC822.SIZE FLAGS X-GM-MSGID X-GM-LABELS)
S: * 2 FETCH (X-GM-MSGID 90 X-GM-LABELS ("Work") UID 9 RFC822.SIZE 5 FLAGS (\\Seen))
S: {tag} OK Success"""
    connector = GmailConnector(scripted(IMAP, talk(signed_in(), examine(), changes, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        changed = source.changes(29225, 11)

    assert changed == {9: Listed(9, 5, 90, ("Work", "\\Inbox"), ("\\Seen",)), 11: Listed(11)}


@pytest.mark.parametrize("said", ["BAD Could not parse command", "NO [UNAVAILABLE] Temporary System Error"])
def test_where_search_knows_no_changes_what_fetch_tells_is_all(scripted: Scripted, said: str) -> None:
    """It is no part of the promise to know more; what is refused for the time being is asked for by the next look."""
    changes = f"""C: {{tag}} UID FETCH 1:11 (UID RFC822.SIZE FLAGS X-GM-MSGID X-GM-LABELS) (CHANGEDSINCE 29225)
S: * 3 FETCH (UID 11 FLAGS (\\Flagged) MODSEQ (29227))
S: {{tag}} OK Success
C: {{tag}} UID SEARCH UID 1:11 MODSEQ 29226
S: {{tag}} {said}"""
    connector = GmailConnector(scripted(IMAP, talk(signed_in(), examine(), changes, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        with nullcontext() if said.startswith("BAD") else pytest.raises(ImapError, match="Temporary System Error"):
            assert source.changes(29225, 11) == {11: Listed(11, flags=("\\Flagged",))}


def test_a_backlog_is_searched_by_its_start_date(scripted: Scripted) -> None:
    """FETCH covers what lies between those that SEARCH found, with the time of arrival."""
    listing = """C: {tag} UID SEARCH UID 1:11 SINCE 5-Jan-2026
S: * SEARCH 7 9
S: {tag} OK SEARCH completed (Success)
C: {tag} UID FETCH 7:11 (UID RFC822.SIZE FLAGS INTERNALDATE X-GM-MSGID X-GM-LABELS)
S: * 2 FETCH (X-GM-MSGID 80 X-GM-LABELS () UID 8 RFC822.SIZE 5 FLAGS () INTERNALDATE "06-Jan-2026 00:00:00 +0000")
S: {tag} OK Success"""
    connector = GmailConnector(scripted(IMAP, talk(signed_in(), examine(), listing, LOGOUT)))

    with connector.imap(IMAP, ALICE, TOKEN) as source:
        source.open_folder("INBOX")
        listed = source.listing(1, 11, date(2026, 1, 5))

    arrived = datetime(2026, 1, 6, tzinfo=UTC)
    assert listed == {7: Listed(7), 8: Listed(8, 5, 80, ("\\Inbox",), (), arrived), 9: Listed(9)}
