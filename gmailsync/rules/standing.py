"""How a mailbox stands, in one word: the first thing on the way of the guide that is still to do."""

from __future__ import annotations

from enum import StrEnum

from gmailsync.model.mailbox import Approval, DeliveryMethod, Mailbox, TestStatus
from gmailsync.model.profile import ServerProfile
from gmailsync.rules import readiness


class MailboxState(StrEnum):
    """What stands between the mailbox and its mail; `healthy` when nothing does."""

    NO_PROFILE = "no_profile"
    PROFILE_INACTIVE = "profile_inactive"
    NOT_SIGNED_IN = "not_signed_in"
    NOT_APPROVED = "not_approved"
    NOT_ENABLED = "not_enabled"
    ALERT = "alert"
    HEALTHY = "healthy"


class DirectionState(StrEnum):
    """How one direction stands: not carried by us, tested or not, or enabled."""

    NONE = "none"
    NOT_TESTED = "not_tested"
    TEST_FAILED = "test_failed"
    TEST_PASSED = "test_passed"
    ENABLED = "enabled"


def mailbox_state(
    mailbox: Mailbox, profile: ServerProfile | None, *, has_grant: bool, has_alerts: bool
) -> MailboxState:
    """Return the first obstacle in the order of the guide's steps."""
    obstacles = {
        MailboxState.NO_PROFILE: profile is None,
        MailboxState.PROFILE_INACTIVE: profile is not None and not profile.active,
        MailboxState.NOT_SIGNED_IN: not has_grant,
        MailboxState.NOT_APPROVED: mailbox.approval is not Approval.APPROVED,
        MailboxState.NOT_ENABLED: not (mailbox.incoming_enabled or mailbox.outgoing_enabled),
        MailboxState.ALERT: has_alerts,
    }
    return next((state for state, stands in obstacles.items() if stands), MailboxState.HEALTHY)


def direction_state(method: DeliveryMethod, status: TestStatus, *, enabled: bool) -> DirectionState:
    """Return how a direction stands."""
    if not readiness.is_synchronized(method):
        return DirectionState.NONE
    if enabled:
        return DirectionState.ENABLED
    return {
        TestStatus.NOT_RUN: DirectionState.NOT_TESTED,
        TestStatus.FAILURE: DirectionState.TEST_FAILED,
        TestStatus.SUCCESS: DirectionState.TEST_PASSED,
    }[status]
