"""msmtp and mpop, which sign in by token with what a command prints, under Google's own host names."""

from __future__ import annotations

import pytest

ALICE = "alice@contoso.com"
BOB = "bob@contoso.com"
EVERY_MECHANISM = pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])


@pytest.fixture
def msmtp(program, outgoing):
    """Return how to send a message by msmtp, by implicit TLS or by STARTTLS."""

    def send(token: str, mechanism: str, port: int = 465):
        settings = program.write(
            "msmtprc",
            f"account default\nhost 127.0.0.1\nport {program.port(f'smtp.gmail.com:{port}')}\n"
            f"tls on\ntls_starttls {'off' if port == 465 else 'on'}\ntls_host_override smtp.gmail.com\n"
            f"tls_trust_file {program.ca_file}\n"
            f"auth {mechanism}\nuser {ALICE}\npasswordeval echo {token}\nfrom {ALICE}\n",
        )
        return program.run("msmtp", "-C", settings, BOB, given=outgoing)

    return send


@pytest.fixture
def mpop(program):
    """Return how to fetch mail by mpop into an mbox file."""

    def fetch(token: str, mechanism: str):
        settings = program.write(
            "mpoprc",
            f"account default\nhost 127.0.0.1\nport {program.port('pop.gmail.com:995')}\n"
            f"tls on\ntls_starttls off\ntls_host_override pop.gmail.com\ntls_trust_file {program.ca_file}\n"
            f"auth {mechanism}\nuser {ALICE}\npasswordeval echo {token}\n"
            "keep on\nreceived_header off\ndelivery maildir ~/mail\nuidls_file ~/uidls\n",
        )
        for folder in ("cur", "new", "tmp"):
            (program.home / "mail" / folder).mkdir(parents=True, exist_ok=True)
        return program.run("mpop", "-C", settings)

    return fetch


@pytest.mark.needs_package("msmtp")
@EVERY_MECHANISM
@pytest.mark.parametrize("port", [465, 587])
def test_msmtp_sends(msmtp, token, arrived, outgoing, mechanism, port):
    """By implicit TLS and by STARTTLS; the dots arrive as they are."""
    sent = msmtp(token, mechanism, port)

    assert (sent.returncode, sent.stderr) == (0, b"")
    assert arrived(BOB) == [outgoing]


@pytest.mark.needs_package("msmtp")
@EVERY_MECHANISM
def test_msmtp_is_refused(msmtp, arrived, mechanism):
    """It tells all three lines of ours."""
    sent = msmtp("ya29.bad", mechanism)

    assert sent.returncode == 77  # EX_NOPERM of sysexits.h
    assert b"msmtp: authentication failed (method %s)" % mechanism.upper().encode() in sent.stderr
    assert b"535-5.7.8 Username and Password not accepted" in sent.stderr
    assert arrived(BOB) == []


@pytest.mark.needs_package("mpop")
@EVERY_MECHANISM
def test_mpop_fetches_each_message_once(mpop, program, token, incoming, mechanism):
    """What it keeps on the server it knows again by its UIDL."""
    first, second = mpop(token, mechanism), mpop(token, mechanism)

    assert (first.returncode, first.stderr) == (0, b"")
    assert (second.returncode, second.stderr) == (0, b"")
    assert [file.read_bytes() for file in (program.home / "mail/new").iterdir()] == [incoming.replace(b"\r\n", b"\n")]


@pytest.mark.needs_package("mpop")
@EVERY_MECHANISM
def test_mpop_is_refused(mpop, mechanism):
    """It answers the challenge by an empty line, and tells our words."""
    fetched = mpop("ya29.bad", mechanism)

    assert fetched.returncode == 77
    assert b"mpop: authentication failed (method %s)" % mechanism.upper().encode() in fetched.stderr
