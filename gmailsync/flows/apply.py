"""Makes a setup real in this database: its server profile and its mailboxes, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass

from gmailsync.errors import BadInput
from gmailsync.model.mailbox import Approval, Mailbox, NewMailbox
from gmailsync.model.profile import GMAIL_INCOMING, NewProfile, ServerProfile
from gmailsync.model.setup import Setup, SetupMailbox
from gmailsync.model.values import SAME
from gmailsync.ports import Ports, Tx
from gmailsync.rules import entries, popping, readiness


@dataclass(frozen=True, slots=True)
class Applied:
    """What was made of a setup. Each owner still has to sign in to Gmail."""

    profile: ServerProfile
    mailboxes: tuple[Mailbox, ...]


def apply_setup(ports: Ports, setup: Setup) -> Applied:
    """Create the setup's server profile and mailboxes in one transaction, so that a refusal changes nothing.

    Raises `AlreadyExists` when the profile's name or an address is taken, `ProfileFull` for more mailboxes than a
    profile carries, and `BadInput` for a client id or secret of `same`: there is no simulated console to ask here.
    """
    profile = _profile(setup)
    with ports.store.begin() as tx:
        made = tx.profiles.add(profile)
        return Applied(made, tuple(_add(tx, made, mailbox) for mailbox in setup.mailboxes))


def _profile(setup: Setup) -> NewProfile:
    told = setup.profile
    if told.client_id is None:
        raise BadInput("profile.client_id", SAME, "the client id that the Google console shows")
    if told.client_secret is None:
        raise BadInput("profile.client_secret", SAME, "the client secret that the Google console shows")
    return NewProfile(
        name=entries.check_name("profile.name", told.name),
        client_id=entries.check_name("profile.client_id", told.client_id),
        client_secret=entries.check_secret("profile.client_secret", told.client_secret),
        environment=entries.check_environment(setup.environment),
        protocol=told.protocol,
        incoming=GMAIL_INCOMING[told.protocol],
        read_from=told.start_date,
    )


def _add(tx: Tx, profile: ServerProfile, told: SetupMailbox) -> Mailbox:
    readiness.check_room(profile, tx.profiles.mailbox_count(profile.id))
    folders = entries.check_folders(told.folders)
    popping.check_deletion(told.kind, delete=told.pop_delete)
    return tx.mailboxes.add(
        NewMailbox(
            address=entries.check_address("mailboxes.address", told.address),
            profile_id=profile.id,
            incoming=told.incoming,
            outgoing=told.outgoing,
            approval=Approval.APPROVED if told.approved else Approval.PENDING,
            kind=told.kind,
            acceptance=told.acceptance,
            folders=folders,
            labels=entries.check_labels(told.labels, folders),
            read_from=told.start_date,
            pop_recent=told.pop_recent,
            pop_delete=told.pop_delete,
        )
    )
