"""What the flows need of Google's OAuth 2.0, as a Protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gmailsync.model.grant import SignInAttempt, TokenResponse
from gmailsync.model.profile import ServerProfile
from gmailsync.model.secret import Secret


@dataclass(frozen=True, slots=True)
class Consent:
    """The trip to Google's consent page: where to send the owner, and what proves the way back."""

    url: str
    state: str
    code_verifier: Secret


class OAuthClient(Protocol):
    """Google's OAuth 2.0 for web server applications. Calls raise `OAuthError` or `NetworkError`."""

    def begin(self, profile: ServerProfile, login_hint: str, language: str = "") -> Consent:
        """Return a fresh consent URL with PKCE (S256), state, offline access and forced consent.

        Google's pages are in `language`, or else in the browser's or the account's.
        """
        ...

    def exchange(self, profile: ServerProfile, code: Secret, attempt: SignInAttempt) -> TokenResponse:
        """Redeem an authorization code."""
        ...

    def refresh(self, profile: ServerProfile, refresh_token: Secret) -> TokenResponse:
        """Redeem a refresh token. `GrantDead` when Google says it is no longer good."""
        ...

    def revoke(self, token: Secret) -> None:
        """Take a grant back at Google."""
        ...
