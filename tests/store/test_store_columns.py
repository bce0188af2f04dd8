"""What the column types promise: the same value comes back from both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError

from gmailsync.model.email import Headers

NUMBER = st.integers(0, 2**64 - 1)
TEXT = st.text(st.characters(exclude_categories=()))  # NUL and lone surrogates are in it
ZONE = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
MOMENT = st.datetimes(timezones=ZONE).filter(lambda moment: 1 < moment.year < 9999)
HEADERS = st.builds(
    Headers,
    message_id=TEXT,
    subject=TEXT,
    sender=TEXT,
    recipients=st.lists(TEXT).map(tuple),
    date=st.none() | MOMENT,
    in_reply_to=TEXT,
)


def storable(text: str) -> str:
    """Cut what UTF-8 and PostgreSQL cannot hold, one character at a time."""
    return "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(headers=HEADERS, raw=st.binary(), message=NUMBER, thread=NUMBER, labels=st.lists(TEXT))
def test_an_email_comes_back_as_it_was_stored(
    database, another_mailbox, incoming, headers, raw, message, thread, labels
):
    """Any bytes, headers and numbers of 64 bits come back; only what no database can hold becomes U+FFFD."""
    mailbox = another_mailbox()
    email = replace(incoming(mailbox.id, message, raw), headers=headers, gmail_thread_id=thread, labels=tuple(labels))

    with database.begin() as tx:
        email_id = tx.emails.add_incoming([email])[0]
    with database.begin() as tx:
        stored, stored_raw = tx.emails.get(email_id), tx.emails.raw(email_id)
        known = set(tx.emails.known(mailbox.id, [message]))

    assert stored_raw == raw
    assert (stored.gmail_message_id, stored.gmail_thread_id, known) == (message, thread, {message})
    assert stored.labels == tuple(map(storable, labels))
    assert stored.headers == Headers(
        message_id=storable(headers.message_id),
        subject=storable(headers.subject),
        sender=storable(headers.sender),
        recipients=tuple(map(storable, headers.recipients)),
        date=headers.date,
        in_reply_to=storable(headers.in_reply_to),
    )


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_the_first_and_the_last_moment_come_back(database, mailbox, moment):
    """The databases can hold every moment that Python knows, to the microsecond."""
    with database.begin() as tx:
        tx.mailboxes.save(replace(mailbox, last_success=moment))
    with database.begin() as tx:
        stored = tx.mailboxes.by_id(mailbox.id).last_success

    assert stored == moment


def test_moments_come_back_in_utc(database, mailbox, now):
    """Whatever zone a moment was stored in, it is read in UTC."""
    tokyo = timezone(timedelta(hours=9))

    with database.begin() as tx:
        tx.mailboxes.save(replace(mailbox, last_success=now.astimezone(tokyo)))
    with database.begin() as tx:
        stored = tx.mailboxes.by_id(mailbox.id).last_success

    assert stored == now
    assert stored.utcoffset() == timedelta(0)


def test_a_naive_moment_is_refused(database, mailbox, now):
    """A datetime without time zone never reaches the database."""
    naive = now.replace(tzinfo=None)

    with pytest.raises(StatementError, match="without time zone"), database.begin() as tx:
        tx.mailboxes.save(replace(mailbox, last_success=naive))
