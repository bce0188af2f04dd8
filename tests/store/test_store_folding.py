"""The same messages by IMAP and by POP are the same emails, on both databases."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plans import plans
from sqlalchemy import event

from fakes.wire import crlf
from gmailsync.model.email import Headers

MANY = 300


@pytest.fixture
def by_imap(incoming):
    """Return a function that makes an email as IMAP brings it: from its number, which is its Gmail id, or its bytes."""

    def make(mailbox_id, number, raw=None, message_id=None):
        raw = f"Subject: {number}\r\n\r\n".encode() if raw is None else raw
        email = incoming(mailbox_id, number, raw)
        message_id = f"<{number}@contoso.com>" if message_id is None else message_id
        return replace(email, sha256=hashlib.sha256(raw).hexdigest(), headers=Headers(message_id=message_id))

    return make


@pytest.fixture
def by_pop(by_imap):
    """Return a function that makes the same email as POP brings it."""

    def make(*given, **named):
        return replace(by_imap(*given, **named), gmail_message_id=None, gmail_thread_id=None, labels=())

    return make


def taken(database, batch):
    """Fold a batch and store what is left, as a sync does."""
    with database.begin() as tx:
        found = tx.emails.fold(batch)
        left = iter(tx.emails.add_incoming([e for e, number in zip(batch, found, strict=True) if number is None]))
        return [next(left) if number is None else number for number in found]


def stored(database, mailbox):
    with database.begin() as tx:
        return tx.emails.select(mailbox.id)


@pytest.mark.parametrize("is_first", ["by IMAP", "by POP"])
@pytest.mark.parametrize("raw", [b"Subject: note\r\n\r\nno end", b"Subject: note\n\nno end", b"Subject: note\n\nend\n"])
def test_the_ends_of_lines_make_no_other_email_of_one_without_a_message_id(
    database, mailbox, by_imap, by_pop, raw, is_first
):
    """By POP each line has CRLF; what else is in it is all that such a message is known by."""
    imap = by_imap(mailbox.id, 7, raw, "")
    pop = by_pop(mailbox.id, 7, crlf(raw), "")
    first, then = (imap, pop) if is_first == "by IMAP" else (pop, imap)

    [number] = taken(database, [first])

    assert taken(database, [then]) == [number]


def test_an_email_that_came_by_pop_gets_gmails_ids(database, mailbox, by_imap, by_pop):
    """Id, thread and labels; it stays the email that it was."""
    [number] = taken(database, [by_pop(mailbox.id, 7)])

    assert taken(database, [by_imap(mailbox.id, 7)]) == [number]
    [email] = stored(database, mailbox)
    assert (email.id, email.gmail_message_id, email.gmail_thread_id, email.labels) == (number, 7, 7, ("\\Inbox",))


def test_an_email_that_came_by_imap_is_known_by_pop(database, mailbox, by_imap, by_pop):
    """Nothing about it changes."""
    numbers = taken(database, [by_imap(mailbox.id, 7), by_imap(mailbox.id, 8)])
    before = stored(database, mailbox)

    assert taken(database, [by_pop(mailbox.id, 8), by_pop(mailbox.id, 7)]) == numbers[::-1]
    assert stored(database, mailbox) == before


def test_without_message_id_the_content_decides(database, mailbox, by_imap, by_pop):
    """Messages without one have nothing else in common."""
    [number] = taken(database, [by_pop(mailbox.id, 7, message_id="")])

    other, same = taken(database, [by_imap(mailbox.id, 8, message_id=""), by_imap(mailbox.id, 7, message_id="")])

    assert same == number
    assert other != number


def test_a_message_id_that_is_too_long_for_an_index_is_found(database, mailbox, by_imap, by_pop):
    """Spam makes them; PostgreSQL would refuse to index them."""
    monster = f"<{'x' * 20_000}@example.com>"
    [number] = taken(database, [by_pop(mailbox.id, 7, message_id=monster)])

    assert taken(database, [by_imap(mailbox.id, 7, message_id=monster)]) == [number]


def test_line_ends_alone_make_no_other_message(database, mailbox, by_imap, by_pop):
    """POP shows each line with CRLF; another text under the same Message-ID is another message."""
    [number] = taken(database, [by_imap(mailbox.id, 7, raw=b"a\nb", message_id="<7@x>")])

    same, other = taken(
        database,
        [
            by_pop(mailbox.id, 7, raw=b"a\r\nb\r\n", message_id="<7@x>"),
            by_pop(mailbox.id, 7, raw=b"a\r\nb\r\nand a list's footer\r\n", message_id="<7@x>"),
        ],
    )

    assert same == number
    assert other != number


def test_another_mailbox_and_outgoing_emails_are_left_alone(
    database, mailbox, another_mailbox, outgoing, by_imap, by_pop
):
    """What others received is theirs, and what we sent is no message received."""
    elsewhere = another_mailbox()
    sent = outgoing(mailbox.id)
    with database.begin() as tx:
        tx.emails.add_outgoing(sent, "alice@contoso.com", ["bob@fabrikam.com"])
    taken(database, [by_pop(elsewhere.id, 7)])

    with database.begin() as tx:
        same_as_sent = by_imap(mailbox.id, 9, raw=sent.raw, message_id=sent.headers.message_id)
        found = tx.emails.fold([by_imap(mailbox.id, 7), replace(same_as_sent, sha256=sent.sha256)])

    assert found == [None, None]


def test_an_id_that_is_stored_is_not_given_again(database, mailbox, by_imap, by_pop):
    """One email has it already, whatever else looks the same."""
    taken(database, [by_imap(mailbox.id, 7)])
    twin = replace(by_pop(mailbox.id, 7), headers=Headers(message_id="<7@contoso.com>"))
    with database.begin() as tx:
        tx.emails.add_incoming([twin])

    with database.begin() as tx:
        assert tx.emails.fold([by_imap(mailbox.id, 7)]) == [None]


def test_a_batch_takes_few_statements(database, mailbox, by_imap, by_pop):
    """However many messages there are; a mailbox of one protocol costs one question."""
    statements = Counter()
    event.listen(database._engine, "before_cursor_execute", lambda *told: statements.update([told[2].split()[0]]))
    taken(database, [by_imap(mailbox.id, number) for number in range(1, MANY)])
    alone = statements["SELECT"]
    statements.clear()

    taken(database, [by_pop(mailbox.id, number) for number in range(1, 2 * MANY)])

    assert alone <= 3
    assert statements["SELECT"] <= 5
    assert len(stored(database, mailbox)) == 2 * MANY - 1


@pytest.mark.parametrize("pop_comes_first", [True, False])
def test_looking_for_what_the_other_protocol_brought_uses_an_index(database, mailbox, by_imap, by_pop, pop_comes_first):
    """However many emails of the mailbox it has brought, and whether they have Message-IDs or not."""
    before, after = (by_pop, by_imap) if pop_comes_first else (by_imap, by_pop)
    taken(database, [before(mailbox.id, number) for number in range(1, MANY)])

    def look() -> None:
        batch = [after(mailbox.id, number) for number in range(MANY, 2 * MANY)]
        unnamed = [after(mailbox.id, number, message_id="") for number in range(2 * MANY, 3 * MANY)]
        with database.begin() as tx:
            assert set(tx.emails.fold(batch + unnamed)) == {None}

    lines = plans(database, look)

    assert len([line for line in lines if "ix_emails_folding" in line]) == 2


MESSAGES = st.lists(st.integers(1, 6), max_size=6)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(looks=st.lists(st.tuples(st.booleans(), MESSAGES), max_size=6))
def test_each_message_is_one_email_whatever_brings_it(database, another_mailbox, by_imap, by_pop, looks):
    """By either protocol, in any order and as often as they like."""
    mailbox = another_mailbox()

    for is_pop, numbers in looks:
        taken(database, [(by_pop if is_pop else by_imap)(mailbox.id, number) for number in numbers])

    emails = stored(database, mailbox)
    shown_by_imap = {number for is_pop, numbers in looks if not is_pop for number in numbers}
    assert sorted(email.headers.message_id for email in emails) == sorted(
        {f"<{number}@contoso.com>" for _, numbers in looks for number in numbers}
    )
    assert {email.gmail_message_id for email in emails} - {None} == shown_by_imap
