"""What a customer sees who has set something up wrongly for IMAP: one test for each row of google.md 7.3."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes.accounts import Account
from fakes.imap.session import ImapSession
from fakes.world import World

Talk = Callable[..., None]
HELP = "https://support.google.com/mail/accounts/answer/78754"
PASSWORD_REFUSED = "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"


def signed_out(world: World, account: Account) -> ImapSession:
    """Return a session that nobody has signed in to; the account's password is hunter2."""
    account.password = "hunter2"
    return ImapSession(world, session_id="k2if6111336rvb.0")


@pytest.mark.parametrize(
    ("two_step", "answer"),
    [
        pytest.param(False, PASSWORD_REFUSED, id="row-69"),
        pytest.param(
            True,
            "NO [ALERT] Application-specific password required: "
            "https://support.google.com/accounts/answer/185833 (Failure)",
            id="row-69-two-step",
        ),
    ],
)
def test_a_password_of_old_is_refused(world: World, alice: Account, talk: Talk, two_step: bool, answer: str) -> None:
    """What worked for years; with two-step verification Google names the way out."""
    alice.two_step = two_step

    talk(
        signed_out(world, alice),
        f"""
        C: a LOGIN alice@contoso.com hunter2
        S: a {answer}
        C: b AUTHENTICATE PLAIN AGFsaWNlQGNvbnRvc28uY29tAGh1bnRlcjI=
        S: b {answer}
        C: c LOGIN alice@contoso.com wrong
        S: c {PASSWORD_REFUSED}
        """,
    )


@pytest.mark.parametrize("row", [pytest.param(70, id="row-70")])
def test_a_login_that_google_distrusts_needs_the_web(
    world: World, alice: Account, open_imap: Callable[[World], ImapSession], talk: Talk, row: int
) -> None:
    """An untagged address to go to, then the alert; OAuth is not hit."""
    session = signed_out(world, alice)
    world.set_app_password(alice.address, "abcdefghijklmnop")
    alice.needs_web_login = True

    talk(
        session,
        f"""
        C: a LOGIN alice@contoso.com abcdefghijklmnop
        S: * NO [WEBALERT https://accounts.google.com/signin/continue?sarp=1&scc=1&plt=…] Web login required.
        S: a NO [ALERT] Please log in via your web browser: {HELP} (Failure)
        """,
    )

    assert open_imap(world)._context.account is alice


@pytest.mark.parametrize("row", [pytest.param(71, id="row-71")])
def test_english_names_do_not_fit_a_japanese_account(imap: ImapSession, alice: Account, talk: Talk, row: int) -> None:
    r"""The folder is there, by `\Sent`."""
    alice.mail.speak("ja")

    talk(
        imap,
        r"""
        C: a SELECT "[Gmail]/Sent Mail"
        S: a NO [NONEXISTENT] Unknown Mailbox: [Gmail]/Sent Mail (Failure)
        C: b LIST (SPECIAL-USE) "" "*&kAFP4W4IMH8w4TD8MOs-"
        S: * LIST (\HasNoChildren \Sent) "/" "[Gmail]/&kAFP4W4IMH8w4TD8MOs-"
        S: b OK Success
        """,
    )


@pytest.mark.parametrize("row", [pytest.param(72, id="row-72")])
def test_a_name_in_raw_utf_8_is_unknown(imap: ImapSession, alice: Account, talk: Talk, row: int) -> None:
    """Although LIST has the folder."""
    alice.mail.speak("ja")

    talk(
        imap,
        r"""
        C: a SELECT {17}
        S: + go ahead
        C: [Gmail]/ゴミ箱
        S: a NO [NONEXISTENT] Unknown Mailbox: [Gmail]/ゴミ箱 (Failure)
        """,
    )


@pytest.mark.parametrize("row", [pytest.param(73, id="row-73")])
def test_the_parent_of_the_system_folders_cannot_be_selected(imap: ImapSession, talk: Talk, row: int) -> None:
    """It is only a part of their names."""
    talk(
        imap,
        """
        C: a SELECT [Gmail]
        S: a NO [NONEXISTENT] Unknown Mailbox: [Gmail] (now in authenticated state) (Failure)
        """,
    )


