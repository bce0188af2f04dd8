"""Whether an account may use an app at all: the audience of the app, then the policies over the account.

This is step 6 of google.md 2.3. The texts are those of google.md 2.6.
"""

from __future__ import annotations

from fakes.console import Project, UserType
from fakes.grants import AuthRequest
from fakes.oauth.autherror import AuthError
from fakes.oauth.authorize import FLOW_NAME, check_account, consent_screen
from fakes.world import Account, World

RESTRICTED = (
    "Access to your account data is restricted by policies within your organization. Please contact the administrator "
    "of your organization for more information."
)


def check(world: World, project: Project, account: Account, request: AuthRequest) -> AuthError | None:
    """Return why the account may not use the app; None when it may."""
    refusal = check_account(project, account, request)
    if refusal and not (refusal.code == "access_denied" and trusted(world, account, request.client_id)):
        return refusal
    return _organisation(world, project, account, request)


def trusted(world: World, account: Account, client_id: str) -> bool:
    """Tell whether the account's administrator marked the app as Trusted."""
    workspace = world.workspace(account)
    return workspace is not None and workspace.trusts(client_id)


def _organisation(world: World, project: Project, account: Account, request: AuthRequest) -> AuthError | None:
    """Apply the app access control of the account's organisation."""
    internal = consent_screen(project).user_type is UserType.INTERNAL
    workspace = world.workspace(account)
    if workspace is None or workspace.allows(request.client_id, request.scopes, internal=internal):
        return None
    return _restricted("admin_policy_enforced", request)


def _restricted(code: str, request: AuthRequest) -> AuthError:
    return AuthError(code, 400, RESTRICTED, details=(("client_id", request.client_id), FLOW_NAME))
