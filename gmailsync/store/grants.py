"""Grants and sign-ins in SQL (see `gmailsync.ports.Grants`)."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, or_, select, update

from gmailsync.model.grant import Grant, IssuedToken, RenewalId, SignInAttempt, TokenOwner
from gmailsync.model.mailbox import MailboxId
from gmailsync.store.engine import insert_into
from gmailsync.store.tables import grants, refresh_tokens, sign_ins
from gmailsync.store.vault import Vault

_OF_MAILBOX = select(grants).where(grants.c.mailbox_id == bindparam("of_mailbox"))
_OWNER = refresh_tokens.c.account, refresh_tokens.c.client_id
_LIVING = (
    select(*_OWNER, func.count().label("living")).where(refresh_tokens.c.dies_at > bindparam("now")).group_by(*_OWNER)
)
_LIVING_OF_ACCOUNT = _LIVING.where(refresh_tokens.c.account == bindparam("of_account"))


class Grants:
    """Grants and the sign-ins that lead to them; tokens and verifiers are sealed."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def get(self, mailbox_id: MailboxId) -> Grant | None:
        """Return the mailbox's grant."""
        row = self._connection.execute(_OF_MAILBOX, {"of_mailbox": mailbox_id}).one_or_none()
        return None if row is None else self._grant(row)

    def all(self) -> dict[MailboxId, Grant]:
        """Return every grant by its mailbox."""
        return {MailboxId(row.mailbox_id): self._grant(row) for row in self._connection.execute(select(grants))}

    def save(self, grant: Grant) -> None:
        """Store the grant, replacing an earlier one; a renewal of that one comes too late from now on."""
        values = {
            "client_id": grant.client_id,
            "scopes": tuple(sorted(grant.scopes)),
            "refresh_token": self._vault.seal(grant.refresh_token),
            "access_token": self._vault.seal(grant.access_token),
            "access_expires_at": grant.access_expires_at,
            "granted_at": grant.granted_at,
            "refresh_expires_at": grant.refresh_expires_at,
            "refreshed_at": grant.refreshed_at,
            "renewal": None,
            "renewing_until": None,
        }
        new = insert_into(self._connection, grants).values(values | {"mailbox_id": grant.mailbox_id})
        self._connection.execute(new.on_conflict_do_update(index_elements=[grants.c.mailbox_id], set_=values))

    def remove(self, mailbox_id: MailboxId) -> None:
        """Forget the grant, if there is one."""
        self._connection.execute(delete(grants).where(grants.c.mailbox_id == mailbox_id))

    def begin_renewal(self, mailbox_id: MailboxId, now: datetime, until: datetime) -> RenewalId | None:
        """Take the lease on redeeming the refresh token; None without a grant or while another one has it.

        What is read of the grant after this, in the same transaction, is what the lease is for.
        """
        renewal = RenewalId(secrets.token_hex(16))
        # One statement looks and takes: of two who come at once, one gets the lease.
        taken = update(grants).where(
            grants.c.mailbox_id == mailbox_id,
            or_(grants.c.renewing_until.is_(None), grants.c.renewing_until <= now),
        )
        found = self._connection.execute(taken.values(renewal=renewal, renewing_until=until)).rowcount
        return renewal if found else None

    def end_renewal(self, mailbox_id: MailboxId, renewal: RenewalId) -> bool:
        """Give the lease back; False when it was lost: another one took it after its end, or the grant is a new one."""
        given_back = update(grants).where(grants.c.mailbox_id == mailbox_id, grants.c.renewal == renewal)
        return self._connection.execute(given_back.values(renewal=None, renewing_until=None)).rowcount == 1

    def note_issued(self, token: IssuedToken) -> None:
        """Remember that Google issued a refresh token; those of the same owner that died by now are cleared away."""
        died = delete(refresh_tokens).where(
            refresh_tokens.c.account == token.owner.account, refresh_tokens.c.dies_at <= token.issued_at
        )
        self._connection.execute(died)
        self._connection.execute(
            insert(refresh_tokens).values(
                account=token.owner.account,
                client_id=token.owner.client_id,
                issued_at=token.issued_at,
                dies_at=token.dies_at,
            )
        )

    def forget_issued(self, owner: TokenOwner) -> None:
        """Count none of the owner's tokens any more: Google confirmed that they are revoked."""
        revoked = delete(refresh_tokens).where(
            refresh_tokens.c.account == owner.account, refresh_tokens.c.client_id == owner.client_id
        )
        self._connection.execute(revoked)

    def count_issued(self, now: datetime, account: str | None = None) -> dict[TokenOwner, int]:
        """Return how many tokens may live at `now`, of each owner or of the account's; owners of none are left out."""
        if account is None:
            rows = self._connection.execute(_LIVING, {"now": now})
        else:
            asked = {"now": now, "of_account": TokenOwner.of(account, "").account}
            rows = self._connection.execute(_LIVING_OF_ACCOUNT, asked)
        return {TokenOwner(row.account, row.client_id): row.living for row in rows}

    def begin_sign_in(self, attempt: SignInAttempt) -> None:
        """Remember a trip to the consent page."""
        self._connection.execute(
            insert(sign_ins).values(
                state=attempt.state,
                mailbox_id=attempt.mailbox_id,
                code_verifier=self._vault.seal(attempt.code_verifier),
                redirect_uri=attempt.redirect_uri,
                url=attempt.url,
                expires_at=attempt.expires_at,
            )
        )

    def take_sign_in(self, state: str, now: datetime) -> SignInAttempt | None:
        """Return the waiting attempt and burn it; None when unknown, used or past its time.

        Attempts of any mailbox that are past their time are cleared away.
        """
        self._connection.execute(delete(sign_ins).where(sign_ins.c.expires_at <= now))
        # One statement finds and removes: of two who bring the same state, one gets the attempt.
        taken = delete(sign_ins).where(sign_ins.c.state == state).returning(*sign_ins.c)
        row = self._connection.execute(taken).one_or_none()
        return None if row is None else self._sign_in(row)

    def _grant(self, row: Row[Any]) -> Grant:
        return Grant(
            mailbox_id=MailboxId(row.mailbox_id),
            client_id=row.client_id,
            scopes=frozenset(row.scopes),
            refresh_token=self._vault.open(row.refresh_token),
            access_token=self._vault.open(row.access_token),
            access_expires_at=row.access_expires_at,
            granted_at=row.granted_at,
            refresh_expires_at=row.refresh_expires_at,
            refreshed_at=row.refreshed_at,
        )

    def _sign_in(self, row: Row[Any]) -> SignInAttempt:
        return SignInAttempt(
            state=row.state,
            mailbox_id=MailboxId(row.mailbox_id),
            code_verifier=self._vault.open(row.code_verifier),
            redirect_uri=row.redirect_uri,
            url=row.url,
            expires_at=row.expires_at,
        )
