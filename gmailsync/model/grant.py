"""The grant: an owner's consent, kept as tokens; and the sign-in that leads to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Self

from gmailsync.model.mailbox import MailboxId
from gmailsync.model.secret import Secret

MAIL_SCOPE = "https://mail.google.com/"
"""Opens IMAP, POP and SMTP (Google: "OAuth 2.0 mechanism")."""

RenewalId = NewType("RenewalId", str)
"""The lease of one who redeems a refresh token; no two are alike."""

SIGN_IN_SCOPES = ("openid", "https://www.googleapis.com/auth/userinfo.email", MAIL_SCOPE)
"""The address comes from the ID token, therefore `openid` and `userinfo.email`."""


@dataclass(frozen=True, slots=True)
class TokenResponse:
    """What the token endpoint answered.

    `refresh_token` and `id_token_email` are None where Google gave none;
    `expires_in` and `refresh_token_expires_in` are seconds.
    """

    access_token: Secret
    expires_in: int
    scopes: frozenset[str]
    refresh_token: Secret | None = None
    refresh_token_expires_in: int | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """The stored consent of a mailbox's owner.

    `refresh_expires_at` is None when Google set no end (it does for apps in Testing: 7 days);
    `refreshed_at` is when the refresh token was last redeemed, None while it never was.
    """

    mailbox_id: MailboxId
    client_id: str
    scopes: frozenset[str]
    refresh_token: Secret
    access_token: Secret
    access_expires_at: datetime
    granted_at: datetime
    refresh_expires_at: datetime | None = None
    refreshed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """For whom Google counts refresh tokens: a Google account (its address, in lower case) and a client id."""

    account: str
    client_id: str

    @classmethod
    def of(cls, address: str, client_id: str) -> Self:
        """Return the owner that an address in any case means."""
        return cls(address.lower(), client_id)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A refresh token that Google issued to us, stored or not. Unused, it is dead from `dies_at` on."""

    owner: TokenOwner
    issued_at: datetime
    dies_at: datetime


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """One trip of an owner to Google's consent page: good once, until `expires_at`."""

    state: str
    mailbox_id: MailboxId
    code_verifier: Secret
    redirect_uri: str
    url: str
    expires_at: datetime
