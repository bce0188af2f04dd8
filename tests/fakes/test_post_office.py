"""Who gets mail for an address, and what filters, forwarding, spam and the vacation responder make of it."""

from __future__ import annotations

import email
import email.policy
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.gmail.filters import Criteria, Filter
from fakes.google import SimulatedGoogle
from fakes.post import SendAs, Vacation, vacation
from fakes.world import World

ALICE = "alice@contoso.com"
BOB = "bob@fabrikam.com"
RAW = (
    b"From: bob@fabrikam.com\r\nTo: alice@contoso.com\r\nMessage-ID: <1@fabrikam.com>\r\n"
    b"Date: Mon, 05 Jan 2026 09:00:00 +0000\r\nSubject: Offer\r\n\r\nhello\r\n"
)
ALL = Criteria()


@pytest.fixture
def bob(world):
    """Return an account in another domain of the same world."""
    return world.add_account(BOB, name="Bob")


def labels(account):
    return [set(message.labels) for message in account.mail.messages()]


# --- addresses ---


@pytest.mark.parametrize(
    ("account", "address"),
    [
        ("alice@contoso.com", "Alice@Contoso.com"),
        ("alice@contoso.com", "alice+offers@contoso.com"),
        ("alice.adams@gmail.com", "aliceadams@gmail.com"),
        ("aliceadams@gmail.com", "a.l.i.c.e.adams+x@googlemail.com"),
        ("+odd@contoso.com", "+odd@contoso.com"),
    ],
)
def test_an_account_has_many_addresses(world, bob, account, address):
    """Capitals and tags mean nothing, nor do dots at gmail.com."""
    holder = world.add_account(account)

    world.submit(bob, [address], RAW)

    assert labels(holder) == [{"\\Inbox"}]


@pytest.mark.parametrize("address", ["alice.adams@contoso.com", "alic@contoso.com", "@contoso.com"])
def test_other_addresses_are_nobodys(world, bob, address):
    """Dots count outside gmail.com."""
    world.add_account("aliceadams@contoso.com")

    assert world.post.holder(address) is None


def test_an_alias_gets_the_accounts_mail_and_may_write_it(world, alice, bob):
    """In another domain, too, whose unknown addresses bounce from then on."""
    alice.post.aliases.add("Info@Contoso.example")

    world.submit(bob, ["info+x@contoso.example", "nobody@contoso.example"], RAW)
    world.submit(alice, [BOB], RAW.replace(BOB.encode(), b"info@contoso.example", 1))

    assert {"\\Inbox"} in labels(alice)
    first, bounce, last = bob.mail.messages()
    assert first.labels == {"\\Sent"}
    assert b"X-Failed-Recipients: nobody@contoso.example\r\n" in bounce.raw
    assert last.raw.startswith(b"From: info@contoso.example\r\n")


def test_several_addresses_of_one_account_bring_one_message(world, alice, bob):
    """One accepted message is one message in each mailbox, however the envelope names it."""
    world.submit(bob, [ALICE, "alice+1@contoso.com", "ALICE@contoso.com", "bob+me@fabrikam.com", BOB], RAW)

    assert labels(alice) == [{"\\Inbox"}]
    assert labels(bob) == [{"\\Sent", "\\Inbox"}]


def test_an_account_without_gmail_gets_none(world, bob):
    """Its domain may have its mail elsewhere."""
    world.add_account("carol@elsewhere.example", gmail=False)

    world.submit(bob, ["carol@elsewhere.example"], RAW)

    assert [departed.recipient for departed in world.outside] == ["carol@elsewhere.example"]


@given(st.lists(st.sampled_from([ALICE, "alice+a@contoso.com", BOB, "x@contoso.com", "eve@example.net"]), max_size=8))
def test_one_message_reaches_each_recipient_once(recipients):
    """Whoever the envelope names and however often: a message, a bounce or a departure each, and one copy in Sent."""
    world = World()
    alice, bob = world.add_account(ALICE), world.add_account(BOB)

    world.submit(bob, recipients, RAW)

    asked = set(recipients)
    assert len(list(alice.mail.messages())) == bool(asked & {ALICE, "alice+a@contoso.com"})
    assert sum("\\Sent" in message.labels for message in bob.mail.messages()) == 1
    assert len(list(bob.mail.messages())) == 1 + ("x@contoso.com" in asked)
    assert len(world.outside) == ("eve@example.net" in asked)


# --- filters, spam, forwarding ---


