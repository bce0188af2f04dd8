"""An error as an owner reads it: what happened, what to do, and the code for support."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from gmailsync.errors import BadInput, GmailSyncError, NoSuchPage, NotFound, Retry, StaleForm, StoreError, WrongHost
from gmailsync.rules.wording import one_line, with_advice, with_server_line
from gmailsync.web.texts import ENGLISH, Texts, TroubleWords

STATUSES: dict[type[GmailSyncError], HTTPStatus] = {
    WrongHost: HTTPStatus.MISDIRECTED_REQUEST,
    StaleForm: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    NoSuchPage: HTTPStatus.NOT_FOUND,
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the error page says. `details` are English, and empty where they would say nothing new."""

    happened: str
    advice: str
    code: str
    details: str


def told(error: GmailSyncError, texts: Texts) -> Trouble:
    """Put an error into the words of a language."""
    words = texts.troubles.get(error.code, TroubleWords())
    return Trouble(
        happened=words.happened or with_server_line(error),
        advice=words.advice or one_line(error.advice) or texts.usual_advice,
        code=error.code,
        details="" if texts is ENGLISH or isinstance(error, BadInput) else with_advice(error),
    )


def status_of(error: GmailSyncError) -> HTTPStatus:
    """Return the HTTP status that fits an error."""
    for kind, status in STATUSES.items():
        if isinstance(error, kind):
            return status
    return HTTPStatus.SERVICE_UNAVAILABLE if error.retry is Retry.LATER else HTTPStatus.BAD_REQUEST
