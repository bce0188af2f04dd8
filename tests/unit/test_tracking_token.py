from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gmailsync.errors import BadInput
from gmailsync.model.settings import TokenLayout
from gmailsync.rules.tracking_token import append, check, find, write

SYMBOLS = "ABCXYZabcé案件:#-_[.*+"

layouts = st.builds(
    TokenLayout,
    prefix=st.text(SYMBOLS, min_size=1, max_size=20),
    legacy_digit=st.integers(0, 9),
    base=st.integers(0, 500),
    user_digits=st.integers(3, 10),
    counter_digits=st.integers(1, 9),
)
subjects = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=300)


@pytest.mark.parametrize(
    ("layout", "user", "counter", "token"),
    [
        pytest.param(TokenLayout(), 1, 23, "CRM:0001023", id="by default CRM: and seven digits"),
        pytest.param(TokenLayout(base=500), 1, 0, "CRM:0501000", id="base 500 makes the first user 501"),
        pytest.param(TokenLayout(), 1, 999, "CRM:0001999", id="the counter's last number"),
        pytest.param(TokenLayout(), 1, 1000, "CRM:0001000", id="after 999 it begins again at 000"),
        pytest.param(TokenLayout("A-", 7, 0, 1, 9), 2, 1, "A-72000000001", id="each part as wide as it says"),
    ],
)
def test_a_token_is_prefix_digit_user_and_counter(layout, user, counter, token):
    """The layout is the documented one, whatever its widths."""
    assert write(layout, user, counter) == token


def test_a_user_number_that_needs_more_digits_is_refused():
    """Cut to its digits it would be another user's number."""
    with pytest.raises(BadInput):
        write(TokenLayout(base=998), 2, 1)


@pytest.mark.parametrize(
    "layout",
    [
        pytest.param(TokenLayout(prefix=""), id="no prefix"),
        pytest.param(TokenLayout(prefix="x" * 21), id="a prefix of 21 characters"),
        pytest.param(TokenLayout(prefix="A B"), id="a prefix with a blank"),
        pytest.param(TokenLayout(prefix="CRM2"), id="a prefix that ends in a digit"),
        pytest.param(TokenLayout(prefix="A\n"), id="a prefix of two lines"),
        pytest.param(TokenLayout(legacy_digit=10), id="two legacy digits"),
        pytest.param(TokenLayout(base=-1), id="a base below 0"),
        pytest.param(TokenLayout(base=2_147_483_648), id="a base above 2,147,483,647"),
        pytest.param(TokenLayout(user_digits=0), id="no digits for users"),
        pytest.param(TokenLayout(user_digits=11), id="11 digits for users"),
        pytest.param(TokenLayout(counter_digits=0), id="no digits for the counter"),
        pytest.param(TokenLayout(counter_digits=10), id="10 digits for the counter"),
    ],
)
def test_a_layout_out_of_its_ranges_is_refused(layout):
    """Each part has the documented range."""
    with pytest.raises(BadInput):
        check(layout)


@given(layouts, st.integers(1, 400), st.integers(0, 10**9 - 1), subjects)
def test_what_was_appended_is_found_first(layout, user, counter, subject):
    """Whatever the subject says, even with tokens in it, the one appended is the first that is looked up."""
    token = write(check(layout), user, counter)

    appended = append(subject, token)

    assert len(appended) <= 255
    assert len(token) <= 50
    assert find(appended, layout)[0] == token


@given(layouts, layouts, st.integers(1, 400), st.integers(0, 999), subjects)
def test_a_token_of_another_layout_is_not_found(layout, other, user, counter, subject):
    """Of a token with another prefix or other widths nothing is taken for ours."""
    assume(layout.prefix not in subject and layout.prefix not in other.prefix + " ")
    assume(not any(other.prefix.endswith(layout.prefix[:n]) for n in range(1, len(layout.prefix) + 1)))

    assert find(append(subject, write(other, user, counter)), layout) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("Re: offer CRM:0001023", ("CRM:0001023",), id="at the end"),
        pytest.param("CRM:0001023 offer", ("CRM:0001023",), id="at the beginning"),
        pytest.param("offer (CRM:0001023)", ("CRM:0001023",), id="in brackets"),
        pytest.param("CRM:0001001 and CRM:0001002", ("CRM:0001002", "CRM:0001001"), id="the last first"),
        pytest.param("CRM:0001001 CRM:0001001", ("CRM:0001001",), id="each once"),
        pytest.param("offer CRM:00010234", (), id="a digit too many"),
        pytest.param("offer CRM:000102", (), id="a digit too few"),
        pytest.param("offer CRM:1001023", (), id="another legacy digit"),
        pytest.param("offer crm:0001023", (), id="another case"),
        pytest.param("offer XCRM:0001023", (), id="within a longer word"),
        pytest.param("offer CRM:０００１０２３", (), id="digits of another script"),
        pytest.param("", (), id="an empty subject"),
    ],
)
def test_tokens_in_a_subject(text, found):
    """A token is found wherever it stands, and only as it is written."""
    assert find(text, TokenLayout()) == found


@pytest.mark.parametrize(
    ("subject", "limit", "appended"),
    [
        pytest.param("offer", 255, "offer CRM:0001023", id="with a blank before it"),
        pytest.param("", 255, "CRM:0001023", id="alone where there is no subject"),
        pytest.param("a long subject", 17, "a lon CRM:0001023", id="the subject makes room"),
        pytest.param("a long subject", 11, "CRM:0001023", id="down to nothing"),
        pytest.param("a long subject", 10, "a long subject", id="no token where it alone is too long"),
        pytest.param("offer CRM:0001023", 255, "offer CRM:0001023", id="not a second time"),
        pytest.param("Re: CRM:0001001", 255, "Re: CRM:0001001 CRM:0001023", id="beside one that came before"),
    ],
)
def test_a_token_is_appended_within_the_limit(subject, limit, appended):
    """The token stands at the end; the subject is cut to make room."""
    assert append(subject, "CRM:0001023", limit) == appended
