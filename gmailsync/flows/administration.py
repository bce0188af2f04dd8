"""What an administrator does: server profiles (step 4 of the guide) and mailboxes (step 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from gmailsync.errors import MailboxNotReady
from gmailsync.flows import sign_in
from gmailsync.flows.lookup import active_profile
from gmailsync.model.mailbox import (
    ALL_MAIL,
    Acceptance,
    Approval,
    DeliveryMethod,
    Mailbox,
    MailboxKind,
    NewMailbox,
    TestStatus,
)
from gmailsync.model.profile import Endpoint, IncomingProtocol, NewProfile, ServerProfile
from gmailsync.model.secret import Secret
from gmailsync.model.startdate import Start
from gmailsync.ports import Ports, Tx
from gmailsync.rules import entries, popping, readiness

T = TypeVar("T")
AnyProfile = TypeVar("AnyProfile", bound=NewProfile)


def _or(new: T | None, old: T) -> T:
    return old if new is None else new


def _start(new: Start | None, old: datetime | None) -> datetime | None:
    return old if new is None else new.at


# --- Server profiles -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """The fields of a server profile that are to change; None leaves a field as it is."""

    name: str | None = None
    client_id: str | None = None
    client_secret: Secret | None = None
    environment: str | None = None
    protocol: IncomingProtocol | None = None
    incoming: Endpoint | None = None
    outgoing: Endpoint | None = None
    is_default: bool | None = None
    active: bool | None = None
    read_from: Start | None = None

    def of(self, old: ServerProfile) -> ServerProfile:
        """Return the changed profile. Another protocol brings its own location and port, unless others were entered."""
        protocol = _or(self.protocol, old.protocol)
        return replace(
            old,
            name=_or(self.name, old.name),
            client_id=_or(self.client_id, old.client_id),
            client_secret=_or(self.client_secret, old.client_secret),
            environment=_or(self.environment, old.environment),
            protocol=protocol,
            incoming=_or(self.incoming, old.incoming_by(protocol)),
            outgoing=_or(self.outgoing, old.outgoing),
            is_default=_or(self.is_default, old.is_default),
            active=_or(self.active, old.active),
            read_from=_start(self.read_from, old.read_from),
        )


def add_profile(ports: Ports, profile: NewProfile) -> ServerProfile:
    """Make a server profile. Raises `BadInput` that names the field, `AlreadyExists` by name."""
    checked = _checked(profile)
    with ports.store.begin() as tx:
        return tx.profiles.add(checked)


def set_profile(ports: Ports, name: str, change: ProfileChange) -> ServerProfile:
    """Change fields of a server profile. After another client id its owners have to sign in again."""
    with ports.store.begin() as tx:
        old = tx.profiles.get(name, to_save=True)
        changed = _checked(change.of(old))
        tx.profiles.save(changed)
        if _lets_in_more(changed.read_from, old.read_from):  # by IMAP the cursor knows
            for mailbox in tx.mailboxes.all():
                if mailbox.profile_id == changed.id:
                    _show_again(tx, mailbox)
        return changed


def _lets_in_more(start: datetime | None, before: datetime | None) -> bool:
    """Tell whether a start date was moved to an earlier day."""
    return before is not None and (start is None or start < before)


def _show_again(tx: Tx, mailbox: Mailbox) -> int:
    """Let POP bring what was left out, also where it is shown all the time; return of how many messages."""
    tx.leases.revoke(mailbox.id)  # as for labels
    return tx.fates.reopen(mailbox.id)


def remove_profile(ports: Ports, name: str) -> None:
    """Remove a server profile; its mailboxes stay, and rest until they are given another one."""
    with ports.store.begin() as tx:
        tx.profiles.remove(tx.profiles.get(name).id)


def _checked(profile: AnyProfile) -> AnyProfile:
    """Return the profile with its texts trimmed, or raise `BadInput` that names the field."""
    return replace(
        profile,
        name=entries.check_name("name", profile.name),
        client_id=entries.check_name("client id", profile.client_id),
        client_secret=entries.check_secret("client secret", profile.client_secret),
        environment=entries.check_environment(profile.environment),
        incoming=entries.check_endpoint("incoming", profile.incoming),
        outgoing=entries.check_endpoint("outgoing", profile.outgoing),
    )


# --- Mailboxes -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MailboxChange:
    """The fields of a mailbox that are to change; None leaves a field as it is. The address never changes."""

    profile: str | None = None
    incoming: DeliveryMethod | None = None
    outgoing: DeliveryMethod | None = None
    kind: MailboxKind | None = None
    acceptance: Acceptance | None = None
    pop_recent: bool | None = None
    pop_delete: bool | None = None
    folders: Sequence[str] | None = None
    labels: Sequence[str] | None = None
    read_from: Start | None = None


def add_mailbox(
    ports: Ports,
    address: str,
    *,
    profile: str | None = None,
    incoming: DeliveryMethod = DeliveryMethod.SERVER_SIDE_SYNC,
    outgoing: DeliveryMethod = DeliveryMethod.SERVER_SIDE_SYNC,
    folders: Sequence[str] = ("INBOX",),
    labels: Sequence[str] = (),
    read_from: datetime | None = None,
    kind: MailboxKind = MailboxKind.USER,
    acceptance: Acceptance = Acceptance.ALL,
    pop_recent: bool = False,
    pop_delete: bool = False,
) -> Mailbox:
    """Make a mailbox in the profile of that name, or in the default profile, or in none when there is no default.

    Raises `ProfileFull` for the 101st mailbox of a profile, `AlreadyExists` by address, `NotFound` for the profile, and
    `BadInput` for a user's mailbox whose mail is to be deleted at Gmail.
    """
    address = entries.check_address("address", address)
    folders = entries.check_folders(folders)
    labels = entries.check_labels(labels, folders)
    popping.check_deletion(kind, delete=pop_delete)
    with ports.store.begin() as tx:
        chosen = tx.profiles.default() if profile is None else tx.profiles.get(profile)
        if chosen is not None:
            readiness.check_room(chosen, tx.profiles.mailbox_count(chosen.id))
        new = NewMailbox(
            address,
            profile_id=chosen.id if chosen else None,
            incoming=incoming,
            outgoing=outgoing,
            folders=folders,
            labels=labels,
            read_from=read_from,
            kind=kind,
            acceptance=acceptance,
            pop_recent=pop_recent,
            pop_delete=pop_delete,
        )
        return tx.mailboxes.add(new)


def set_mailbox(ports: Ports, address: str, change: MailboxChange) -> Mailbox:
    """Change a mailbox. A direction whose way has changed is disabled until it has been tested again."""
    with ports.store.begin() as tx:
        old = tx.mailboxes.get(address, to_save=True)
        moved = _moved(tx, old, change.profile)
        new = replace(
            moved,
            incoming=_or(change.incoming, old.incoming),
            outgoing=_or(change.outgoing, old.outgoing),
            kind=_or(change.kind, old.kind),
            acceptance=_or(change.acceptance, old.acceptance),
            pop_recent=_or(change.pop_recent, old.pop_recent),
            pop_delete=_or(change.pop_delete, old.pop_delete),
        )
        new = _chosen(new, change)
        popping.check_deletion(new.kind, delete=new.pop_delete)
        dropped = set(old.folders) - set(new.folders)
        for folder in dropped:  # or what waits in the ledger would wait for ever
            tx.folders.forget(old.id, folder)
        if new.labels != old.labels:  # what was left out for its labels may be wanted now
            tx.folders.reopen(old.id, ALL_MAIL)
        if dropped or new.labels != old.labels:
            tx.leases.revoke(old.id)  # a sync under way would leave it out once more, and write down that all is read
        if _lets_in_more(new.read_from, old.read_from):
            _show_again(tx, old)
        has_moved = new.profile_id != old.profile_id
        if has_moved or new.incoming is not old.incoming:
            new = replace(new, incoming_status=TestStatus.NOT_RUN, incoming_enabled=False)
        if has_moved or new.outgoing is not old.outgoing:
            new = replace(new, outgoing_status=TestStatus.NOT_RUN, outgoing_enabled=False)
        tx.mailboxes.save(new)
        return new


def _chosen(mailbox: Mailbox, change: MailboxChange) -> Mailbox:
    """Return the mailbox with what is to be read of it."""
    folders = entries.check_folders(_or(change.folders, mailbox.folders))
    labels = mailbox.labels if ALL_MAIL in folders else ()  # a condition on a folder that is not read any more
    return replace(
        mailbox,
        folders=folders,
        labels=entries.check_labels(_or(change.labels, labels), folders),
        read_from=_start(change.read_from, mailbox.read_from),
    )


def _moved(tx: Tx, mailbox: Mailbox, profile_name: str | None) -> Mailbox:
    """Return the mailbox in the profile of that name, if one is named and it has room."""
    if profile_name is None:
        return mailbox
    profile = tx.profiles.get(profile_name)
    if profile.id == mailbox.profile_id:
        return mailbox
    readiness.check_room(profile, tx.profiles.mailbox_count(profile.id))
    return replace(mailbox, profile_id=profile.id)


def approve(ports: Ports, address: str) -> Mailbox:
    """Approve the address, so that the mailbox can be tested and enabled."""
    with ports.store.begin() as tx:
        approved = replace(tx.mailboxes.get(address, to_save=True), approval=Approval.APPROVED)
        tx.mailboxes.save(approved)
        return approved


def reject(ports: Ports, address: str) -> Mailbox:
    """Reject the address; mail stops moving in both directions."""
    with ports.store.begin() as tx:
        rejected = _disabled(replace(tx.mailboxes.get(address, to_save=True), approval=Approval.REJECTED))
        tx.mailboxes.save(rejected)
        return rejected


def enable(ports: Ports, address: str) -> Mailbox:
    """Let mail move in each direction whose last test passed. `MailboxNotReady` when there is none."""
    with ports.store.begin() as tx:
        mailbox = tx.mailboxes.get(address, to_save=True)
        active_profile(tx, mailbox)
        readiness.check_mailbox(mailbox)
        enabled = replace(
            mailbox,
            incoming_enabled=readiness.may_be_enabled(mailbox.incoming, mailbox.incoming_status),
            outgoing_enabled=readiness.may_be_enabled(mailbox.outgoing, mailbox.outgoing_status),
        )
        if not (enabled.incoming_enabled or enabled.outgoing_enabled):
            raise MailboxNotReady(
                f"no direction of {mailbox.address} has passed its test",
                advice=f"Run: gmailsync mailbox test {mailbox.address} --enable",
            )
        tx.mailboxes.save(enabled)
        return enabled


def disable(ports: Ports, address: str) -> Mailbox:
    """Stop mail in both directions; everything stored stays."""
    with ports.store.begin() as tx:
        disabled = _disabled(tx.mailboxes.get(address, to_save=True))
        tx.mailboxes.save(disabled)
        return disabled


def decide_again(ports: Ports, address: str) -> int:
    """Let the next sync read what was left out or not kept, and decide by what is set now; return of how many messages.

    By POP that is what Gmail still shows. What is kept stays. A sync under way stores nothing more.
    """
    with ports.store.begin() as tx:
        mailbox = tx.mailboxes.get(address)
        return _show_again(tx, mailbox) + sum(tx.folders.reopen(mailbox.id, folder) for folder in mailbox.folders)


def _disabled(mailbox: Mailbox) -> Mailbox:
    return replace(mailbox, incoming_enabled=False, outgoing_enabled=False)


def remove_mailbox(ports: Ports, address: str) -> None:
    """Remove a mailbox with everything stored for it, and take its grant back at Google as far as possible."""
    sign_in.sign_out(ports, address)
    with ports.store.begin() as tx:
        tx.mailboxes.remove(tx.mailboxes.get(address).id)
