"""The rows of google.md 7.2: mistakes that show at the token endpoint."""

from __future__ import annotations

from fakes.fidelity.table import Mark, Row, Where

_T = (Where.TOKEN,)

ROWS = (
    Row(
        "37",
        "Secret wrong, of another client, with a blank, disabled or rotated out",
        _T,
        Mark.VERIFIED,
        left_out="the older description `Unauthorized`",
    ),
    Row("38", "Secret empty", _T, Mark.VERIFIED),
    Row("39", "Client id lost: a proxy strips the body or the Basic header", _T, Mark.VERIFIED),
    Row("40", "Client id wrong at the exchange only", _T, Mark.VERIFIED),
    Row("41", "`redirect_uri` of the exchange differs from that of the first step", _T, Mark.VERIFIED),
    Row("42", "Code encoded twice, or cut", _T, Mark.VERIFIED),
    Row("43", "Callback called twice", _T, Mark.VERIFIED, left_out="the older text `Code was already redeemed.`"),
    Row("44", "Code too old", _T, Mark.VERIFIED),
    Row("45", "PKCE verifier lost", _T, Mark.VERIFIED),
    Row("46", "PKCE verifier of another attempt", _T, Mark.VERIFIED),
    Row("47", "No refresh token: `access_type=offline` missing", _T, Mark.VERIFIED),
    Row("48", "No refresh token: connected before, no `prompt=consent`", _T, Mark.VERIFIED),
    Row("49", "App in Testing, seven days over", _T, Mark.VERIFIED),
    Row("50", "Owner or administrator removed the app, or the grant was revoked", _T, Mark.VERIFIED),
    Row("51", "Owner changed the password", _T, Mark.VERIFIED),
    Row("52", "More than 100 connections of one account and client", _T, Mark.VERIFIED),
    Row("53", "Refresh token unused for six months", _T, Mark.VERIFIED),
    Row("54", "Product moved to a new client, old refresh tokens kept", _T, Mark.VERIFIED),
    Row("55", "Refresh token damaged in storage", _T, Mark.VERIFIED),
    Row("56a", "Administrator blocked the app after consent", _T, Mark.VERIFIED),
    Row("56b", "Google account deleted", _T, Mark.VERIFIED),
    Row("56c", "GET used for token or revoke", _T, Mark.VERIFIED),
    Row("56d", "`grant_type` misspelt", _T, Mark.VERIFIED),
)
