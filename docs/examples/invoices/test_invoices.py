"""Its tests. The fixtures come with `pip install gmailsync`; nothing else has to be set up."""

from datetime import timedelta

import pytest
from invoices import Busy, answer, unread_invoices

ALICE = "alice@contoso.com"


@pytest.fixture
def gmail(google, gmail_account, google_network):
    """Return what the program needs to reach the simulated Google in place of the real one."""
    google.deliver(ALICE, b"From: shop@example.com\r\nSubject: Invoice 7\r\n\r\nDue now.\r\n")
    google.deliver(ALICE, b"From: bob@example.com\r\nSubject: Lunch?\r\n\r\nToday?\r\n")
    return {"dial": google_network.dial, "trust": google_network.ssl_context()}


def test_invoices_are_found_once(google, gmail):
    token = google.access_token(ALICE)

    assert unread_invoices(ALICE, token, **gmail) == ["Invoice 7"]
    assert unread_invoices(ALICE, token, **gmail) == []


def test_answers_are_in_sent(google, gmail, gmail_account):
    answer(ALICE, google.access_token(ALICE), "shop@example.com", "Invoice 7", **gmail)

    (sent,) = [message for message in gmail_account.mail.messages() if "\\Sent" in message.labels]
    assert b"Subject: Re: Invoice 7" in sent.raw
    assert [left.recipient for left in google.world.outside] == ["shop@example.com"]


def test_a_lost_connection_can_be_tried_again(google, gmail):
    token = google.access_token(ALICE)
    google.faults.add("imap", "FETCH", "reset", times=1)

    with pytest.raises(Busy):
        unread_invoices(ALICE, token, **gmail)
    assert unread_invoices(ALICE, token, **gmail) == ["Invoice 7"]


def test_an_access_token_lasts_an_hour(google, gmail, google_clock):
    token = google.access_token(ALICE)
    google_clock.advance(timedelta(hours=1))

    with pytest.raises(Exception, match="Invalid credentials"):
        unread_invoices(ALICE, token, **gmail)
