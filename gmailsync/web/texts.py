"""What the pages have to say in each language, as data; `english` and `japanese` say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gmailsync.rules.grant_death import Cause
from gmailsync.rules.standing import DirectionState, MailboxState


@dataclass(frozen=True, slots=True)
class StateWords:
    """A mailbox's state: in a word or two, and what it means for the next step."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class EndWords:
    """Why a sign-in will end, and what to do before."""

    because: str
    remedy: str


@dataclass(frozen=True, slots=True)
class TroubleWords:
    """What happened and what to do. An empty one leaves it to the error's own words, which are English."""

    happened: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Texts:
    """One language. `tag` is its language tag (BCP 47), `own_name` what its speakers call it.

    `troubles` are errors that a sign-in ended with, by their codes. `alerts` are open alerts, which other work may have
    met; a code that is not there has the words of `troubles`.
    """

    tag: str
    own_name: str

    mailboxes: str
    introduction: str
    no_mailboxes: str
    mailbox: str
    state: str
    incoming: str
    outgoing: str
    action: str
    sign_in: str
    sign_in_again: str
    open_alerts: str
    other_port: str
    elsewhere: str

    signed_in: str
    signed_in_as: str
    ends: str
    ended: str
    next_step: str
    back: str

    refused: str
    happened: str
    to_do: str
    code: str
    details: str
    usual_advice: str

    languages: str
    states: Mapping[MailboxState, StateWords]
    directions: Mapping[DirectionState, str]
    ends_because: Mapping[Cause, EndWords]
    troubles: Mapping[str, TroubleWords]
    alerts: Mapping[str, TroubleWords]
