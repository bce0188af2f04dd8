"""The mail clients of Python's standard library and from PyPI, in this process, under Google's own host names."""

from __future__ import annotations

import asyncio
import base64
import imaplib
import poplib
import smtplib
import ssl
from contextlib import asynccontextmanager

import aioimaplib
import imap_tools
import imapclient
import pytest
from imap_tools import AND, MailBox

ALICE = "alice@contoso.com"
BOB = "bob@contoso.com"
IMAP, POP, SMTP = "imap.gmail.com", "pop.gmail.com", "smtp.gmail.com"

pytestmark = pytest.mark.usefixtures("mapped")


@pytest.fixture
def trusting(google) -> ssl.SSLContext:
    """Return a context that verifies the host name by the simulated authority."""
    return ssl.create_default_context(cafile=google.network.ca_file)


def xoauth2(token: str) -> str:
    return f"user={ALICE}\x01auth=Bearer {token}\x01\x01"


def outgoing(number: int) -> bytes:
    """Return a message of Alice's that is complete, so that Gmail has nothing to add."""
    return (
        f"From: {ALICE}\r\nTo: {BOB}\r\nMessage-ID: <{number}@contoso.com>\r\n"
        "Date: Mon, 05 Jan 2026 09:00:00 +0000\r\n\r\n.dotted\r\n"
    ).encode()


def oauthbearer(token: str) -> str:
    return f"n,a={ALICE},\x01auth=Bearer {token}\x01\x01"


MECHANISMS = {"XOAUTH2": xoauth2, "OAUTHBEARER": oauthbearer}
EVERY_MECHANISM = pytest.mark.parametrize("mechanism", MECHANISMS)


# --- imaplib ---


@EVERY_MECHANISM
def test_imaplib_reads_appends_and_expunges(trusting, token, mechanism):
    """What it appends is what it fetches."""
    with imaplib.IMAP4_SSL(IMAP, ssl_context=trusting) as client:
        client.authenticate(mechanism, lambda _: MECHANISMS[mechanism](token).encode())
        client.select("INBOX")
        fetched = client.fetch("1", "(BODY.PEEK[])")[1][0][1]
        client.append("INBOX", "", None, fetched.replace(b"in@", b"copy@"))
        copied = client.fetch("2", "(BODY.PEEK[])")[1][0][1]
        client.store("1", "+FLAGS", r"(\Deleted)")
        client.expunge()
        _, counted = client.select("INBOX")

    assert copied.replace(b"copy@", b"in@") == fetched
    assert counted == [b"1"]


@EVERY_MECHANISM
def test_imaplib_is_refused(trusting, mechanism):
    """It says the credentials once more, and takes our last word for its error."""
    with (
        imaplib.IMAP4_SSL(IMAP, ssl_context=trusting) as client,
        pytest.raises(imaplib.IMAP4.error, match=r"\[AUTHENTICATIONFAILED\] Invalid credentials"),
    ):
        client.authenticate(mechanism, lambda _: MECHANISMS[mechanism]("ya29.bad").encode())


# --- IMAPClient ---


def test_imapclient_reads_in_every_way_and_hears_of_new_mail(google, trusting, token, arrived):
    """Bytes, labels (of which the selected folder's is none), Gmail's search, and what IDLE tells."""
    with imapclient.IMAPClient(IMAP, ssl_context=trusting) as client:
        client.oauth2_login(ALICE, token)
        client.select_folder("INBOX")
        (uid,) = client.gmail_search("from:bob subject:Grüße")
        fetched = client.fetch(uid, ["BODY.PEEK[]", "X-GM-LABELS"])[uid]
        client.idle()
        google.deliver(ALICE, b"Subject: another\r\n\r\n")
        heard = client.idle_check(timeout=10)
        client.idle_done()

    assert fetched[b"BODY[]"] == arrived(ALICE)[0]
    assert fetched[b"X-GM-LABELS"] == ()
    assert (2, b"EXISTS") in heard


def test_imapclient_prefers_its_users_mechanism_and_is_refused(trusting):
    """By OAUTHBEARER, with an error of its own."""
    with (
        imapclient.IMAPClient(IMAP, ssl_context=trusting) as client,
        pytest.raises(imapclient.exceptions.LoginError, match=r"\[AUTHENTICATIONFAILED\]"),
    ):
        client.oauthbearer_login(ALICE, "ya29.bad")


# --- aioimaplib ---


@asynccontextmanager
async def _aioimaplib(context: ssl.SSLContext, timeout: float):
    """Connect, and leave no connection behind: the library closes none, and the loop ends before TLS does."""
    client = aioimaplib.IMAP4_SSL(IMAP, ssl_context=context, timeout=timeout)
    try:
        await client.wait_hello_from_server()
        yield client
    finally:
        client.protocol.transport.abort()


