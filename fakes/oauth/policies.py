"""Whether an account may use an app at all: the audience of the app, then the policies over the account.

This is step 6 of google.md 2.3. The texts are those of google.md 2.6.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fakes.accounts import Account
from fakes.console import Project, UserType
from fakes.grants import AuthRequest
from fakes.oauth import scopes
from fakes.oauth.autherror import AuthError
from fakes.oauth.authorize import FLOW_NAME, check_account, consent_screen
from fakes.world import World

RESTRICTED = (
    "Access to your account data is restricted by policies within your organization. Please contact the administrator "
    "of your organization for more information."
)
NEW_USER_LIMIT = 100
"""New users of an unverified app in production, over the life of the project (google.md 2.12)."""


@dataclass(frozen=True, slots=True)
class AppBlocked:
    """Google does not let the app near the account: a page without a code, and no way round. `why` is untold there."""

    why: str


def check(world: World, project: Project, account: Account, request: AuthRequest) -> AuthError | AppBlocked | None:
    """Return why the account may not use the app; None when it may."""
    refusal = check_account(project, account, request)
    if refusal and not (refusal.code == "access_denied" and trusted(world, account, request.client_id)):
        return refusal
    return (
        _organisation(world, project, account, request)
        or _advanced_protection(world, project, account, request)
        or _unverified(world, project, account, request)
    )


def count_new_user(world: World, project: Project, account: Account, request: AuthRequest) -> None:
    """Count an account that has consented, when the project's limit applies to it."""
    if _limited(world, project, account, request):
        project.new_users.add(account.address.lower())


def trusted(world: World, account: Account, client_id: str) -> bool:
    """Tell whether the account's administrator marked the app as Trusted."""
    workspace = world.workspace(account)
    return workspace is not None and workspace.trusts(client_id)


def allowed(world: World, project: Project, account: Account, client_id: str, asked: Iterable[str]) -> bool:
    """Tell whether the app access control of the account's organisation lets the app have these scopes."""
    workspace = world.workspace(account)
    return workspace is None or workspace.allows(client_id, asked, internal=_internal(project))


def _organisation(world: World, project: Project, account: Account, request: AuthRequest) -> AuthError | None:
    if allowed(world, project, account, request.client_id, request.scopes):
        return None
    return _restricted("admin_policy_enforced", request)


def _advanced_protection(world: World, project: Project, account: Account, request: AuthRequest) -> AuthError | None:
    """Keep other people's apps from the data of an enrolled owner (google.md 2.6 and 6).

    That an app Trusted by the administrator passes, and the code for consumers, are from memory; what the page says
    is not known, and the words of an administrator's policy stand in.
    """
    if not account.advanced_protection or not scopes.beyond_sign_in(request.scopes):
        return None
    if _internal(project) or trusted(world, account, request.client_id):
        return None
    world.note(f"{account.address} is in Advanced Protection; the words of the page are a stand-in")
    return _restricted("admin_policy_enforced" if account.organisation else "policy_enforced", request)


def _unverified(world: World, project: Project, account: Account, request: AuthRequest) -> AppBlocked | None:
    """Block an unverified app for high-risk accounts, and for new users when they are used up (google.md row 30).

    Who was let in before the hundred were reached stays.
    """
    address = account.address.lower()
    if not _limited(world, project, account, request):
        return None
    if account.high_risk:
        return AppBlocked(f"{account.address} is a high-risk account, and the app is unverified")
    if len(project.new_users) < NEW_USER_LIMIT:
        return None
    known = address in project.new_users or world.grants.granted(address, request.client_id)
    return None if known else AppBlocked("the new users of its unverified app are used up")


def _limited(world: World, project: Project, account: Account, request: AuthRequest) -> bool:
    """Tell whether the limit of new users applies: External, in production, unverified, more than signing in."""
    screen = consent_screen(project)
    unverified = not (screen.verified or screen.testing or _internal(project))
    asks_for_data = bool(scopes.beyond_sign_in(request.scopes))
    return unverified and asks_for_data and not trusted(world, account, request.client_id)


def _internal(project: Project) -> bool:
    return consent_screen(project).user_type is UserType.INTERNAL


def _restricted(code: str, request: AuthRequest) -> AuthError:
    return AuthError(code, 400, RESTRICTED, details=(("client_id", request.client_id), FLOW_NAME))
