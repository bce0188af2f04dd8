"""Server profiles in SQL (see `gmailsync.ports.Profiles`)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, select, update

from gmailsync.errors import AlreadyExists, NotFound
from gmailsync.model.profile import Endpoint, NewProfile, ProfileId, ServerProfile
from gmailsync.store.engine import insert_into
from gmailsync.store.tables import mailboxes, profiles
from gmailsync.store.vault import Vault

_BY_ID = select(profiles).where(profiles.c.id == bindparam("number"))


class Profiles:
    """Server profiles in one transaction; client secrets are sealed."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def add(self, profile: NewProfile) -> ServerProfile:
        """Store a profile; as default it takes the place of the former one. `AlreadyExists` by name."""
        values = self._values(profile) | {"is_default": False}
        insert = insert_into(self._connection, profiles).values(values)
        row_id = self._connection.scalar(
            insert.on_conflict_do_nothing(index_elements=[profiles.c.name]).returning(profiles.c.id)
        )
        if row_id is None:
            raise _taken(profile.name)
        if profile.is_default:
            self._make_default(ProfileId(row_id))
        return self.by_id(ProfileId(row_id))

    def get(self, name: str, *, to_save: bool = False) -> ServerProfile:
        """Return the profile or raise `NotFound`. With `to_save` nobody else changes it until the transaction ends."""
        found = select(profiles).where(profiles.c.name == name)
        # Who makes a mailbox that uses the profile does not change it, and need not wait.
        row = self._connection.execute(found.with_for_update(key_share=True) if to_save else found).one_or_none()
        if row is None:
            raise NotFound("profile", name, "no profile has this name")
        return self._profile(row)

    def by_id(self, profile_id: ProfileId) -> ServerProfile:
        """Return the profile or raise `NotFound`."""
        row = self._connection.execute(_BY_ID, {"number": profile_id}).one_or_none()
        if row is None:
            raise _unknown(profile_id)
        return self._profile(row)

    def default(self) -> ServerProfile | None:
        """Return the default profile for new mailboxes."""
        row = self._row(profiles.c.is_default)
        return None if row is None else self._profile(row)

    def all(self) -> list[ServerProfile]:
        """Return every profile by name."""
        # Sorted here, because the databases sort by their own locales.
        return sorted(map(self._profile, self._connection.execute(select(profiles))), key=lambda found: found.name)

    def save(self, profile: ServerProfile) -> None:
        """Store changed fields; as default it takes the place of the former one."""
        namesake = self._row(profiles.c.name == profile.name)
        if namesake is not None and namesake.id != profile.id:
            raise _taken(profile.name)
        if profile.is_default:
            self._make_default(profile.id)
        changed = update(profiles).where(profiles.c.id == profile.id).values(self._values(profile))
        if self._connection.execute(changed).rowcount == 0:
            raise _unknown(profile.id)

    def remove(self, profile_id: ProfileId) -> None:
        """Remove the profile; its mailboxes stay, without a profile. `NotFound` when there is none."""
        if self._connection.execute(delete(profiles).where(profiles.c.id == profile_id)).rowcount == 0:
            raise _unknown(profile_id)

    def mailbox_count(self, profile_id: ProfileId) -> int:
        """Return how many mailboxes use the profile.

        Until the transaction ends, others who ask the same wait, so that two who each add the last mailbox
        do not both find room for it.
        """
        lock = select(profiles.c.id).where(profiles.c.id == profile_id).with_for_update(key_share=True)
        self._connection.execute(lock)
        count = select(func.count()).select_from(mailboxes).where(mailboxes.c.profile_id == profile_id)
        return self._connection.scalars(count).one()

    def _row(self, condition: ColumnElement[bool]) -> Row[Any] | None:
        return self._connection.execute(select(profiles).where(condition)).one_or_none()

    def _make_default(self, profile_id: ProfileId) -> None:
        # The former one steps down first: at no moment may there be two.
        self._connection.execute(update(profiles).where(profiles.c.is_default).values(is_default=False))
        self._connection.execute(update(profiles).where(profiles.c.id == profile_id).values(is_default=True))

    def _values(self, profile: NewProfile) -> dict[str, object]:
        return {
            "name": profile.name,
            "client_id": profile.client_id,
            "client_secret": self._vault.seal(profile.client_secret),
            "environment": profile.environment,
            "protocol": profile.protocol,
            "incoming_host": profile.incoming.host,
            "incoming_port": profile.incoming.port,
            "outgoing_host": profile.outgoing.host,
            "outgoing_port": profile.outgoing.port,
            "is_default": profile.is_default,
            "active": profile.active,
            "server_type": profile.server_type,
            "authentication": profile.authentication,
            "read_from": profile.read_from,
        }

    def _profile(self, row: Row[Any]) -> ServerProfile:
        return ServerProfile(
            id=ProfileId(row.id),
            name=row.name,
            client_id=row.client_id,
            client_secret=self._vault.open(row.client_secret),
            environment=row.environment,
            protocol=row.protocol,
            incoming=Endpoint(row.incoming_host, row.incoming_port),
            outgoing=Endpoint(row.outgoing_host, row.outgoing_port),
            is_default=row.is_default,
            active=row.active,
            server_type=row.server_type,
            authentication=row.authentication,
            read_from=row.read_from,
        )


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists("profile", name, "there is a profile of this name already")


def _unknown(profile_id: ProfileId) -> NotFound:
    return NotFound("profile", profile_id, "no profile has this number")