def test_a_filter_files_what_arrives_and_nothing_else(world, alice, bob):
    """By SMTP and by a test's verb alike, but not mail that has a past."""
    alice.post.filters.append(Filter(Criteria(sender=BOB), labels=("Offers",), skip_inbox=True, mark_read=True))

    world.submit(bob, [ALICE], RAW)
    world.deliver(ALICE, RAW)
    world.deliver(ALICE, RAW, internal_date=world.clock.now())

    assert labels(alice) == [{"Offers"}, {"Offers"}, {"\\Inbox"}]
    assert [set(message.flags) for message in alice.mail.messages()] == [{"\\Seen"}, {"\\Seen"}, set()]


def test_a_filter_files_mail_to_oneself_beside_sent(world, alice):
    """It is one message still."""
    alice.post.filters.append(Filter(ALL, labels=("Notes",), skip_inbox=True))

    world.submit(alice, [ALICE], RAW)

    assert labels(alice) == [{"\\Sent", "Notes"}]


@pytest.mark.parametrize("never", [False, True])
def test_spam_goes_to_spam_unless_a_filter_says_never(world, alice, bob, never):
    """Told by the verb, or by the field of an inbound gateway."""
    alice.post.filters.append(Filter(ALL, never_spam=never))
    expected = {"\\Inbox"} if never else {"\\Junk"}

    world.deliver(ALICE, RAW, spam=True)
    world.submit(bob, [ALICE], b"X-Gm-Spam: 1\r\n" + RAW)

    assert labels(alice) == [expected, expected]


def test_a_filter_forwards_a_copy(world, alice, bob):
    """Inside and outside, with the fields that say so; the original stays."""
    alice.post.filters.append(Filter(ALL, forward_to=(BOB, "eve@example.net")))

    world.deliver(ALICE, RAW)

    (copy,) = bob.mail.messages()
    assert labels(alice) == [{"\\Inbox"}]
    assert (
        copy.raw == b"X-Forwarded-To: bob@fabrikam.com\r\nX-Forwarded-For: alice@contoso.com bob@fabrikam.com\r\n" + RAW
    )
    assert [departed.recipient for departed in world.outside] == ["eve@example.net"]


def test_mail_that_is_forwarded_in_a_circle_stops(world, alice, bob):
    """Everybody gets it once."""
    alice.post.filters.append(Filter(ALL, forward_to=(BOB,)))
    bob.post.filters.append(Filter(ALL, forward_to=("alice+back@contoso.com", BOB)))

    world.deliver(ALICE, RAW)

    assert [len(list(account.mail.messages())) for account in (alice, bob)] == [1, 1]


def test_a_forwarded_copy_never_bounces(world, alice):
    """Neither to the author nor to the account that forwards."""
    alice.post.filters.append(Filter(ALL, forward_to=("nobody@contoso.com",)))

    world.deliver(ALICE, RAW)

    assert labels(alice) == [{"\\Inbox"}]


# --- the vacation responder ---


@pytest.fixture
def away(world, alice):
    """Let Alice be away for ten days."""
    now = world.clock.now()
    alice.name = "Alice Adams"
    alice.post.vacation = Vacation("休暇中", "I am away.\n", start=now, end=now + timedelta(days=10))
    return alice


def answers(world):
    return [email.message_from_bytes(departed.raw, policy=email.policy.default) for departed in world.outside]


def mail(*fields: bytes, sender: bytes = b"eve@example.net") -> bytes:
    return b"\r\n".join(
        [b"From: " + sender, b"Subject: Hi", b"Message-ID: <7@example.net>", *fields, b"", b"hello", b""]
    )


def test_the_answer_says_that_it_is_automatic(world, away):
    """From the account, in the conversation, with the fields that keep other machines from answering it."""
    world.deliver(ALICE, mail())

    (answer,) = answers(world)
    assert {name: str(answer[name]) for name in answer if name not in ("Message-ID", "Date")} == {
        "From": "Alice Adams <alice@contoso.com>",
        "To": "eve@example.net",
        "Subject": "休暇中 Re: Hi",
        "In-Reply-To": "<7@example.net>",
        "References": "<7@example.net>",
        "Auto-Submitted": "auto-replied",
        "Precedence": "bulk",
        "X-Autoreply": "yes",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "7bit",
        "MIME-Version": "1.0",
    }
    assert answer.get_content().strip() == "I am away."
    assert labels(away) == [{"\\Inbox"}]


def test_a_sender_is_answered_once_in_four_days(world, away):
    """On the world's clock; another sender at once."""
    for wait in (0, 0, 4, 0):
        world.clock.advance(timedelta(days=wait))
        world.deliver(ALICE, mail())
        world.deliver(ALICE, mail(sender=b"Mal <MAL@example.net>"))

    assert [answer["To"] for answer in answers(world)] == ["eve@example.net", "MAL@example.net"] * 2