async def _idling(client, token: str):
    signed_in = await client.xoauth2(ALICE, token)
    await client.select("INBOX")
    fetched = await client.fetch("1", "(BODY.PEEK[])")
    idling = await client.idle_start(timeout=10)
    return signed_in, bytes(fetched.lines[1]), idling


def test_aioimaplib_reads_and_hears_of_new_mail(google, trusting, token, arrived):
    """It sends its initial response unasked."""

    async def converse():
        async with _aioimaplib(trusting, timeout=20) as client:
            signed_in, fetched, idling = await _idling(client, token)
            google.deliver(ALICE, b"Subject: another\r\n\r\n")
            heard = await client.wait_server_push()
            client.idle_done()
            await asyncio.wait_for(idling, 10)
            await client.logout()
        return signed_in.result, fetched, heard

    result, fetched, heard = asyncio.run(converse())

    assert (result, fetched) == ("OK", arrived(ALICE)[0])
    assert b"2 EXISTS" in heard


def test_aioimaplib_waits_in_vain_when_it_is_refused(trusting):
    """It says nothing to the challenge, and gives up by its own timeout."""

    async def converse():
        async with _aioimaplib(trusting, timeout=1) as client:
            await client.xoauth2(ALICE, "ya29.bad")

    with pytest.raises(TimeoutError):
        asyncio.run(converse())


# --- imap-tools ---


def test_imap_tools_reads_flags_and_moves(trusting, token, arrived, google):
    """By XOAUTH2; a folder that it makes is a label."""
    with MailBox(IMAP, ssl_context=trusting).xoauth2(ALICE, token) as mailbox:
        (found,) = mailbox.fetch(AND(from_="bob"), mark_seen=False)
        mailbox.folder.create("Done")
        mailbox.flag(found.uid, imap_tools.MailMessageFlags.FLAGGED, True)
        mailbox.move(found.uid, "Done")
        left = mailbox.numbers()

    assert found.obj.as_bytes().replace(b"\n", b"\r\n") == arrived(ALICE)[0]
    assert left == []
    assert next(iter(google.account(ALICE).mail.messages())).labels == {"Done", "\\Starred"}


def test_imap_tools_is_refused(trusting):
    """By imaplib, which it is made upon."""
    mailbox = MailBox(IMAP, ssl_context=trusting)

    with pytest.raises(imaplib.IMAP4.error, match=r"\[AUTHENTICATIONFAILED\]"):
        mailbox.xoauth2(ALICE, "ya29.bad")
    mailbox.client.shutdown()


# --- poplib ---


def pop_auth(client: poplib.POP3_SSL, mechanism: str, token: str) -> bytes:
    """Sign in by hand, since poplib has no SASL of its own."""
    return client._shortcmd(f"AUTH {mechanism} " + base64.b64encode(MECHANISMS[mechanism](token).encode()).decode())


@EVERY_MECHANISM
def test_poplib_reads(trusting, token, arrived, mechanism):
    """The dots too, and letters of eight bits."""
    client = poplib.POP3_SSL(POP, context=trusting)

    pop_auth(client, mechanism, token)
    _, lines, octets = client.retr(1)
    listed = client.uidl()[1]
    client.quit()

    assert b"".join(line + b"\r\n" for line in lines) == arrived(ALICE)[0]
    assert octets == len(arrived(ALICE)[0])
    assert len(listed) == 1


@EVERY_MECHANISM
def test_poplib_is_refused(trusting, mechanism):
    """It takes the challenge for the reply, so that the answer to it is left to its caller."""
    client = poplib.POP3_SSL(POP, context=trusting)

    challenge = pop_auth(client, mechanism, "ya29.bad")
    with pytest.raises(poplib.error_proto, match=r"\[AUTH\]"):
        client._shortcmd("")
    client.close()

    assert challenge.startswith(b"+ ")


# --- smtplib ---


def smtp_ways(context: ssl.SSLContext):
    """Open a connection in either way."""
    yield smtplib.SMTP_SSL(SMTP, 465, context=context)
    client = smtplib.SMTP(SMTP, 587)
    client.starttls(context=context)
    yield client


@EVERY_MECHANISM
def test_smtplib_sends(trusting, token, arrived, mechanism):
    """By implicit TLS and by STARTTLS; with an initial response or as an answer."""
    for number, client in enumerate(smtp_ways(trusting)):
        with client:
            client.ehlo()
            client.auth(mechanism, lambda _=None: MECHANISMS[mechanism](token), initial_response_ok=number == 0)
            client.sendmail(ALICE, [BOB], outgoing(number))

    assert arrived(BOB) == [outgoing(0), outgoing(1)]


@EVERY_MECHANISM
def test_smtplib_is_refused(trusting, mechanism):
    """It says the credentials once more, and takes our last word for its error."""
    for client in smtp_ways(trusting):
        with client:
            client.ehlo()
            with pytest.raises(smtplib.SMTPAuthenticationError, match=r"5\.7\.8 Username and Password not accepted"):
                client.auth(mechanism, lambda _=None: MECHANISMS[mechanism]("ya29.bad"))
