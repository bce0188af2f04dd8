"""The pages in English; most errors have English words of their own."""

from __future__ import annotations

from gmailsync.rules.forecast import BECAUSE, BEFORE
from gmailsync.rules.standing import DirectionState, MailboxState
from gmailsync.web.texts import EndWords, StateWords, Texts, TroubleWords

_SIGN_IN_LATER = "Nothing was stored. Sign in to Gmail again in a few minutes."
_REACH_GOOGLE = "Check that this machine reaches oauth2.googleapis.com, then sign in to Gmail again."

ENGLISH = Texts(
    tag="en",
    own_name="English",
    mailboxes="Mailboxes",
    introduction="Each owner signs in to Gmail once. Then the mailbox can be tested and enabled.",
    no_mailboxes="There is no mailbox yet. An administrator makes one: gmailsync mailbox add ADDRESS",
    mailbox="Mailbox",
    state="State",
    incoming="Incoming email",
    outgoing="Outgoing email",
    action="Sign-in",
    sign_in="Sign in to Gmail",
    sign_in_again="Sign in to Gmail again",
    open_alerts="Open alerts of {address}",
    other_port="Server profile {profile}: Google sends the browser back to {redirect_uri}, but this page "
    "listens on port "
    "{port}. Start it with --port {wanted}, or correct the profile's environment and the redirect URI in the Google "
    "console.",
    elsewhere="Server profile {profile}: Google sends the browser back to {redirect_uri}, which is not this "
    "page. Finish the "
    "sign-in with the address shown there: gmailsync mailbox sign-in ADDRESS --response URL",
    signed_in="Signed in",
    signed_in_as="{address} is signed in to Gmail. This window can be closed.",
    ends="Google ends this sign-in on {day} (UTC): {because}.",
    ended="Google ended this sign-in on {day} (UTC): {because}.",
    next_step="Next step",
    back="Back to the mailboxes",
    refused="That did not work",
    happened="What happened",
    to_do="What to do",
    code="Code for support",
    details="Details",
    usual_advice="Start again from the list of mailboxes. If it happens again, give the code to your system "
    "administrator.",
    languages="Language",
    states={
        MailboxState.NO_PROFILE: StateWords(
            "No server profile", "A system administrator has to choose a server profile for this mailbox."
        ),
        MailboxState.PROFILE_INACTIVE: StateWords(
            "Server profile not active", "A system administrator has to activate the server profile."
        ),
        MailboxState.NOT_SIGNED_IN: StateWords("Not signed in", "The owner has to sign in to Gmail."),
        MailboxState.NOT_APPROVED: StateWords(
            "Signed in, not approved", "A system administrator has to approve the address."
        ),
        MailboxState.NOT_ENABLED: StateWords("Signed in, not enabled", "The mailbox has to be tested and enabled."),
        MailboxState.ALERT: StateWords("Needs attention", "Something went wrong; the alerts say what to do."),
        MailboxState.HEALTHY: StateWords("Works", "Mail is kept in step. There is nothing to do."),
    },
    directions={
        DirectionState.NONE: "None",
        DirectionState.NOT_TESTED: "Not tested",
        DirectionState.TEST_FAILED: "Test failed",
        DirectionState.TEST_PASSED: "Test passed, not enabled",
        DirectionState.ENABLED: "Enabled",
    },
    ends_because={cause: EndWords(BECAUSE[cause], BEFORE[cause]) for cause in BECAUSE},
    troubles={
        "internal": TroubleWords("A fault of gmailsync itself; nothing is known to be wrong with the mailbox."),
        "input": TroubleWords("This is not an answer of Google's consent page."),
        "input.not-found": TroubleWords("There is no such mailbox here; it may have been removed meanwhile."),
        "sign-in.unknown-state": TroubleWords(
            "This answer of Google has been used already, is older than ten minutes, or belongs to another sign-in. "
            "Nothing was changed.",
            "If you have just signed in, all is well: the list of mailboxes shows it. Otherwise sign in to "
            "Gmail again.",
        ),
        "network": TroubleWords(advice=_SIGN_IN_LATER),
        "network.host-not-found": TroubleWords(advice=_REACH_GOOGLE),
        "network.connect-failed": TroubleWords(advice=_REACH_GOOGLE),
        "network.tls-failed": TroubleWords(advice=_REACH_GOOGLE),
        "network.connection-lost": TroubleWords(advice=_SIGN_IN_LATER),
        "oauth.unavailable": TroubleWords(advice=_SIGN_IN_LATER),
    },
    alerts={},
)
