"""Whether a mailbox may be tested, enabled and synchronized, and room for it in its server profile."""

from __future__ import annotations

from gmailsync.errors import MailboxNotReady, ProfileFull
from gmailsync.model.mailbox import Approval, DeliveryMethod, Mailbox, TestStatus
from gmailsync.model.profile import MAILBOXES_PER_PROFILE, ServerProfile


def check_profile(address: str, profile: ServerProfile | None) -> ServerProfile:
    """Return the mailbox's server profile when there is one and it is active; raise `MailboxNotReady` otherwise."""
    if profile is None:
        raise MailboxNotReady(
            f"{address} has no server profile", advice=f"Run: gmailsync mailbox set {address} --profile NAME"
        )
    if not profile.active:
        raise MailboxNotReady(
            f"server profile {profile.name} is not active", advice=f"Run: gmailsync profile activate {profile.name}"
        )
    return profile


def check_mailbox(mailbox: Mailbox) -> None:
    """Raise `MailboxNotReady` unless the address is approved and some direction is synchronized by us."""
    if mailbox.approval is not Approval.APPROVED:
        raise MailboxNotReady(
            f"the address {mailbox.address} is not approved (it is {mailbox.approval})",
            advice=f"Run: gmailsync mailbox approve {mailbox.address}",
        )
    if not (is_synchronized(mailbox.incoming) or is_synchronized(mailbox.outgoing)):
        raise MailboxNotReady(
            f"neither incoming nor outgoing email of {mailbox.address} is set to server-side synchronization",
            advice=f"Run: gmailsync mailbox set {mailbox.address} "
            "--incoming server_side_sync --outgoing server_side_sync",
        )


def check_enabled(mailbox: Mailbox) -> None:
    """Raise `MailboxNotReady` when mail moves in neither direction."""
    if not (mailbox.incoming_enabled or mailbox.outgoing_enabled):
        raise MailboxNotReady(
            f"{mailbox.address} is not enabled", advice=f"Run: gmailsync mailbox test {mailbox.address} --enable"
        )


def check_room(profile: ServerProfile, mailboxes: int) -> None:
    """Raise `ProfileFull` when one more mailbox would exceed what a Gmail OAuth profile may carry."""
    if mailboxes >= MAILBOXES_PER_PROFILE:
        raise ProfileFull(
            "profile",
            profile.name,
            f"has {mailboxes} of at most {MAILBOXES_PER_PROFILE} mailboxes; make another server profile with a Google "
            "project and client of its own (steps 1 to 4 of the guide again)",
        )


def is_synchronized(method: DeliveryMethod) -> bool:
    """Tell whether we carry this direction."""
    return method is DeliveryMethod.SERVER_SIDE_SYNC


def may_be_enabled(method: DeliveryMethod, status: TestStatus) -> bool:
    """Tell whether a direction may be enabled: carried by us, and its last test passed."""
    return is_synchronized(method) and status is TestStatus.SUCCESS
