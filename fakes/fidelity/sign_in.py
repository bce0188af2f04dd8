"""The rows of google.md 7.1: mistakes that show in the console, on Google's pages, or in the redirect."""

from __future__ import annotations

from fakes.fidelity.table import Mark, Row, Where

_C, _P, _R, _T = (Where.CONSOLE,), (Where.PAGE,), (Where.REDIRECT,), (Where.PAGE, Where.TOKEN)
_LATER = (Where.REDIRECT, Where.IMAP)

ROWS = (
    Row("1", "Redirect URI not registered, or different in case, port or path", _P, Mark.VERIFIED),
    Row("2", "Redirect URI registered on another client or project", _P, Mark.VERIFIED),
    Row("3", "Redirect URI registered minutes ago", _P, Mark.VERIFIED),
    Row(
        "4",
        "Client of type Desktop, TV or Android used for the web flow",
        _P,
        Mark.RECALLED,
    ),
    Row(
        "5",
        "Web client used with the out-of-band URI",
        _P,
        Mark.VERIFIED,
        left_out="the older text, which names the WEB client type",
    ),
    Row("6", "Product behind a proxy builds `http://`", _P, Mark.VERIFIED),
    Row("7", "Redirect URI with a bare IP address", _C, Mark.VERIFIED),
    Row("8", "Redirect URI under `.local`, `.test`, `.internal`, or a subdomain of localhost", _C, Mark.VERIFIED),
    Row("9", "Origin entered with a path or a trailing slash", _C, Mark.VERIFIED),
    Row("10", "Origin or redirect URI pasted with blanks", _C, Mark.VERIFIED),
    Row("11", "Redirect URI with fragment, wildcard or custom scheme", _C, Mark.STAND_IN),
    Row("12", "Client id mistyped, with a line break, or the project number alone", _P, Mark.VERIFIED),
    Row("13", "Client id and secret swapped", _P, Mark.RECALLED),
    Row(
        "14",
        "Client deleted",
        _T,
        Mark.VERIFIED,
    ),
    Row("15", "Client disabled", _T, Mark.VERIFIED, left_out="the suspension of the client's owner as its cause"),
    Row("16", "Product sends no scope", _P, Mark.VERIFIED),
    Row("17", "Scope misspelt, or scopes separated by commas", _P, Mark.VERIFIED),
    Row("18", "Client id empty", _P, Mark.VERIFIED),
    Row("19", "Base URL of the product empty", _P, Mark.VERIFIED),
    Row("20", "Link cut, `response_type` lost", _P, Mark.VERIFIED),
    Row("21", "App in Testing, the owner is no test user", _P, Mark.VERIFIED),
    Row("22", "Test user added under an alias", _P, Mark.RECALLED),
    Row("23", "100 test users reached, removed ones counted", _C, Mark.STAND_IN),
    Row("24", "Internal app, owner outside the organisation", _P, Mark.VERIFIED),
    Row(
        "25",
        "Internal app, browser signed in to a private account",
        _P,
        Mark.VERIFIED,
        left_out="the misleading `Required parameter is missing: response_type` that some have seen instead",
    ),
    Row("26", "Internal chosen without an organisation", _C, Mark.STAND_IN),
    Row("27", "Administrator blocks the app, or Gmail is restricted to trusted apps", _P, Mark.VERIFIED),
    Row("28", "Owner enrolled in Advanced Protection", _P, Mark.STAND_IN),
    Row("29", "App in production, not verified", _P, Mark.VERIFIED),
    Row(
        "30",
        "App in production, not verified, 100 new users used up",
        _P,
        Mark.VERIFIED,
    ),
    Row("31", "Consent opened in an embedded web view", _P, Mark.VERIFIED),
    Row("32", "Owner presses Cancel", _R, Mark.VERIFIED),
    Row("33", "Owner leaves the Gmail box unticked", _LATER, Mark.VERIFIED),
    Row("34", "Owner picks another account than the mailbox", _LATER, Mark.RECALLED),
    Row("35", "Callback handler knows a fixed list of parameters", _R, Mark.VERIFIED),
    Row("36", "Host of a redirect URI or origin not under an authorised domain", _C, Mark.STAND_IN),
)
