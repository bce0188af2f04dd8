"""The email server profile: how a group of mailboxes reaches Gmail (step 4 of the guide)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from gmailsync.model.secret import Secret

ProfileId = NewType("ProfileId", int)

MAILBOXES_PER_PROFILE = 100
"""A Gmail OAuth profile works for up to 100 users (the guide's first note)."""

CALLBACK_PATH = "/_grid/cmds/dlg_gmailoauth.aspx"
"""The page of the environment to which Google sends the owner back (step 3 of the guide)."""


class ServerType(StrEnum):
    """Email Server Type."""

    GMAIL = "gmail"


class Authentication(StrEnum):
    """Authentication Type."""

    GMAIL_OAUTH = "gmail_oauth"


class IncomingProtocol(StrEnum):
    """The protocol by which incoming mail is read."""

    IMAP = "imap"
    POP = "pop"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server's location and port, as the profile names them."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


GMAIL_INCOMING = {
    IncomingProtocol.IMAP: Endpoint("imap.gmail.com", 993),
    IncomingProtocol.POP: Endpoint("pop.gmail.com", 995),
}
"""What location and port are filled in with; TLS from the first byte."""

GMAIL_OUTGOING = Endpoint("smtp.gmail.com", 587)
"""STARTTLS on 587; Google also accepts 465, where TLS starts with the first byte."""


@dataclass(frozen=True, slots=True)
class NewProfile:
    """What an administrator enters to make a server profile.

    `environment` is the base URL of the business system, such as
    `https://contoso.crm.dynamics.com`; the redirect URI is made from it. Mail that arrived before `read_from` is
    left alone; a mailbox may have a later start of its own.
    """

    name: str
    client_id: str
    client_secret: Secret
    environment: str
    protocol: IncomingProtocol = IncomingProtocol.IMAP
    incoming: Endpoint = GMAIL_INCOMING[IncomingProtocol.IMAP]
    outgoing: Endpoint = GMAIL_OUTGOING
    is_default: bool = False
    active: bool = True
    server_type: ServerType = ServerType.GMAIL
    authentication: Authentication = Authentication.GMAIL_OAUTH
    read_from: datetime | None = None

    @property
    def redirect_uri(self) -> str:
        """The address Google sends the owner back to; must be registered to the letter."""
        return self.environment.rstrip("/") + CALLBACK_PATH

    def incoming_by(self, protocol: IncomingProtocol) -> Endpoint:
        """Return the endpoint of incoming mail by a protocol: the one filled in, unless another was entered."""
        return GMAIL_INCOMING[protocol] if self.incoming == GMAIL_INCOMING[self.protocol] else self.incoming


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerProfile(NewProfile):
    """A stored server profile. At most one profile has `is_default`."""

    id: ProfileId
