"""The IMAP adapter against the simulated Gmail."""

from __future__ import annotations

import os
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest

from fakes.gmail.generator import generate
from gmailsync.errors import ConnectFailed, FolderMissing, ImapDisabled, NoGmail, TokenRefused
from gmailsync.google.connector import GmailConnector
from gmailsync.google.network import Network
from gmailsync.mime.headers import read_headers
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret

ALICE = "alice@contoso.com"
IMAP = Endpoint("imap.gmail.com", 993)
CORPUS = Path(os.environ.get("GMAILSYNC_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")


@pytest.fixture
def connector(google):
    """Give the adapter under test."""
    return GmailConnector(Network(hosts=dict(google.network.hosts), ca_file=google.network.ca_file))


@pytest.fixture
def token(google, gmail_account):
    """Give an access token of alice@contoso.com."""
    return Secret(google.access_token(ALICE))


@pytest.fixture
def inbox(connector, token):
    """Give a session of alice's with her Inbox open."""
    with connector.imap(IMAP, ALICE, token) as source:
        source.open_folder("INBOX")
        yield source


def test_the_greeting_is_gmails(connector):
    """Evidence for the stage before the sign-in."""
    assert connector.imap_greeting(IMAP).startswith("Gimap ready for requests from ")


def test_generated_mail_arrives_exact_with_gmails_own_ids(google, connector, token):
    """Bytes, ids, labels and times are those of the simulated mailbox."""
    delivered = {}
    for raw in generate(7, 40, to=ALICE):
        google.clock.advance(timedelta(minutes=1))
        message = google.deliver(ALICE, raw)
        delivered[message.gm_msgid] = message

    with connector.imap(IMAP, ALICE, token) as source:
        state = source.open_folder("INBOX")
        sizes = source.listing()
        [fetched] = source.fetch([list(sizes)])

    assert (state.uidvalidity, state.exists) == (1, 40)
    assert [message.uid for message in fetched] == list(sizes)
    assert {message.gmail_message_id: message.raw for message in fetched} == {
        msgid: message.raw for msgid, message in delivered.items()
    }
    for message in fetched:
        original = delivered[message.gmail_message_id]
        assert sizes[message.uid].size == len(message.raw)
        assert message.gmail_thread_id == original.gm_thrid
        assert message.internal_date == original.internal_date
        assert "\\Seen" not in message.flags


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"needs real mail in {CORPUS} (or GMAILSYNC_CORPUS)")
def test_real_mail_arrives_exact(google, inbox):
    """Hundreds of real messages, broken ones among them, to the octet."""
    folder = max((path for path in CORPUS.iterdir() if path.is_dir()), key=lambda path: len(list(path.glob("*.eml"))))
    raws = {}
    for path in sorted(folder.glob("*.eml")):
        raw = path.read_bytes()
        raws[google.deliver(ALICE, raw).gm_msgid] = raw
    inbox.open_folder("INBOX")

    sizes = inbox.listing()
    fetched = {message.gmail_message_id: message.raw for messages in inbox.fetch([list(sizes)]) for message in messages}

    assert fetched == raws


def test_reading_leaves_mail_unread(google, connector, token):
    """BODY.PEEK in an EXAMINEd folder: the owner sees no difference."""
    message = google.deliver(ALICE, b"Subject: hello\r\n\r\nhello\r\n")

    with connector.imap(IMAP, ALICE, token) as source:
        source.open_folder("INBOX")
        list(source.fetch([[1]]))

    assert "\\Seen" not in google.account(ALICE).mail.message(message.gm_msgid).flags


def test_only_what_came_later_is_listed(google, inbox):
    """The last message is not listed again, and what arrives in an open folder is."""
    for raw in generate(1, 3, to=ALICE):
        google.deliver(ALICE, raw)
    inbox.open_folder("INBOX")
    before = inbox.listing()
    nothing = inbox.listing(max(before) + 1)
    google.deliver(ALICE, b"Subject: later\r\n\r\n")
    inbox.open_folder("INBOX")

    assert list(before) == [1, 2, 3]
    assert nothing == {}
    assert list(inbox.listing(max(before) + 1)) == [4]


