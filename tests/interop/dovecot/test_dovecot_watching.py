"""Connections in IDLE with a Dovecot that takes the simulated Google's tokens: a server that we did not write."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gmailsync.google.idle import KEEP_ALIVE, IdleWatch
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret
from gmailsync.ports import WakeUp, Why

pytestmark = pytest.mark.needs_package("dovecot-imapd")

IMAP = Endpoint("imap.gmail.com", 993)
SCOPES = ("https://mail.google.com/", "https://www.googleapis.com/auth/userinfo.email")
PATIENCE = timedelta(seconds=60)


def test_delivered_mail_wakes_the_watch_before_and_after_a_renewal(rig) -> None:
    """Dovecot signs us in, idles, tells of mail, and answers DONE."""
    clock, address = rig.google.clock, rig.newcomer()
    rig.dovecot.put(address, [b"Subject: first\r\n\r\n"])
    token = Secret(rig.google.access_token(address, scopes=SCOPES))
    with IdleWatch(rig.network, clock) as watch:
        watch.open(IMAP, address, token, "INBOX")
        told = watch.wait(clock.now() + PATIENCE)
        for subject in (b"second", b"third"):
            rig.dovecot.put(address, [b"Subject: %b\r\n\r\n" % subject])
            told += watch.wait(clock.now() + PATIENCE)
            clock.advance(KEEP_ALIVE)
            told += watch.wait(clock.now() + PATIENCE)

    whys = (Why.OPENED, Why.CHANGED, Why.RENEWED, Why.CHANGED, Why.RENEWED)
    assert told == [WakeUp(address, why) for why in whys]
