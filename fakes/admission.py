"""Who may come in by IMAP, POP and SMTP, and why not: by access token or by password (google.md 2.14, 3.3, 6)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from fakes.accounts import Account
from fakes.grants import AccessToken
from fakes.workspace import Workspace

MAIL_SCOPE = "https://mail.google.com/"
MODIFY_SCOPE = "https://www.googleapis.com/auth/gmail.modify"

OPENS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "imap": frozenset({MAIL_SCOPE}),
        "pop": frozenset({MAIL_SCOPE}),
        "smtp": frozenset({MAIL_SCOPE, MODIFY_SCOPE}),
    }
)
"""Which scopes open which protocol; any one of them is enough (google.md 2.14)."""


class Refusal(StrEnum):
    """Why a mail server does not let somebody in (google.md 3.3, 4.2)."""

    BAD_TOKEN = "bad token"  # noqa: S105 - a reason, not a token
    BAD_PASSWORD = "bad password"  # noqa: S105 - a reason, not a password
    APP_PASSWORD_NEEDED = "an app password is needed"  # noqa: S105 - a reason, not a password
    WEB_LOGIN_NEEDED = "a sign-in on the web is needed"
    NO_GMAIL = "no Gmail"
    IMAP_OFF = "IMAP off"
    IMAP_OFF_IN_DOMAIN = "IMAP off in the domain"
    IMAP_NOT_FOR_CLIENT = "client not on the IMAP allow-list"
    POP_OFF = "POP off"
    POP_OFF_IN_DOMAIN = "POP off in the domain"
    TOO_MANY_CONNECTIONS = "too many simultaneous connections"
    OVER_VOLUME = "the day's volume is used up"


class SignInRefused(Exception):
    """A sign-in by an access token or a password fails; the server says it in its protocol's words."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


def by_token(
    protocol: str, user: str, token: AccessToken | None, account: Account | None, workspace: Workspace | None
) -> tuple[Refusal, str] | None:
    """Return why the token does not open the user's account, and the same for the journal; None when it does."""
    if fault := _token_fault(token, protocol, user):
        return Refusal.BAD_TOKEN, fault
    if account is not None and account.suspended:
        # Gmail's words are not known; these are google.md 3.3's stand-in.
        return Refusal.BAD_TOKEN, "the account is suspended"
    if account is None or not account.gmail:
        return Refusal.NO_GMAIL, "the account has no Gmail"
    refusal = _closed(protocol, account, workspace, token.client_id if token else "")
    return (refusal, refusal.value) if refusal else None


def by_password(protocol: str, account: Account | None, password: str, workspace: Workspace | None) -> Refusal | None:
    """Return why this password does not open the account; None when it is an app password that works."""
    refusal = _password_fault(account, password)
    if account is None or refusal:
        return refusal or Refusal.BAD_PASSWORD
    return _closed(protocol, account, workspace, "")


def by_pop(account: Account, workspace: Workspace | None) -> Refusal | None:
    """Return why the account may not use POP, the administrator's switch first; None when it may."""
    if workspace is not None and not workspace.allows_pop(account.unit):
        return Refusal.POP_OFF_IN_DOMAIN
    return None if account.pop else Refusal.POP_OFF


def unspaced(password: str) -> str:
    """Return an app password without the blanks with which Google shows it, in groups of four."""
    return password.replace(" ", "")


def _closed(protocol: str, account: Account, workspace: Workspace | None, client_id: str) -> Refusal | None:
    """Return why the protocol is closed to the account, or to the client."""
    if protocol == "imap":
        if workspace is not None and not workspace.allows_imap(account.unit):
            return Refusal.IMAP_OFF_IN_DOMAIN
        if workspace is not None and not workspace.allows_imap_client(client_id, account.unit):
            return Refusal.IMAP_NOT_FOR_CLIENT
        return None if account.imap_on else Refusal.IMAP_OFF
    told_at_once = protocol == "pop" and account.popping.off_told_at_sign_in
    return by_pop(account, workspace) if told_at_once else None


def _password_fault(account: Account | None, password: str) -> Refusal | None:
    if account is None or not account.gmail or account.suspended:
        return Refusal.BAD_PASSWORD
    is_app_password = account.app_password is not None and unspaced(password) == account.app_password
    if is_app_password and not account.advanced_protection:
        return Refusal.WEB_LOGIN_NEEDED if account.needs_web_login else None
    if account.password is None or password != account.password:
        return Refusal.BAD_PASSWORD
    if account.needs_web_login:
        return Refusal.WEB_LOGIN_NEEDED
    return Refusal.APP_PASSWORD_NEEDED if account.two_step else Refusal.BAD_PASSWORD


def _token_fault(token: AccessToken | None, protocol: str, user: str) -> str | None:
    """Return what is wrong with the token for this sign-in, in words for the journal; None when it is good."""
    if token is None:
        return "no such access token"
    if token.death is not None:
        return f"the access token is dead: {token.death.value}"
    if not OPENS[protocol].intersection(token.scopes):
        return f"the access token's scopes do not open {protocol}: {' '.join(token.scopes)}"
    if token.address.lower() != user.lower():
        return f"the access token belongs to {token.address}"
    return None
