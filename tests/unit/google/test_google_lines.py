from __future__ import annotations

import base64
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailsync.google.lines import clean, reason
from gmailsync.google.sasl import base64_text, xoauth2
from gmailsync.model.secret import Secret


@pytest.mark.parametrize(
    "secret",
    [
        "ya29.a0AZYkNZh-abc_def.0206",
        "1//06o8dAbC-dEf_ghi",
        "4/0AfrIepAbC-dEf_ghi",
        "4%2F0AfrIepAbC-dEf_ghi",
        "GOCSPX-abcDEF_-123",
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJnIn0.c2lnbmF0dXJl-_",
        base64_text(xoauth2("alice@contoso.com", Secret("ya29." + "x" * 60))),
    ],
)
def test_what_looks_like_a_secret_is_cut_out(secret: str) -> None:
    """Google's formats are known, so that a secret nobody told us about is found too."""
    assert clean(f"before {secret} after") == "before [cut] after"


def test_a_secret_that_is_known_is_cut_out_whatever_its_shape() -> None:
    """A client secret of old has no shape."""
    assert clean("invalid: hunter2!", Secret("hunter2")) == "invalid: [cut]!"


@pytest.mark.parametrize(
    "line",
    [
        "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
        "535 5.7.8  https://support.google.com/mail/ ay13-20020a05600c1e0d00b003974b95d897sm18665416wmb.37 - gsmtp",
    ],
)
def test_what_gmail_says_stays_as_it_is(line: str) -> None:
    """Support compares these texts; a session id is no secret."""
    assert clean(line) == line


@given(st.text(st.characters()) | st.binary())
def test_any_answer_becomes_one_line_that_can_be_stored(said: str | bytes) -> None:
    """No line break, NUL or surrogate, and a bounded length."""
    line = clean(said)

    assert len(line) <= 500
    assert line == line.strip()
    assert not any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in line)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=20), st.text())
def test_the_token_is_never_in_what_is_shown(token: str, around: str) -> None:
    """Neither the token nor the SASL string made of it survives."""
    sasl = base64_text(xoauth2("alice@contoso.com", Secret(token + "t" * 40)))

    shown = clean(f"{around}\n{sasl}\n{token}{around}", Secret(token))

    assert token not in shown or token in around
    assert sasl not in shown


def test_the_xoauth2_string_is_googles_example() -> None:
    """The example of Google's page "OAuth 2.0 mechanism", to the octet."""
    token = Secret("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg")

    message = xoauth2("someuser@example.com", token)

    assert (
        base64.b64decode(
            "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0"
            "Q2cBAQ=="
        )
        == message
    )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (TimeoutError("timed out"), "timed out"),
        (OSError(), "OSError"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)"), "wrong version number"),
    ],
)
def test_a_reason_is_a_few_plain_words(error: OSError, words: str) -> None:
    """What the operating system or TLS says, without numbers and addresses."""
    assert words in reason(error)
