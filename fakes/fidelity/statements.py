"""What of google.md 1 to 6 is left out and why, and how sure each endpoint's answers are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NotImitated:
    """A matter that the simulation leaves out."""

    section: str
    matter: str
    reason: str


@dataclass(frozen=True, slots=True)
class Statement:
    """How sure the answers of one place are: seen in a source, believed, or made up where nothing is known."""

    place: str
    verified: str
    recalled: str
    invented: str


@dataclass(frozen=True, slots=True)
class Yardstick:
    """Something that somebody else wrote, by which an account in classic mode is measured."""

    name: str
    measures: str
    result: str


_WEB_ONLY = "gmailsync is a web application on a server"
_RFC = "what RFC 3501 wants is answered"

NOT_IMITATED = (
    NotImitated("1", "Logo, home page and policies of an app; branding verified by itself", "no page shows them"),
    NotImitated("2.1", "Device flow", _WEB_ONLY),
    NotImitated("2.1", "Service accounts and domain-wide delegation", "each owner consents"),
    NotImitated("2.1", "`/.well-known/oauth-authorization-server`", "libraries of OpenID Connect do not ask for it"),
    NotImitated("2.2", "Plain HTTP", "the simulation listens with TLS only"),
    NotImitated("2.2", "`response_type` other than `code`", _WEB_ONLY),
    NotImitated("2.2", "`enable_serial_consent` and `enable_granular_consent`", "taken without effect"),
    NotImitated("2.3", "The browser's session", "every account is offered, the login hint stands for the session"),
    NotImitated("2.6", "JavaScript origins of a request", "nothing runs in the owner's browser"),
    NotImitated("2.6", "Layouts and texts of error pages before 2022", "Google shows the newer ones"),
    NotImitated("2.6", "`rate_limit_exceeded`, on the page and at the token endpoint", "its wording is from memory"),
    NotImitated("2.7", "`access_denied` and `invalid_account` of restricted accounts", "service accounts meet them"),
    NotImitated("2.8", "Time-limited access that an owner chose", "its numbers are from memory"),
    NotImitated("2.8", "The limit of tokens over all clients of an account", "its number is not published"),
    NotImitated("2.9", "The while that a revocation may take", "it is not published; a revocation works at once"),
    NotImitated("2.11", "More than one key", "keys do not rotate here"),
    NotImitated("3.1", "The certificate for clients without SNI", "every client gets the certificate of all names"),
    NotImitated("3.2", "XYZZY and AUTH=PLAIN-CLIENTTOKEN", "left out of the capabilities"),
    NotImitated("3.3", "The challenge of status 401 that Google's page shows", "no log of ten years has it"),
    NotImitated("3.5", "Names of folders in languages other than en, en-GB, ja, de, fr and es", "a language at a time"),
    NotImitated("3.6", "30 days in Spam and Trash", "mail stays there until somebody deletes it"),
    NotImitated("3.9", "`NO System Error (Failure)`", "a fault can say it; no message brings it by itself"),
    NotImitated(
        "3.10", "Gmail's mistakes in BODYSTRUCTURE and ENVELOPE; chats in STATUS; results kept until NOOP", _RFC
    ),
    NotImitated("5.1", "PLAIN-CLIENTTOKEN", "left out of the answer to EHLO"),
    NotImitated("5.5", "Trace headers such as Received and X-Received", "no client needs them"),
)

STATEMENTS = (
    Statement(
        "Console",
        "the rules for addresses, domains, test users and Internal; texts on public suffix, top private domain, path "
        "and blanks of an origin; forms of ids and secrets; two secrets; 30 days to restore",
        "the length of client secrets",
        "every other refusal, which says so by `ConsoleRefused.stand_in`",
    ),
    Statement(
        "`/o/oauth2/v2/auth`, `/o/oauth2/auth`",
        "parameters, texts and codes of the error pages, the `authError` of their address, status 200",
        "the order of checks; `interaction_required`; the text on private IP addresses",
        "texts for a wrong `prompt`, `response_mode` or form of `redirect_uri`; how a web view is known",
    ),
    Statement(
        "Chooser, warning and consent",
        "their sentences, and the line for Gmail's scope",
        "Cancel, Back to safety, the warning of an app in Testing, some headings, `policy_enforced`",
        "all Japanese; the words for Advanced Protection; the looks; a page for a sign-in that is over",
    ),
    Statement(
        "Redirect",
        "parameters and their order, `iss`, the raw slash in a code, `hd`",
        "`iss` with a denial; the only box unticked is a denial",
        "none",
    ),
    Statement(
        "`/token` and its aliases",
        "bodies, statuses and headers of section 7.2; 3599 seconds; 604799 seconds in Testing; when there is a refresh "
        "token and what kills it",
        "the order of checks; 10 minutes for a code; what a failed or repeated exchange leaves; an ID token with every "
        "refresh; that a rotation leaves refresh tokens",
        "`Account has been disabled`; what an administrator asks users of a blocked app to visit",
    ),
    Statement("`/revoke`", "200, and 400 for a dead token; GET is 404", "the body `{}`", "the text without a token"),
    Statement("`/tokeninfo`, v1 and v3", "names, and the answer to a bad token", "numbers as text in v3", "none"),
    Statement(
        "userinfo, v1 to v3",
        "names, and the two answers to a bad token",
        "`hd`; refused to a token of Gmail's scope alone",
        "none",
    ),
    Statement("Discovery", "the whole document", "how long it may be kept", "none"),
    Statement(
        "`/oauth2/v3/certs`, `/oauth2/v1/certs`",
        "the form of the key set; the second address",
        "how long they may be kept; subject and time of the certificates",
        "none",
    ),
    Statement("ID token", "its claims, RS256", "none", "none"),
    Statement(
        "IMAP: greeting, capabilities, sign-in",
        "the lines of section 3.2; the challenge of XOAUTH2 and of OAUTHBEARER for what is malformed; every NO of 3.3",
        "OAUTHBEARER's `invalid_token`; what a client says after a refusal changes nothing; LOGOUT before sign-in",
        "the words for a client that is not on the allow-list and for a suspended account",
    ),
    Statement(
        "IMAP: folders",
        "attributes and names of section 3.5; SELECT, EXAMINE, STATUS and their UIDVALIDITY; LIST with STATUS; XLIST",
        "the names of some folders in Japanese, German, French and Spanish; TRYCREATE and ALREADYEXISTS; a folder "
        "made again has another UIDVALIDITY",
        "the refusals of Gmail's own folders and of names with an empty level; of changes after EXAMINE",
    ),
    Statement(
        "IMAP: labels, copy, move, delete",
        "labels as folders; Trash and Spam; auto-expunge and the last folder; APPEND of a duplicate; the UIDs told",
        "both defaults of expunging; a label that is missing is made by STORE; the own folder's label is not listed",
        "the words of a STORE that was modified meanwhile are those of RFC 7162",
    ),
    Statement(
        "IMAP: FETCH and SEARCH",
        "the order of items; X-GM-EXT-1; macros stand alone; ESEARCH; the words of `OK` and `BAD`",
        "body and subject are searched by words; `to:` of X-GM-RAW looks at Cc and Bcc",
        "BODYSTRUCTURE and ENVELOPE of mail that breaks the rules; days of X-GM-RAW are in UTC",
    ),
    Statement(
        "POP",
        "capabilities; `+OK Welcome.` although POP is off; windows and dispositions; `recent:`; UIDL; most of 4.2",
        "the last line after a refused token; `+OK send PASS`; the first lines of LIST and UIDL; what DELE does; TOP "
        "is no fetch; `recent:` has no batches",
        "`-ERR no such message`; `-ERR bad command` for arguments and SASL that are none; an account without Gmail",
    ),
    Statement(
        "SMTP",
        "banner and EHLO, in today's order; XOAUTH2; the replies of section 5.3 that are given; size, "
        "100 recipients; From and Message-ID replaced; the copy in Sent",
        "DATA's `354`; RSET, NOOP and VRFY; Date is added; Bcc goes; any recipient is taken at RCPT; the extensions of "
        "blocked files; what a vacation reply looks like",
        "the words for a second MAIL and for a line without end; the code of an administrator's content rule; how many "
        "refused sign-ins are too many; reports about addresses outside ASCII, which are as RFC 6533 has them",
    ),
)

YARDSTICKS = (
    Yardstick(
        "Dovecot's imaptest, its scripted tests",
        "each command of IMAP4rev1 and of the extensions that are announced, from one and two sessions",
        "all 37 groups pass whose capabilities are announced; 34 are about BINARY, CATENATE, CONTEXT, MULTIAPPEND, "
        "NOTIFY, SORT, THREAD and URLAUTH. The program is no part of the tests; transcripts of their own words are",
    ),
    Yardstick(
        "Dovecot 2.3, run beside it",
        "random programs of two sessions each: folders, flags, copies, searches, fetches",
        "the same answers and the same mail, but for the differences at the head of "
        "`tests/interop/dovecot/test_dovecot_agreement.py`",
    ),
    Yardstick(
        "Dovecot 2.3 on hostile mail",
        "ENVELOPE, BODY, BODYSTRUCTURE and sizes of real and of made-up messages",
        "the same for made-up mail within the rules; of 731 real messages 39 differ, by the causes in "
        "`tests/interop/dovecot/test_dovecot_structures.py`",
    ),
)
