"""A world's state as JSON values, to print, to compare and to keep: accounts, mail, grants, console, faults.

No value holds a token, a code or a password; of a client's secret only the console tells, as Google's does.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from fakes.accounts import Account
from fakes.console import ConsentScreen, OAuthClient, Project
from fakes.gmail import headers
from fakes.gmail.message import Message
from fakes.grants import AccessToken, AuthorizationCode, RefreshToken
from fakes.world import World

Json = dict[str, Any]

KINDS = {AuthorizationCode: "authorization code", RefreshToken: "refresh token", AccessToken: "access token"}


def snapshot(world: World) -> Json:
    """Return everything that two worlds have alike when the same was done to them; the journal apart."""
    with world.lock:
        return {
            "accounts": [account(each) for each in world.accounts.values()],
            "mail": {each.address: mail(each) for each in world.accounts.values()},
            "outside": [
                {"sender": one.sender, "recipient": one.recipient, "size": len(one.raw), "sha256": _sha256(one.raw)}
                for one in world.outside
            ],
            "grants": grants(world),
            "projects": projects(world),
            "faults": faults(world),
            "counters": world.ids.counts,
        }


def account(known: Account) -> Json:
    """Return an account with its switches. `imap` and `pop` are the owner's, whatever the organisation says."""
    return {
        "address": known.address,
        "name": known.name,
        "organisation": known.organisation,
        "unit": known.unit,
        "gmail": known.gmail,
        "imap": known.imap_on,
        "pop": known.popping.window.value,
        "suspended": known.suspended,
        "advanced_protection": known.advanced_protection,
        "app_password": known.app_password is not None,
        "classic": known.mail.classic,
        "messages": sum(1 for _ in known.mail.messages()),
    }


def mail(known: Account) -> list[Json]:
    """Return every message of an account in the order of arrival; `folders` are those that IMAP shows, with UIDs."""
    return [message(known, each) for each in known.mail.messages()]


def message(known: Account, each: Message) -> Json:
    """Return one message, with its bytes told by size and SHA-256."""
    head = headers.first_values(headers.split(each.raw)[0])
    places = ((folder.name, folder.uid_of(each.gm_msgid)) for folder in known.mail.folders)
    return {
        "gm_msgid": str(each.gm_msgid),  # more digits than JavaScript's numbers have
        "gm_thrid": str(each.gm_thrid),
        "folders": {name: uid for name, uid in places if uid is not None},
        "labels": sorted(each.labels),
        "flags": sorted(each.flags),
        "internal_date": each.internal_date.isoformat(),
        "message_id": next(iter(headers.message_ids(head, "message-id")), None),
        "from": headers.text(head, "from"),
        "to": headers.text(head, "to"),
        "subject": headers.text(head, "subject"),
        "size": len(each.raw),
        "sha256": _sha256(each.raw),
    }


def grants(world: World) -> Json:
    """Return which scopes each account gave to which project, and every code and token with its cause of death."""
    return {
        "grants": [
            {"address": address, "project_number": project, "scopes": sorted(scopes)}
            for (address, project), scopes in world.grants.given.items()
        ],
        "tokens": [_token(each) for each in world.grants.issued],
    }


def projects(world: World) -> list[Json]:
    """Return what the Cloud console shows: projects, consent screens, clients with id and secret."""
    return [_project(world, project) for project in world.console.projects.values()]


def faults(world: World) -> list[Json]:
    """Return every fault, and how often it has fired."""
    return [{**fault.to_json(), "fired": world.faults.fired(fault.name)} for fault in world.faults.list()]


def _token(each: AuthorizationCode | RefreshToken | AccessToken) -> Json:
    told: Json = {"kind": KINDS[type(each)], "address": each.address}
    if isinstance(each, AuthorizationCode):
        told |= {"client_id": each.request.client_id, "issued_at": each.issued_at.isoformat()}
    else:
        told |= {"client_id": each.client_id, "expires_at": _moment(each.expires_at)}
    if isinstance(each, RefreshToken):
        told |= {"consented_at": each.consented_at.isoformat(), "last_used": each.last_used.isoformat()}
        told |= {"died_at": _moment(each.died_at)}
    return {**told, "scopes": list(each.scopes), "death": each.death and each.death.value}


def _project(world: World, project: Project) -> Json:
    current = [world.console.client(client_id) for client_id in list(project.clients)]
    return {
        "id": project.id,
        "number": project.number,
        "name": project.name,
        "organisation": project.organisation,
        "consent_screen": project.consent_screen and _screen(project.consent_screen),
        "clients": [_client(found[1]) for found in current if found],
    }


def _screen(screen: ConsentScreen) -> Json:
    return {
        "user_type": screen.user_type.value,
        "publishing_status": screen.publishing_status.value,
        "app_name": screen.app_name,
        "support_email": screen.support_email,
        "authorized_domains": list(screen.authorized_domains),
        "test_users": list(screen.test_users),
        "verified": screen.verified,
    }


def _client(client: OAuthClient) -> Json:
    return {
        "name": client.name,
        "type": client.type.value,
        "state": client.state.value,
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "secrets": len(client.secrets),
        "redirect_uris": list(client.redirect_uris),
        "javascript_origins": list(client.javascript_origins),
        "last_used": client.last_used.isoformat(),
    }


def _moment(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