@pytest.mark.parametrize(
    ("label", "folder"),
    [
        pytest.param("[Gmail]/All Mail", "[Gmail]/All Mail", id="row-74-all"),
        pytest.param("\\Sent", "[Gmail]/Sent Mail", id="row-74-sent"),
        pytest.param("Work", "Work", id="row-74-label"),
    ],
)
def test_a_hidden_label_is_missing(
    imap: ImapSession, alice: Account, talk: Talk, said: Callable[..., str], label: str, folder: str
) -> None:
    """No error, it is just not in the list; its messages are where they were."""
    alice.mail.add(b"Subject: x\r\n\r\n", labels=["Work", "\\Sent"])
    alice.mail.show_in_imap(label, False)

    for command in ("LIST", "LSUB", "XLIST"):
        listed = said(imap.receive(f'a {command} "" *\r\n'.encode()))
        assert '"INBOX"' in listed or '"Inbox"' in listed
        assert f'"{folder}"' not in listed
    talk(
        imap,
        f"""
        C: b SELECT "{folder}"
        S: b NO [NONEXISTENT] Unknown Mailbox: {folder} (Failure)
        """,
    )
    alice.mail.show_in_imap(label, True)
    assert f'* STATUS "{folder}" (MESSAGES 1)\r\n' in said(imap.receive(f'c STATUS "{folder}" (MESSAGES)\r\n'.encode()))


@pytest.mark.parametrize("limit", [pytest.param(1000, id="row-75")])
def test_a_folder_stops_at_its_limit(imap: ImapSession, alice: Account, said: Callable[..., str], limit: int) -> None:
    """No error; the newest are there."""
    for _ in range(limit + 1):
        alice.mail.add(b"Subject: x\r\n\r\n", labels=["\\Inbox"])
    alice.mail.folder_limit = limit

    selected = said(imap.receive(b"a SELECT INBOX\r\n"))

    assert f"* {limit} EXISTS\r\n" in selected
    assert said(imap.receive(b"b UID SEARCH UID 1:2\r\n")).startswith("* SEARCH 2\r\n")


@pytest.mark.parametrize("row", [pytest.param(76, id="row-76")])
def test_deleted_mail_comes_back(imap: ImapSession, alice: Account, talk: Talk, row: int) -> None:
    """Expunging takes a label; what is expunged in Trash is gone."""
    message = alice.mail.add(b"Subject: x\r\n\r\n", labels=["\\Inbox"])
    imap.receive(b"s SELECT INBOX\r\n")

    talk(
        imap,
        r"""
        C: a UID STORE 1 +FLAGS (\Deleted)
        S: * 1 EXPUNGE
        S: * 0 EXISTS
        S: a OK Success
        C: b STATUS "[Gmail]/All Mail" (MESSAGES)
        S: * STATUS "[Gmail]/All Mail" (MESSAGES 1)
        S: b OK Success
        """,
    )
    imap.receive(b's SELECT "[Gmail]/All Mail"\r\n')
    talk(
        imap,
        """
        C: c MOVE 1 [Gmail]/Trash
        S: * 1 EXPUNGE
        S: * 0 EXISTS
        S: c OK [COPYUID 2 1 1] (Success)
        """,
    )
    imap.receive(b"s SELECT [Gmail]/Trash\r\nd STORE 1 +FLAGS (\\Deleted)\r\ne EXPUNGE\r\n")

    with pytest.raises(KeyError):
        alice.mail.message(message.gm_msgid)


@pytest.mark.parametrize("row", [pytest.param(77, id="row-77")])
def test_a_message_is_in_several_folders_with_one_id(
    imap: ImapSession, alice: Account, said: Callable[..., str], row: int
) -> None:
    """Who syncs All Mail beside the labels has it more than once, unless he goes by X-GM-MSGID."""
    message = alice.mail.add(b"Subject: x\r\n\r\n", labels=["\\Inbox", "Work", "\\Sent"])

    found = []
    for folder in ("INBOX", "Work", '"[Gmail]/Sent Mail"', '"[Gmail]/All Mail"'):
        imap.receive(f"a EXAMINE {folder}\r\n".encode())
        found.append(said(imap.receive(b"b FETCH 1 (X-GM-MSGID)\r\n")).splitlines()[0])

    assert found == [f"* 1 FETCH (X-GM-MSGID {message.gm_msgid})"] * 4


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Work ", id="row-78-trailing"),
        pytest.param(" Work", id="row-78-leading"),
        pytest.param("Work  Old", id="row-78-double"),
        pytest.param("Work /Old", id="row-78-level"),
        pytest.param("Work^Old", id="row-78-caret"),
    ],
)
def test_a_name_with_excess_blanks_is_refused(imap: ImapSession, talk: Talk, name: str) -> None:
    """Or a caret: the text is the same."""
    talk(
        imap,
        f"""
        C: a CREATE "{name}"
        S: a NO [CANNOT] Folder contains excess whitespace (Failure)
        """,
    )


@pytest.mark.parametrize("size", [pytest.param(35651585, id="row-79")])
def test_a_message_that_is_too_large_is_not_taken(imap: ImapSession, talk: Talk, size: int) -> None:
    """BAD, not NO, and before its bytes are sent."""
    talk(
        imap,
        f"""
        C: a APPEND INBOX {{{size}}}
        S: a BAD [TOOBIG] Message too large. https://support.google.com/mail/answer/6584#limit
        C: b NOOP
        S: b OK Success
        """,
    )
