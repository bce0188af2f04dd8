"""getmail6, under Google's own host names: IMAP by token with what a command prints, POP by an app password."""

from __future__ import annotations

import re

import pytest

ALICE = "alice@contoso.com"
APP_PASSWORD = "abcdefghijklmnop"
IMAP = "type = SimpleIMAPSSLRetriever\nserver = imap.gmail.com\nuse_xoauth2 = true\n"
ADDED = re.compile(rb"^(Return-Path|X-GMAIL-[A-Z]+|X-getmail-[a-z-]+):.*\n", re.M)
"""What getmail adds to a header."""
POP = "type = SimplePOP3SSLRetriever\nserver = pop.gmail.com\n"

pytestmark = pytest.mark.needs_package("getmail6")


@pytest.fixture
def getmail(program):
    """Return how to fetch what is new into a file."""

    def fetch(retriever: str, secret: str):
        settings = program.write(
            "getmailrc",
            f"[retriever]\n{retriever}username = {ALICE}\nca_certs = {program.ca_file}\n"
            f'password_command = ("/bin/echo", "{secret}")\n\n'
            # It refuses to write a Maildir as root, whom containers often are.
            "[destination]\ntype = MDA_external\npath = /bin/cp\nallow_root_commands = true\n"
            f'arguments = ("/dev/stdin", "{program.home}/fetched.eml")\n\n'
            "[options]\nread_all = false\ndelete = false\ndelivered_to = false\nreceived = false\n",
        )
        return program.run("getmail", f"--getmaildir={program.home}", f"--rcfile={settings}")

    return fetch


@pytest.mark.parametrize("retriever", [IMAP, POP], ids=["imap", "pop"])
def test_getmail_fetches_each_message_once(getmail, program, token, incoming, retriever):
    """By UID or UIDL it knows what it has; by IMAP it asks for Gmail's own items, and adds them to the header."""
    secret = token if retriever is IMAP else APP_PASSWORD

    first, second = getmail(retriever, secret), getmail(retriever, secret)

    assert (first.returncode, first.stderr) == (0, b"")
    assert b"1 messages" in first.stdout
    fetched = (program.home / "fetched.eml").read_bytes()
    assert ADDED.sub(b"", fetched) == incoming.replace(b"\r\n", b"\n")
    assert (b"\nX-GMAIL-MSGID: " in fetched) is (retriever is IMAP)
    assert (second.returncode, second.stderr) == (0, b"")
    assert b"0 messages" in second.stdout


@pytest.mark.parametrize(
    ("retriever", "said"),
    [
        pytest.param(IMAP, b"[AUTHENTICATIONFAILED] Invalid credentials (Failure)", id="imap"),
        pytest.param(POP, b"-ERR [AUTH] Username and password not accepted.", id="pop"),
    ],
)
def test_getmail_is_refused(getmail, program, retriever, said):
    """By IMAP it says the credentials once more; it tells our words and fetches nothing."""
    run = getmail(retriever, "ya29.bad")

    assert run.returncode == 127
    assert said in run.stderr
    assert not (program.home / "fetched.eml").exists()
