"""Everything that can go wrong, each with a code for support, whether to try again, and advice.

Adapters raise these `from` the library's exception, with the server's own line attached; nothing
above an adapter knows a library's exceptions. `code` is a promise: alerts, JSON and docs use it.
"""

from __future__ import annotations

from enum import StrEnum


class Retry(StrEnum):
    """Whether the same call may succeed later without anybody doing anything."""

    NEVER = "never"
    LATER = "later"


class Scope(StrEnum):
    """What an error stops: one email, the mailbox, or every mailbox of the server profile."""

    EMAIL = "email"
    MAILBOX = "mailbox"
    PROFILE = "profile"


class GmailSyncError(Exception):
    """The root. `server_line` is what the server said, secrets cut, or empty."""

    code = "internal"
    retry = Retry.NEVER
    scope = Scope.MAILBOX
    advice = ""

    def __init__(self, message: str, *, server_line: str = "", advice: str | None = None) -> None:
        super().__init__(message)
        self.server_line = server_line
        if advice is not None:
            self.advice = advice

    @property
    def message(self) -> str:
        """One plain sentence for people."""
        return str(self.args[0])


# --- What people enter -----------------------------------------------------------------------


class BadInput(GmailSyncError):
    """Something a person entered cannot be used: names the field, the value and what is allowed."""

    code = "input"

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{field}: {value!r}: {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


class BadSetupFile(BadInput):
    """A setup file says something impossible; `line` counts from 1."""

    def __init__(self, file: str, line: int, field: str, value: str, allowed: str) -> None:
        GmailSyncError.__init__(self, f"{file}:{line}: {field}: {value}: {allowed}")
        self.file = file
        self.line = line
        self.field = field
        self.value = value
        self.allowed = allowed


class ProfileFull(BadInput):
    """The 101st mailbox of a server profile."""

    code = "profile.full"


class NotFound(BadInput):
    """No profile, mailbox, email or alert of that name."""

    code = "input.not-found"


class AlreadyExists(BadInput):
    """A profile or mailbox of that name is there already."""

    code = "input.already-exists"


class ImpossibleTransition(BadInput):
    """An email cannot do that in its present status, such as cancelling what is sent."""

    code = "email.impossible"


# --- Our own database and key ----------------------------------------------------------------


class StoreError(GmailSyncError):
    """The database or its key cannot be used; nothing was changed."""

    code = "store"
    scope = Scope.PROFILE


class WrongKey(StoreError):
    """The key does not open this database's secrets."""

    code = "store.wrong-key"
    advice = "Use the key file (or GMAILSYNC_KEY) that this database was made with."


class DatabaseTooNew(StoreError):
    """The database was made by a newer gmailsync."""

    code = "store.too-new"
    advice = "Install the newer gmailsync; this one leaves the database alone."


class DatabaseTooOld(StoreError):
    """The database needs `gmailsync db upgrade`."""

    code = "store.too-old"
    advice = "Run: gmailsync db upgrade"


# --- The network -----------------------------------------------------------------------------


class NetworkError(GmailSyncError):
    """No conversation came about or it broke off; nothing is known to be wrong with the set-up."""

    code = "network"
    retry = Retry.LATER
    advice = "Check the connection and the profile's location and port; it is tried again by itself."


class HostNotFound(NetworkError):
    """DNS knows no such host."""

    code = "network.host-not-found"
    retry = Retry.NEVER
    scope = Scope.PROFILE
    advice = "Correct the location in the server profile (imap.gmail.com, pop.gmail.com, smtp.gmail.com)."


class ConnectFailed(NetworkError):
    """Nobody listens at this location and port, or a firewall is in between."""

    code = "network.connect-failed"
    advice = "Correct the port in the server profile (IMAP 993, POP 995, SMTP 587 or 465), or open the firewall."


class TlsFailed(NetworkError):
    """The secure connection could not be made: certificate, name or version."""

    code = "network.tls-failed"
    advice = "Check the port (TLS from the first byte on 993, 995 and 465) and whether a proxy inspects TLS."


class ConnectionLost(NetworkError):
    """The server closed the connection or fell silent in the middle."""

    code = "network.connection-lost"


# --- Google's OAuth --------------------------------------------------------------------------


class OAuthError(GmailSyncError):
    """Google refused at the consent page or the token endpoint. `google_error` is its `error` value."""

    code = "oauth"

    def __init__(self, message: str, *, google_error: str = "", server_line: str = "") -> None:
        super().__init__(message, server_line=server_line)
        self.google_error = google_error


class OAuthUnavailable(OAuthError):
    """A passing fault of the token endpoint (5xx, 429); the grant is not to blame."""

    code = "oauth.unavailable"
    retry = Retry.LATER
    advice = "Nothing to do: it is tried again by itself."


class GrantDead(OAuthError):
    """`invalid_grant` for a refresh token (RFC 6749 section 5.2): expired, revoked, password changed."""

    code = "oauth.grant-dead"
    advice = "Ask the owner to sign in to Gmail again."


class GrantEnding(OAuthError):
    """The grant still works, but will soon die by itself: in Testing, by its owner's limit, or unused."""

    code = "oauth.grant-ending"
    retry = Retry.LATER
    advice = "Ask the owner to sign in to Gmail again before that."


class TokenLimitNear(OAuthError):
    """The account has almost as many refresh tokens of this client as Google lets live; then the oldest dies."""

    code = "oauth.token-limit"
    retry = Retry.LATER
    advice = (
        "Sign the mailbox out (gmailsync mailbox sign-out ADDRESS), which takes all these sign-ins back, and let the "
        "owner sign in once. Whatever else uses this account and client has to sign in again too."
    )


class ClientRefused(OAuthError):
    """Google does not accept the client id or secret (`invalid_client`, `unauthorized_client`, ...)."""

    code = "oauth.client-refused"
    scope = Scope.PROFILE
    advice = "Copy the client id and a live client secret from the Google console into the server profile."


class CodeRefused(OAuthError):
    """The authorization code could not be redeemed: used, too old, or of another attempt."""

    code = "oauth.code-refused"
    advice = "Sign in to Gmail again; the code in the address is good once and for a few minutes."


class BlockedByAdministrator(OAuthError):
    """The Workspace administrator's policy refuses this app (`admin_policy_enforced`)."""

    code = "oauth.admin-policy"
    scope = Scope.PROFILE
    advice = "Admin console > Security > API controls > App access control: trust the client id."


class SignInRefused(GmailSyncError):
    """The owner came back from Google, but what they brought cannot be used; nothing was stored."""

    code = "sign-in"


class ConsentDenied(SignInRefused):
    """The owner pressed Cancel (`error=access_denied`)."""

    code = "sign-in.denied"
    advice = "Sign in to Gmail again and press Continue."


class UnknownState(SignInRefused):
    """The `state` in the answer is not of a sign-in that waits here: old, used, or forged."""

    code = "sign-in.unknown-state"
    advice = (
        "If the owner has just signed in, all is well: the list of mailboxes shows it. Otherwise start again from the "
        "sign-in command or page."
    )


class NoRefreshToken(SignInRefused):
    """Google gave no refresh token, so that sync would stop after an hour."""

    code = "sign-in.no-refresh-token"
    advice = "Remove the app at myaccount.google.com/permissions, then sign in to Gmail again."


class MissingMailScope(SignInRefused):
    """The owner left the Gmail box unticked."""

    code = "sign-in.missing-mail-scope"
    advice = "Sign in to Gmail again and tick the box about Gmail."


class WrongAccount(SignInRefused):
    """The grant belongs to another Google account than the mailbox."""

    code = "sign-in.wrong-account"
    advice = "Sign in again with the mailbox's own Google account (use a private window if needed)."


class NotSignedIn(GmailSyncError):
    """The mailbox has no grant yet."""

    code = "sign-in.missing"
    advice = "Let the owner sign in: gmailsync mailbox sign-in ADDRESS"


class MailboxNotReady(GmailSyncError):
    """Profile, approval or delivery method keep the mailbox from being tested or synchronized."""

    code = "mailbox.not-ready"


class AuditImpossible(GmailSyncError):
    """Nothing can be proven about the mailbox."""

    code = "mailbox.no-audit"
    advice = "Read the mailbox by IMAP, in a server profile whose protocol is imap."


class MailboxTaken(GmailSyncError):
    """Another sync took the mailbox over, or what is read of it was changed; what this one did since is not stored."""

    code = "mailbox.taken"
    retry = Retry.LATER
    advice = "Nothing to do: the other sync, or the next one, goes on from where this one was."


# --- Gmail by IMAP, POP and SMTP ------------------------------------------------------------------


class MailServerError(GmailSyncError):
    """Gmail answered no."""

    code = "mail"
    retry = Retry.LATER


class TokenRefused(MailServerError):
    """XOAUTH2 failed: Gmail does not accept this access token for this address."""

    code = "mail.token-refused"
    retry = Retry.NEVER
    advice = "Check that the grant has the mail scope and belongs to this address; sign in to Gmail again."


class ImapDisabled(MailServerError):
    """IMAP is off for the user or the domain."""

    code = "imap.disabled"
    retry = Retry.NEVER
    advice = "Turn on IMAP in Gmail (Settings > Forwarding and POP/IMAP) or in the Admin console."


class NoGmail(MailServerError):
    """The Google account has no Gmail (`Lookup failed`)."""

    code = "mail.no-gmail"
    retry = Retry.NEVER
    advice = "Give the user a Gmail licence, or sign in with the right account."


class TooManyConnections(MailServerError):
    """More than 15 IMAP connections of this account are open; not a credential fault."""

    code = "imap.too-many-connections"
    advice = "Close other mail programs of this account; it is tried again by itself."


class Throttled(MailServerError):
    """Gmail's limits for the day or the hour are used up."""

    code = "mail.throttled"
    advice = "Wait; Gmail opens again within 24 hours."


class FolderMissing(MailServerError):
    """Gmail does not know the folder."""

    code = "imap.folder-missing"
    retry = Retry.NEVER
    advice = (
        "Choose the folders that there are (gmailsync mailbox set ADDRESS --folder NAME), or let the owner show it "
        "(Gmail settings > Labels: Show in IMAP)."
    )


class ImapError(MailServerError):
    """Gmail's IMAP refused a command for another reason."""

    code = "imap.refused"


class MessageFailed(MailServerError):
    """Messages could not be had or not be read; they wait in the failure ledger."""

    code = "message.failed"
    scope = Scope.EMAIL
    retry = Retry.LATER
    advice = "Nothing to do: they are tried again by themselves. See them with `gmailsync email failures`."


class MessageWithheld(MessageFailed):
    """The server lists a message, and does not hand it over."""

    code = "message.withheld"
    advice = "If it stays so, move the message within Gmail, or give it up with `gmailsync email give-up`."


class MessageUnreadable(MessageFailed):
    """A message makes reading it fail, which is a mistake of this program; its bytes are kept."""

    code = "message.unreadable"
    advice = "Report it; a version that can read it makes an email of it."


class PopDisabled(MailServerError):
    """POP is off for the user or the domain."""

    code = "pop.disabled"
    retry = Retry.NEVER
    advice = "Turn on POP in Gmail (Settings > Forwarding and POP/IMAP) or in the Admin console."


class PopInUse(MailServerError):
    """Another POP session has the mailbox; Gmail lets in one at a time."""

    code = "pop.in-use"
    advice = "Close other mail programs that read this account by POP; it is tried again by itself."


class PopTooSoon(MailServerError):
    """Gmail wants five minutes between two POP sign-ins and was asked sooner."""

    code = "pop.too-soon"
    advice = "Let no other program read this account by POP; it is tried again by itself."


class PopError(MailServerError):
    """Gmail's POP refused a command for another reason."""

    code = "pop.refused"


class SendError(MailServerError):
    """Gmail's SMTP refused. `reply_code` is its three digits."""

    code = "smtp"
    scope = Scope.EMAIL

    def __init__(self, message: str, *, reply_code: int, server_line: str = "") -> None:
        super().__init__(message, server_line=server_line)
        self.reply_code = reply_code


class SendDeferred(SendError):
    """4xx: not now (RFC 5321 section 4.2.1)."""

    code = "smtp.deferred"
    advice = "Nothing to do: it is tried again by itself."


class SendRejected(SendError):
    """5xx: this email will never be accepted as it is."""

    code = "smtp.rejected"
    retry = Retry.NEVER
    advice = "Read the server's line, correct the email, and send it again."


class SendInDoubt(MailServerError):
    """The connection broke after the final dot: sent or not, unknown."""

    code = "smtp.in-doubt"
    scope = Scope.EMAIL
    retry = Retry.LATER
    advice = "Nothing to do: Gmail's Sent folder is asked before it is tried again."


class TestMessageMissing(MailServerError):
    """The test message was accepted but did not appear in the Inbox in time."""

    code = "test.message-missing"
    __test__ = False
    advice = "Look for a Gmail filter that skips the Inbox; run the test again."


# --- Our own pages ---------------------------------------------------------------------------


class PageRefused(GmailSyncError):
    """The sign-in page does not take this request."""

    code = "web"


class NoSuchPage(PageRefused):
    """There is no page at this address."""

    code = "web.no-such-page"
    advice = "Go back to the list of mailboxes."


class WrongHost(PageRefused):
    """The page was asked for by another name than this machine's own; a foreign website may be behind it."""

    code = "web.wrong-host"
    advice = "Open http://localhost with the port that `gmailsync web` printed."


class StaleForm(PageRefused):
    """The button pressed was not one that this page gave to this browser since it started."""

    code = "web.stale-form"
    advice = "Open the list of mailboxes again and press the button there."