def test_an_empty_folder_has_nothing(inbox):
    """No messages, no error."""
    assert inbox.listing() == {}
    assert list(inbox.fetch([[1]])) == [[]]
    assert inbox.still_there([1, 2]) == set()


def test_expunged_messages_are_gone_by_another_question(google, inbox):
    """FETCH omits them and SEARCH confirms it."""
    messages = [google.deliver(ALICE, raw) for raw in generate(2, 3, to=ALICE)]
    inbox.open_folder("INBOX")
    with google.world.lock:
        google.account(ALICE).mail.delete(messages[1].gm_msgid)
    inbox.open_folder("INBOX")

    assert [message.uid for messages in inbox.fetch([[1, 2, 3]]) for message in messages] == [1, 3]
    assert inbox.still_there([1, 2, 3]) == {1, 3}


def test_labels_are_decoded(google, inbox):
    """User labels come out of modified UTF-7, system labels keep their backslash."""
    labels = ["\\Inbox", "\\Starred", "取引先/東京", "R&D", "2024"]
    with google.world.lock:
        google.account(ALICE).mail.add(b"Subject: labelled\r\n\r\n", labels=labels)
    inbox.open_folder("INBOX")

    [[message]] = inbox.fetch([[1]])

    assert set(labels) - {"\\Inbox"} <= set(message.labels)


def test_a_sent_message_is_found_by_its_message_id(google, connector, token):
    """In the folder with the attribute Sent; a part of an id that is not there is not found."""
    message_id = read_headers(next(islice(generate(3, 1, to=ALICE), 1))).message_id
    with google.world.lock:
        google.account(ALICE).mail.add(f"Message-ID: {message_id}\r\nSubject: sent\r\n\r\n".encode(), labels=["\\Sent"])

    with connector.imap(IMAP, ALICE, token) as source:
        state = source.open_folder(source.sent_folder())
        found = source.find_message_id(message_id)
        missing = source.find_message_id("<never-sent@contoso.com>")

    assert state.name == "[Gmail]/Sent Mail"
    assert (found, missing) == ([1], [])


def test_a_missing_folder_is_told_apart(connector, token):
    """English names on an account in another language fail like this."""
    with connector.imap(IMAP, ALICE, token) as source, pytest.raises(FolderMissing, match="Gesendet"):
        source.open_folder("[Gmail]/Gesendet")


def test_a_session_survives_a_refusal(google, connector, token):
    """After a missing folder the right one can be opened."""
    google.deliver(ALICE, b"Subject: hello\r\n\r\n")

    with connector.imap(IMAP, ALICE, token) as source:
        with pytest.raises(FolderMissing):
            source.open_folder("nowhere")
        assert source.open_folder("INBOX").exists == 1


def sign_in(connector, address, token):
    """Open a session and leave at once."""
    with connector.imap(IMAP, address, Secret(token)):
        pass


def test_a_token_that_is_not_good_is_refused(google, connector, gmail_account):
    """Garbage, a foreign account's, and one whose hour is over get the same answer."""
    google.add_account("bob@contoso.com")
    old = google.access_token(ALICE)
    google.clock.advance(timedelta(hours=2))

    for token in ("ya29.garbage", google.access_token("bob@contoso.com"), old):
        with pytest.raises(TokenRefused) as refusal:
            sign_in(connector, ALICE, token)
        assert refusal.value.server_line == "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"


def test_an_account_without_imap_or_gmail_says_so(google, connector):
    """Two faults that look alike to the owner and have different cures."""
    google.add_account("noimap@contoso.com", imap=False)
    google.add_account("nogmail@contoso.com", gmail=False)

    with pytest.raises(ImapDisabled):
        sign_in(connector, "noimap@contoso.com", google.access_token("noimap@contoso.com"))
    with pytest.raises(NoGmail, match=r"^nogmail@contoso\.com"):
        sign_in(connector, "nogmail@contoso.com", google.access_token("nogmail@contoso.com"))


def test_a_wrong_port_fails_as_outside(connector):
    """Nobody answers on 143."""
    with pytest.raises(ConnectFailed, match=r"imap\.gmail\.com:143"):
        connector.imap_greeting(Endpoint("imap.gmail.com", 143))
