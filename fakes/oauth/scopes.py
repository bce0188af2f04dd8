"""The scopes that this Google knows, and how the consent page puts them into words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from fakes.grants import CLOUD_PREFIX, EMAIL, OPENID, PROFILE, SIGN_IN_SCOPES

PREFIX = "https://www.googleapis.com/auth/"
SHORT_NAMES: Mapping[str, str] = MappingProxyType({"email": EMAIL, "profile": PROFILE})

DESCRIPTIONS: Mapping[str, str] = MappingProxyType(
    {
        OPENID: "Associate you with your personal info on Google",
        EMAIL: "See your primary Google Account email address",
        PROFILE: "See your personal info, including any personal info you've made publicly available",
        "https://mail.google.com/": "Read, compose, send, and permanently delete all your email from Gmail",
        PREFIX + "gmail.modify": "Read, compose, and send emails from your Gmail account",
        PREFIX + "gmail.readonly": "View your email messages and settings",
        PREFIX + "gmail.compose": "Manage drafts and send emails",
        PREFIX + "gmail.send": "Send email on your behalf",
        PREFIX + "gmail.insert": "Add emails into your Gmail mailbox",
        PREFIX + "gmail.labels": "See and edit your email labels",
        PREFIX + "gmail.metadata": (
            "View your email message metadata such as labels and headers, but not the email body"
        ),
        PREFIX + "gmail.settings.basic": "See, edit, create, or change your email settings and filters in Gmail",
        PREFIX + "gmail.settings.sharing": "Manage your sensitive mail settings, including who can manage your mail",
        CLOUD_PREFIX: (
            "See, edit, configure, and delete your Google Cloud data and see the email address for your Google Account."
        ),
        CLOUD_PREFIX + ".read-only": (
            "View your data across Google Cloud services and see the email address of your Google Account"
        ),
    }
)
"""Every scope known here: those of signing in, of Gmail and of Google Cloud as a whole. The line of `mail.google.com`
is verified (google.md 2.4), the others are those of Google's list of scopes from memory."""


def expand(scope: str) -> tuple[str, ...]:
    """Return the scopes of a space-delimited list, short names written out, each once, in the order asked."""
    return tuple(dict.fromkeys(SHORT_NAMES.get(name, name) for name in scope.split()))


def unknown(scopes: Iterable[str]) -> list[str]:
    """Return the scopes that this Google does not know."""
    return [scope for scope in scopes if scope not in DESCRIPTIONS]


def may_be_real(scope: str) -> bool:
    """Tell whether an unknown scope could be one of another Google service, which is not imitated here."""
    return scope.startswith(PREFIX) and not scope.startswith((PREFIX + "gmail.", PREFIX + "userinfo."))


def beyond_sign_in(scopes: Iterable[str]) -> list[str]:
    """Return the scopes that open data rather than tell who somebody is."""
    return [scope for scope in scopes if scope not in SIGN_IN_SCOPES]


def optional(scopes: Iterable[str]) -> list[str]:
    """Return the scopes that get a checkbox of their own (google.md 2.4, granular consent).

    A single scope with nothing beside it is granted or not by the buttons alone.
    """
    scopes = list(scopes)
    return beyond_sign_in(scopes) if len(scopes) > 1 else []
