"""Which alerts an outcome opens and which it resolves.

Alerts follow the truth of the last look: what was seen again stays open, what a look did not find any more is resolved.
Three kinds are the exception. Alerts about single emails stay until no email is left in that trouble, and no open entry
in the failure ledger. A dead grant stays dead when a passing fault kept a look from asking for it: the owner is asked
to sign in once. What is forecast has a look of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gmailsync.errors import (
    GmailSyncError,
    GrantDead,
    MessageFailed,
    NetworkError,
    OAuthUnavailable,
    Retry,
    SendDeferred,
    SendInDoubt,
    SendRejected,
)
from gmailsync.model.alert import Alert, Level, NewAlert
from gmailsync.model.email import EmailStatus
from gmailsync.model.mailbox import MailboxId
from gmailsync.rules import forecast

SIGN_IN_ALERTS = ("oauth", "sign-in", NetworkError.code)
"""Prefixes of the codes that a new grant answers. It came over the network; should Gmail's servers be what is out of
reach, the next look says so again."""

STATUS_OF_EMAIL_ALERT = {
    SendDeferred.code: EmailStatus.PENDING,
    SendRejected.code: EmailStatus.FAILED,
    SendInDoubt.code: EmailStatus.IN_DOUBT,
}
"""Codes about single emails, and the status in which such an email waits."""


def alert_for(mailbox_id: MailboxId, error: GmailSyncError) -> NewAlert:
    """Return the alert that an error opens: a warning when it may pass by itself, else an error."""
    level = Level.WARNING if error.retry is Retry.LATER else Level.ERROR
    return NewAlert(mailbox_id, level, error.code, error.message, error.advice, error.server_line)


def alerts_for(mailbox_id: MailboxId, errors: Iterable[GmailSyncError]) -> list[NewAlert]:
    """Return one alert for each code among the errors of one look, in the order first seen."""
    first_of_code: dict[str, NewAlert] = {}
    for error in errors:
        first_of_code.setdefault(error.code, alert_for(mailbox_id, error))
    return list(first_of_code.values())


def codes_resolved(
    open_alerts: Iterable[Alert], seen: Iterable[NewAlert], emails: Mapping[EmailStatus, int], failures: int = 0
) -> list[str]:
    """Return the codes of open alerts that a look at the mailbox has answered.

    `seen` are the alerts of this look; `emails` counts the mailbox's outgoing emails after it, `failures` the open
    entries of the failure ledger.
    """
    seen_codes = {alert.code for alert in seen}
    return [
        alert.code
        for alert in open_alerts
        if alert.code not in seen_codes
        and alert.code not in forecast.WARNINGS
        and not _email_waits(alert.code, emails)
        and not (alert.code == MessageFailed.code and failures)
        and not (alert.code == GrantDead.code and _is_untold(seen_codes))
    ]


def _is_untold(seen_codes: Iterable[str]) -> bool:
    """Tell whether a look that met these troubles may never have heard Google's word on the grant."""
    return any(code.startswith((OAuthUnavailable.code, NetworkError.code)) for code in seen_codes)


def _email_waits(code: str, emails: Mapping[EmailStatus, int]) -> bool:
    """Tell whether the code is about single emails and one of them is still in that trouble."""
    status = STATUS_OF_EMAIL_ALERT.get(code)
    return status is not None and emails.get(status, 0) > 0
