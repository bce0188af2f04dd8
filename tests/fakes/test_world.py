"""One world behind all servers: accounts, who may sign in, and where mail goes."""

from __future__ import annotations

import email
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import submission
from fakes.admission import Refusal, SignInRefused
from fakes.clock import START
from fakes.grants import AuthRequest
from fakes.world import World

MAIL = "https://mail.google.com/"
MODIFY = "https://www.googleapis.com/auth/gmail.modify"
ALICE = "alice@contoso.com"
BOB = "bob@contoso.com"
MESSAGE = (
    b"From: Alice <alice@contoso.com>\r\nTo: bob@contoso.com\r\nSubject: hi\r\n"
    b"Message-ID: <1@contoso.com>\r\nDate: Mon, 05 Jan 2026 09:00:00 +0000\r\n\r\nhello\r\n"
)


@pytest.fixture
def people(world):
    """Alice and Bob."""
    return world.add_account(ALICE, name="Alice Adams"), world.add_account(BOB)


def token(world, address=ALICE, scopes=(MAIL,)):
    """Return a fresh access token."""
    asked = AuthRequest("1-a", "https://x.example/", scopes)
    return world.grants.redeem(world.grants.code(world.grants.issue_code(asked, address, scopes)), testing=False).access


def in_folder(account, name):
    """Return the raw messages in a folder, oldest first."""
    return [account.mail.message(gm_msgid).raw for gm_msgid in account.mail.folder(name).uids.values()]


def last_note(world):
    return world.journal.entries[-1].text


def test_accounts_are_found_in_any_case(world):
    """Addresses are kept as written and compared without regard to case."""
    account = world.add_account("Alice@Contoso.com")

    assert world.account(ALICE) is account
    assert list(world.accounts) == [ALICE]
    assert world.account("nobody@contoso.com") is None


@pytest.mark.parametrize("address", ["ALICE@contoso.com", "alice", "@contoso.com", "alice@", "a b@contoso.com", ""])
def test_an_account_needs_an_address_of_its_own(world, address):
    """A taken address, or none, is refused."""
    world.add_account(ALICE)

    with pytest.raises(ValueError, match=r"address|already"):
        world.add_account(address)


def test_the_same_calls_give_the_same_world():
    """Ids come from counters: two worlds agree to the last byte, another seed differs."""

    def story(seed):
        world = World(seed=seed)
        alice = world.add_account(ALICE)
        world.submit(alice, [ALICE], b"Subject: x\r\n\r\ny\r\n")
        return alice.sub, token(world).text, in_folder(alice, "INBOX"), world.journal.to_json()

    assert story(1) == story(1)
    assert story(1)[:3] != story(2)[:3]


# --- signing in ---


def test_a_good_token_signs_in(world, people):
    """The account comes back, however the user name is capitalised."""
    alice, _ = people

    assert world.sign_in("imap", "Alice@contoso.com", token(world).text) is alice


def test_a_token_opens_its_own_mailbox_only(world, people):
    """Another user's name with Alice's token is a bad token."""
    with pytest.raises(SignInRefused) as refused:
        world.sign_in("imap", BOB, token(world).text)

    assert refused.value.refusal is Refusal.BAD_TOKEN
    assert last_note(world) == f"imap sign-in as {BOB} refused: the access token belongs to {ALICE}"


@pytest.mark.parametrize(
    ("protocol", "scope", "opens"),
    [
        ("imap", MAIL, True),
        ("smtp", MAIL, True),
        ("imap", MODIFY, False),
        ("smtp", MODIFY, True),
        ("smtp", "openid", False),
    ],
)
def test_the_scope_decides_which_protocol_opens(world, people, protocol, scope, opens):
    """google.md 2.14: mail.google.com opens all, gmail.modify SMTP only."""
    access = token(world, scopes=(scope,))

    if opens:
        assert world.sign_in(protocol, ALICE, access.text)
    else:
        with pytest.raises(SignInRefused, match="bad token"):
            world.sign_in(protocol, ALICE, access.text)


def test_the_journal_says_how_a_token_died(world, people):
    """Gmail's answer is the same; the world knows the rule."""
    expired, revoked = token(world), token(world, BOB)

    world.clock.advance(timedelta(minutes=30))
    world.grants.revoke(revoked.text)
    world.clock.advance(timedelta(minutes=30))

    reasons = []
    for user, text in ((ALICE, expired.text), (BOB, revoked.text), (ALICE, "ya29.unknown")):
        with pytest.raises(SignInRefused):
            world.sign_in("imap", user, text)
        reasons.append(last_note(world).partition("refused: ")[2])
    assert reasons == [
        "the access token is dead: its time is over",
        "the access token is dead: it was revoked",
        "no such access token",
    ]


def test_switches_of_the_account_refuse(world):
    """Without Gmail nothing opens; with IMAP off SMTP still does."""
    no_mail = world.add_account("nomail@contoso.com", gmail=False).address
    no_imap = world.add_account("noimap@contoso.com", imap=False).address

    refusals = []
    for protocol, user in (("imap", no_mail), ("smtp", no_mail), ("imap", no_imap)):
        with pytest.raises(SignInRefused) as refused:
            world.sign_in(protocol, user, token(world, user).text)
        refusals.append(refused.value.refusal)

    assert refusals == [Refusal.NO_GMAIL, Refusal.NO_GMAIL, Refusal.IMAP_OFF]
    assert world.sign_in("smtp", no_imap, token(world, no_imap).text)


# --- mail ---


def test_delivered_mail_lies_in_the_inbox_byte_for_byte(world, people):
    """What arrives is what was delivered."""
    alice, _ = people

    message = world.deliver("ALICE@contoso.com", b"Subject: \xff\n\nno CRLF here")

    assert in_folder(alice, "INBOX") == [message.raw] == [b"Subject: \xff\n\nno CRLF here"]


