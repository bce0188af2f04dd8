"""Gmail's behaviour as an aiosmtpd handler: what happens at each step of a transaction that is in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aiosmtpd.smtp import Envelope, Session

from fakes.accounts import Account
from fakes.journal import Party, summary
from fakes.post.office import Refused, RefusedByRule
from fakes.smtp import replies
from fakes.smtp.failing import Instead
from fakes.smtp.replies import RECIPIENT_LIMIT, SIZE_LIMIT, Reply

if TYPE_CHECKING:
    from fakes.smtp.server import GmailSmtp

EMPTY_PATH = "<>"
"""How aiosmtpd writes the return path of mail that returns to nobody."""

CAPABILITIES_BEFORE_TLS = (
    f"SIZE {SIZE_LIMIT}",
    "8BITMIME",
    "STARTTLS",
    "ENHANCEDSTATUSCODES",
    "PIPELINING",
    "CHUNKING",
    "SMTPUTF8",
)
CAPABILITIES = (
    f"SIZE {SIZE_LIMIT}",
    "8BITMIME",
    "AUTH LOGIN PLAIN XOAUTH2 OAUTHBEARER",
    "ENHANCEDSTATUSCODES",
    "PIPELINING",
    "CHUNKING",
    "SMTPUTF8",
)
"""In Gmail's order, without what does not work here: PLAIN-CLIENTTOKEN."""


class GmailHandler:
    """aiosmtpd calls these by their names; each returns the reply."""

    async def handle_HELO(self, server: GmailSmtp, session: Session, envelope: Envelope, name: str) -> Reply:
        """Greet a client of 1982."""
        session.host_name = name
        return replies.hello(server.peer)

    async def handle_EHLO(
        self, server: GmailSmtp, session: Session, envelope: Envelope, name: str, lines: list[str]
    ) -> list[Reply]:
        """Announce what Gmail announces, instead of aiosmtpd's `lines`."""
        session.host_name = name
        announced: tuple[str, ...] = CAPABILITIES if server.secure else CAPABILITIES_BEFORE_TLS
        if server.variations:
            announced = server.variations.extensions(announced)
        return [replies.hello(server.peer, announced)]

    async def handle_MAIL(
        self, server: GmailSmtp, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> Reply:
        """Begin a transaction. Gmail replaces the envelope sender by the account, so any address will do."""
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return replies.SENDER_OK

    async def handle_RCPT(
        self, server: GmailSmtp, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> Reply:
        """Take a recipient, known or not: a wrong one comes back as a bounce."""
        if len(envelope.rcpt_tos) >= RECIPIENT_LIMIT:
            return replies.TOO_MANY_RECIPIENTS
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return replies.RECIPIENT_OK

    async def handle_DATA(self, server: GmailSmtp, session: Session, envelope: Envelope) -> Reply | Instead:
        """Hand the message, byte for byte apart from its transparency dots, to the world."""
        raw = envelope.original_content or b""
        server.note(Party.CLIENT, summary(raw))
        if instead := server.before_message():
            return instead
        sender = cast("Account", server.account)  # aiosmtpd takes DATA only after check_auth_needed
        world, recipients = server.world, tuple(envelope.rcpt_tos)
        with world.lock:
            match world.post.fault(sender, recipients, raw, world.workspace(sender)):
                case None:
                    world.submit(sender, recipients, raw, returns=envelope.mail_from != EMPTY_PATH)
                    return replies.taken(int(world.clock.now().timestamp()))
                case Refused.DAILY_LIMIT:
                    return replies.DAILY_LIMIT
                case Refused.BLOCKED:
                    return replies.BLOCKED
                case RefusedByRule(text):
                    return replies.refused_by_rule(text)

    async def handle_RSET(self, server: GmailSmtp, session: Session, envelope: Envelope) -> Reply:
        """Forget the transaction; aiosmtpd has done so."""
        return replies.FLUSHED

    async def handle_NOOP(self, server: GmailSmtp, session: Session, envelope: Envelope, argument: str) -> Reply:
        """Do nothing, politely."""
        return replies.DONE_NOTHING

    async def handle_QUIT(self, server: GmailSmtp, session: Session, envelope: Envelope) -> Reply:
        """Say goodbye; aiosmtpd closes."""
        return replies.CLOSING
