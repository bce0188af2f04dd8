"""QUOTA: one root for all folders, counted by the account's mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fakes.accounts import Account
from fakes.imap.session import ImapSession
from fakes.world import World

Talk = Callable[..., None]
ALICE = "alice@contoso.com"


def test_the_quota_is_what_the_mail_takes(imap: ImapSession, world: World, talk: Talk) -> None:
    """In KiB, begun ones too; a label more is no message more."""
    message = world.deliver(ALICE, b"Subject: x\r\n\r\n" + b"x" * 3000)
    account = world.account(ALICE)
    assert account is not None
    account.mail.add_labels(message.gm_msgid, ["Work"])

    talk(
        imap,
        """
        C: a GETQUOTAROOT INBOX
        S: * QUOTAROOT "INBOX" ""
        S: * QUOTA "" (STORAGE 3 31457280)
        S: a OK Success
        C: b GETQUOTA ""
        S: * QUOTA "" (STORAGE 3 31457280)
        S: b OK Success
        """,
    )
    account.mail.delete(message.gm_msgid)
    talk(
        imap,
        """
        C: a GETQUOTA ""
        S: * QUOTA "" (STORAGE 0 31457280)
        S: a OK Success
        """,
    )


def test_there_is_one_root_and_nobody_sets_it(imap: ImapSession, talk: Talk) -> None:
    """Storage is bought."""
    talk(
        imap,
        """
        C: a GETQUOTA mine
        S: a NO [NONEXISTENT] Unknown quota root: mine (Failure)
        C: b GETQUOTAROOT Nowhere
        S: b NO [NONEXISTENT] Unknown Mailbox: Nowhere (Failure)
        C: c SETQUOTA "" (STORAGE 512)
        S: c NO [CANNOT] Quota cannot be changed (Failure)
        C: d SETQUOTA "" ()
        S: d NO [CANNOT] Quota cannot be changed (Failure)
        C: e SETQUOTA ""
        S: e BAD Could not parse command
        """,
    )


def test_a_label_more_always_fits(imap: ImapSession, alice: Account, world: World, talk: Talk) -> None:
    """A message that is there by its Message-ID takes no room a second time."""
    world.deliver(ALICE, b"Message-ID: <1@b>\r\n\r\n")
    alice.limits = replace(alice.limits, storage=0)
    alice.mail.create_folder("Work")

    talk(
        imap,
        """
        C: a APPEND Work {19+}
        C: Message-ID: <1@b>
        C:
        S: a OK [APPENDUID 12 1] (Success)
        """,
    )


def test_a_message_that_does_not_fit_is_refused(imap: ImapSession, alice: Account, talk: Talk) -> None:
    """Until there is room again."""
    alice.limits = replace(alice.limits, storage=20)

    talk(
        imap,
        """
        C: a APPEND INBOX {21+}
        C: 123456789012345678901
        S: a NO [OVERQUOTA] Out of storage (Failure)
        C: b APPEND INBOX {20+}
        C: 12345678901234567890
        S: b OK [APPENDUID 1 1] (Success)
        C: c APPEND INBOX {1+}
        C: 1
        S: c NO [OVERQUOTA] Out of storage (Failure)
        """,
    )
