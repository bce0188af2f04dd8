"""Ids have Google's formats and depend on nothing but the seed and the calls."""

from __future__ import annotations

import re

import pytest

from fakes.ids import Ids


@pytest.mark.parametrize(
    ("make", "form"),
    [
        (Ids.project_number, r"[0-9]{10,13}"),
        (Ids.client_secret, r"GOCSPX-[A-Za-z0-9_-]{28}"),
        (Ids.sub, r"[1-9][0-9]{20}"),
        (Ids.authorization_code, r"4/0A[A-Za-z0-9_-]{70}"),
        (Ids.access_token, r"ya29\.[A-Za-z0-9_-]{100,250}"),
        (Ids.refresh_token, r"1//0[A-Za-z0-9_-]{90,110}"),
        (lambda ids: ids.client_id("173486165578"), r"173486165578-[a-z0-9]{32}\.apps\.googleusercontent\.com"),
    ],
)
def test_ids_have_googles_formats(make, form):
    """Each kind of id looks like Google's, and no two are the same."""
    ids = Ids(7)

    made = [make(ids) for _ in range(20)]

    assert all(re.fullmatch(form, one) for one in made)
    assert len(set(made)) == 20


def test_the_same_seed_gives_the_same_ids():
    """Two worlds with one seed agree; another seed gives other ids."""
    first, second, other = Ids(1), Ids(1), Ids(2)

    assert [first.access_token(), first.access_token()] == [second.access_token(), second.access_token()]
    assert Ids(1).access_token() != other.access_token()


def test_each_kind_counts_for_itself():
    """Numbers start at 1 for every kind."""
    ids = Ids()

    assert [ids.number("a"), ids.number("a"), ids.number("b")] == [1, 2, 1]