@pytest.mark.parametrize("days", [-1, 10])
def test_nobody_is_answered_before_or_after(world, away, days):
    """Only while the owner is away."""
    away.post.vacation = Vacation("", "", start=world.clock.now() - timedelta(days=days), end=world.clock.now())

    world.deliver(ALICE, mail())

    assert world.outside == []


@pytest.mark.parametrize(
    "raw",
    [
        mail(b"Auto-Submitted: auto-generated"),
        mail(b"Precedence: list"),
        mail(b"Precedence: Bulk"),
        mail(b"List-Id: <news.example.net>"),
        mail(b"List-Unsubscribe: <https://example.net/>"),
        mail(b"Return-Path: <>"),
        mail(b"X-Gm-Spam: 1"),
        mail(sender=b"Mail Delivery Subsystem <mailer-daemon@googlemail.com>"),
        mail(sender=b"no-reply@example.net"),
        mail(sender=b"news-noreply@example.net"),
        mail(sender=b"nobody in particular"),
        mail(sender=b"alice+me@contoso.com"),
        b"Subject: from nobody\r\n\r\n",
    ],
)
def test_machines_lists_and_oneself_are_not_answered(world, away, raw):
    """RFC 3834 section 2."""
    world.deliver(ALICE, raw)

    assert world.outside == []
    assert len(list(away.mail.messages())) == 1


def test_two_who_are_away_do_not_answer_each_other(world, away, bob):
    """An automatic answer gets none; nor does a bounce."""
    bob.post.vacation = Vacation("Away", "Me too.")

    world.submit(bob, [ALICE, "nobody@contoso.com"], RAW)

    sent, answer, bounce = bob.mail.messages()
    assert (sent.labels, answer.labels, bounce.labels) == ({"\\Sent"}, {"\\Inbox"}, {"\\Inbox"})
    assert answer.gm_thrid == sent.gm_thrid
    assert labels(away) == [{"\\Inbox"}]


def test_an_answer_that_cannot_be_delivered_is_forgotten(world, away):
    """Its return path is empty."""
    world.post.reject("eve@example.net", "550 5.1.1 User unknown")

    world.deliver(ALICE, mail())

    assert labels(away) == [{"\\Inbox"}]


@given(st.binary(max_size=300), st.text(max_size=20))
def test_any_mail_may_be_answered(header, text):
    """Whatever stands in the header, the answer is a message or none."""
    world = World()
    alice = world.add_account(ALICE)
    alice.post.vacation = Vacation(text, text.encode("utf-8", "replace").decode())

    world.deliver(ALICE, b"From: eve@example.net\r\nSubject: " + header + b"\r\n\r\n")

    assert all(answer["Auto-Submitted"] == "auto-replied" for answer in answers(world))


def test_seeded_mail_is_neither_filtered_nor_answered(tmp_path):
    """It has a past elsewhere, with a Date or without."""
    google = SimulatedGoogle()
    alice = google.add_account(ALICE)
    alice.post.vacation = Vacation("Away", "")
    alice.post.filters.append(Filter(ALL, trash=True))
    (tmp_path / "1.eml").write_bytes(mail())

    google.seed(ALICE, tmp_path)

    assert labels(alice) == [{"\\Inbox"}]
    assert google.world.outside == []


def test_only_a_verified_alias_that_is_broken_stops_mail(world, alice):
    """One that is not verified is no alias at all: From is rewritten, and the mail leaves by Gmail."""
    alice.post.send_as.append(SendAs("sales@fabrikam.com", verified=False, broken="Unspecified Error"))

    world.submit(alice, ["eve@example.net"], RAW.replace(BOB.encode(), b"sales@fabrikam.com", 1))

    (departed,) = world.outside
    assert departed.raw.startswith(b"From: alice@contoso.com\r\nX-Google-Original-From: sales@fabrikam.com\r\n")


def test_addresses_that_vacation_cannot_write_to_are_passed_over():
    """Control characters are no part of an address."""
    assert vacation.addressee({"from": b" e\x0bve@example.net"}, None) is None


def test_an_account_with_an_international_address_writes_and_answers(world, bob):
    """Its address stands in the header as it is, also where Gmail replaces another one."""
    alice = world.add_account("älice@bücher.example", name="Älice")
    alice.post.vacation = Vacation("Away", "I am away.\n")

    world.submit(alice, [bob.address], b"From: Somebody Else <x@example.net>\r\n\r\nhello\r\n")
    world.submit(bob, [alice.address], b"Subject: hello\r\n\r\nhello\r\n")

    written, answered, *_ = [message.raw for message in bob.mail.messages() if "\\Inbox" in message.labels]
    assert '\r\nFrom: "Somebody Else" <älice@bücher.example>\r\n'.encode() in written
    assert "<älice@bücher.example>\r\n".encode() in answered
