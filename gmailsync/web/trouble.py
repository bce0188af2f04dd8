"""An error or an alert as an owner reads it: what happened, what to do, and the code for support."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus

from gmailsync.errors import BadInput, GmailSyncError, NoSuchPage, NotFound, Retry, StaleForm, StoreError, WrongHost
from gmailsync.model.alert import Alert, Level
from gmailsync.rules.wording import Told, one_line, with_advice, with_server_line
from gmailsync.web.english import ENGLISH
from gmailsync.web.texts import Texts, TroubleWords

STATUSES: dict[type[GmailSyncError], HTTPStatus] = {
    WrongHost: HTTPStatus.MISDIRECTED_REQUEST,
    StaleForm: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    NoSuchPage: HTTPStatus.NOT_FOUND,
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the pages say. `details` are English, and empty where they would say nothing new."""

    happened: str
    advice: str
    code: str
    details: str
    level: Level = Level.ERROR


def told(error: GmailSyncError, texts: Texts) -> Trouble:
    """Put an error that ended a request into the words of a language."""
    trouble = _told(error, texts.troubles.get(error.code, TroubleWords()), texts)
    # What somebody entered is not repeated.
    return replace(trouble, details="") if isinstance(error, BadInput) else trouble


def alert_told(alert: Alert, texts: Texts) -> Trouble:
    """Put an open alert into the words of a language."""
    same_as_error = TroubleWords() if texts is ENGLISH else texts.troubles.get(alert.code, TroubleWords())
    return replace(_told(alert, texts.alerts.get(alert.code, same_as_error), texts), level=alert.level)


def _told(told: Told, words: TroubleWords, texts: Texts) -> Trouble:
    return Trouble(
        happened=words.happened or with_server_line(told),
        advice=words.advice or one_line(told.advice) or texts.usual_advice,
        code=told.code,
        details="" if texts is ENGLISH else with_advice(told),
    )


def status_of(error: GmailSyncError) -> HTTPStatus:
    """Return the HTTP status that fits an error."""
    for kind, status in STATUSES.items():
        if isinstance(error, kind):
            return status
    return HTTPStatus.SERVICE_UNAVAILABLE if error.retry is Retry.LATER else HTTPStatus.BAD_REQUEST