def test_mail_for_nobody_cannot_be_delivered(world):
    """The caller hears that there is no such account."""
    with pytest.raises(ValueError, match=r"no account carol@contoso\.com"):
        world.deliver("carol@contoso.com", MESSAGE)


def test_sent_mail_lies_in_sent_and_arrives(world, people):
    """Sent keeps it read, the recipient gets the same bytes, unread."""
    alice, bob = people

    world.submit(alice, [BOB], MESSAGE)

    assert in_folder(alice, "[Gmail]/Sent Mail") == [MESSAGE]
    assert in_folder(bob, "INBOX") == [MESSAGE]
    assert [set(message.flags) for message in alice.mail.messages()] == [{"\\Seen"}]
    assert [set(message.flags) for message in bob.mail.messages()] == [set()]
    assert in_folder(alice, "INBOX") == in_folder(bob, "[Gmail]/Sent Mail") == []


def test_mail_to_oneself_is_one_unread_message_in_two_folders(world, people):
    """Gmail shows one message under both labels."""
    alice, _ = people

    world.submit(alice, ["ALICE@contoso.com", ALICE], MESSAGE)

    (message,) = alice.mail.messages()
    assert message.labels == {"\\Sent", "\\Inbox"}
    assert message.flags == frozenset()


def test_a_recipient_named_twice_gets_one_copy(world, people):
    """The SMTP envelope may repeat itself."""
    alice, bob = people

    world.submit(alice, [BOB, "BOB@contoso.com"], MESSAGE)

    assert len(in_folder(bob, "INBOX")) == 1


def test_mail_for_others_leaves(world, people):
    """Who has no account here is outside, and the world remembers what left."""
    alice, _ = people

    world.submit(alice, ["Carol@fabrikam.com"], MESSAGE)

    (departed,) = world.outside
    assert (departed.sender, departed.recipient, departed.raw) == (ALICE, "Carol@fabrikam.com", MESSAGE)


def test_bcc_stays_in_sent_and_nowhere_else(world, people):
    """Recipients do not learn of one another."""
    alice, bob = people
    raw = MESSAGE.replace(b"Subject", b"Bcc: bob@contoso.com,\r\n carol@fabrikam.com\r\nSubject")

    world.submit(alice, [BOB], raw)

    assert in_folder(alice, "[Gmail]/Sent Mail") == [raw]
    assert in_folder(bob, "INBOX") == [MESSAGE]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (b"From: Alice <alice@contoso.com>", True),
        (b"from: ALICE@CONTOSO.COM", True),
        (b'From:\r\n "Adams, Alice" <alice@contoso.com>', True),
        (b"From: The Boss <boss@contoso.com>", False),
    ],
)
def test_from_is_the_account_itself(world, people, written, kept):
    """A foreign From is replaced; the name and the original are kept (google.md 5.5)."""
    alice, bob = people
    raw = MESSAGE.replace(b"From: Alice <alice@contoso.com>", written)

    world.submit(alice, [BOB], raw)

    (copy,) = in_folder(bob, "INBOX")
    if kept:
        assert copy == raw
    else:
        assert copy == b"From: The Boss <alice@contoso.com>\r\n" + raw.replace(b"From:", b"X-Google-Original-From:")


@pytest.mark.parametrize(
    ("written", "original"),
    [
        (b"", None),
        (b"Message-ID: <1@host.>\r\n", "<1@host.>"),
        (b"Message-ID: <1@change id>\r\n", "<1@change id>"),
        (b"Message-ID: <1@a@b>\r\n", "<1@a@b>"),
        (b"Message-Id: 1\r\n", "1"),
    ],
)
def test_a_missing_or_bad_message_id_is_replaced(world, people, written, original):
    """By one of mx.google.com's; the bad one is kept beside it."""
    alice, bob = people
    raw = MESSAGE.replace(b"Message-ID: <1@contoso.com>\r\n", written)

    world.submit(alice, [BOB], raw)

    copy = email.message_from_bytes(in_folder(bob, "INBOX")[0])
    (message_id,) = copy.get_all("Message-ID")
    assert [len(part) for part in message_id.partition("@")[0].split(".")] == [9, 8, 5, 4]
    assert message_id.endswith("@mx.google.com>")
    assert copy["X-Google-Original-Message-ID"] == original


def test_a_missing_date_is_added(world, people):
    """The time of submission, in UTC."""
    alice, bob = people
    raw = MESSAGE.replace(b"Date: Mon, 05 Jan 2026 09:00:00 +0000\r\n", b"")

    world.submit(alice, [BOB], raw)

    assert in_folder(bob, "INBOX") == [b"Date: Mon, 05 Jan 2026 09:00:00 +0000\r\n" + raw]


def test_a_message_without_any_header_gets_one(world, people):
    """What was written stays the body."""
    alice, bob = people

    world.submit(alice, [BOB], b"just words\r\n")

    copy = email.message_from_bytes(in_folder(bob, "INBOX")[0])
    assert copy["From"] == "Alice Adams <alice@contoso.com>"
    assert copy.get_payload() == "just words\r\n"


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_the_body_is_never_touched(header, body):
    """Whatever stands in the header, the body arrives byte for byte."""
    header = header.replace(b"\n", b"")

    accepted = submission.accepted(
        b"X: " + header + b"\r\n\r\n" + body, address=ALICE, name="", now=START, fresh_id=lambda: "1@mx.google.com"
    )

    assert accepted.endswith(b"X: " + header + b"\r\n\r\n" + body)
    assert submission.without_bcc(accepted) == accepted
