from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from incoming_mail import activity

from gmailsync.errors import BadInput
from gmailsync.model.settings import DEFAULT_FILTER, SmartMatching
from gmailsync.rules.smart_matching import check_filter, match, recipient_hashes, subject_hashes

DEFAULT = SmartMatching()
PAIR = ("bob@example.com", "alice@contoso.com")


def matched(subject: str, addresses=PAIR, candidates=(), parameters=DEFAULT) -> int | None:
    """Return the number of the activity that a message is taken to belong to."""
    hashes = subject_hashes(subject, parameters), recipient_hashes(addresses, parameters)
    found = match(*hashes, candidates, parameters)
    return found.id if found else None


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param("four new chairs", id="the same words"),
        pytest.param("RE: FW: four new chairs", id="without RE: and FW:"),
        pytest.param("Four  NEW chairs!", id="no matter the case, blanks and marks"),
        pytest.param("chairs, four new new", id="no matter the order, each word once"),
    ],
)
def test_subjects_of_the_same_words_have_the_same_hashes(subject):
    """Noise is stripped, and each different word is hashed once."""
    assert subject_hashes(subject, DEFAULT) == subject_hashes("four new chairs", DEFAULT)


def test_the_filter_takes_out_what_it_matches():
    """HashFilterKeywords is a regular expression of the customer's."""
    parameters = SmartMatching(filter_keywords=r"\[ext\]")

    assert subject_hashes("[ext] chairs", parameters) == subject_hashes("chairs", parameters)


def test_no_more_hashes_than_the_greatest_count():
    """HashMaxCount bounds both lists, 20 by default."""
    words = [f"w{number}" for number in range(30)]

    assert len(subject_hashes(" ".join(words), DEFAULT)) == 20
    assert len(recipient_hashes(words, DEFAULT)) == 20
    assert recipient_hashes(words[:20], DEFAULT) == recipient_hashes(words, DEFAULT)


def test_each_address_is_hashed_once():
    """A recipient hash is made of each distinct address."""
    assert len(recipient_hashes(["a@example.com", "a@example.com", "b@example.com"], DEFAULT)) == 2


@pytest.mark.parametrize(
    ("subject", "addresses", "expected"),
    [
        pytest.param("Re: four chairs", PAIR, 1, id="the same words and two common addresses"),
        pytest.param("four chairs", PAIR[:1], None, id="one common address is too few"),
        pytest.param("four tables", PAIR, None, id="another word"),
        pytest.param("four new chairs", PAIR, None, id="one word more"),
        pytest.param("Re:", PAIR, None, id="no word at all"),
    ],
)
def test_alike_is_the_same_subject_between_the_same_people(subject, addresses, expected):
    """By default the counts of subject hashes are equal and two recipients are common."""
    assert matched(subject, addresses, [activity(1, "four chairs", addresses=PAIR)]) == expected


def test_the_allowed_difference_of_the_subjects_can_be_set():
    """HashDeltaSubjectCount lets one word be another."""
    candidates = [activity(1, "four chairs", addresses=PAIR)]

    assert matched("four new chairs", candidates=candidates, parameters=SmartMatching(delta_subject_count=1)) == 1
    assert matched("five new chairs", candidates=candidates, parameters=SmartMatching(delta_subject_count=1)) is None


def test_the_common_addresses_can_be_set():
    """HashMinAddressCount asks for more of them."""
    candidates = [activity(1, "four chairs", addresses=PAIR)]

    assert matched("four chairs", candidates=candidates, parameters=SmartMatching(min_address_count=3)) is None


@given(st.randoms(use_true_random=False))
def test_the_newest_is_chosen_in_whatever_order_they_come(random: Random):
    """Of several that are alike the newest is meant, whatever the order."""
    candidates = [activity(number, "four chairs", addresses=PAIR) for number in range(1, 6)]
    random.shuffle(candidates)

    assert matched("four chairs", candidates=candidates) == 5


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(DEFAULT_FILTER, id="the default"),
        pytest.param(r"^\[ext(ernal)?\]\s*", id="a mark of external mail"),
        pytest.param(r"case [0-9]+", id="a case number"),
        pytest.param(r"\[[0-9]+\]", id="a number in brackets"),
        pytest.param("", id="nothing"),
    ],
)
def test_filters_that_end_soon_are_allowed(pattern):
    """What cannot go back and forth for long is allowed."""
    assert check_filter(pattern) == pattern


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r"(a+)+$", id="a repetition repeated"),
        pytest.param(r"(a|a)*$", id="a choice repeated"),
        pytest.param(r"(?:a|aa){2,}$", id="a choice repeated by numbers"),
        pytest.param(r"(a)\1+$", id="a reference back"),
        pytest.param(r"a*a*a*a*$", id="four repetitions"),
        pytest.param(r"a{1000}", id="a repetition of a thousand"),
        pytest.param(r"a{1,99}a{1,99}a{1,99}a{1,99}$", id="four repetitions by numbers"),
        pytest.param("a?" * 50 + "a" * 50, id="fifty options"),
        pytest.param("(a|a)" * 30 + "$", id="thirty choices"),
        pytest.param(r"(", id="no regular expression"),
        pytest.param("[[a]", id="what Python may read otherwise one day"),
        pytest.param("x" * 201, id="too long"),
    ],
)
def test_filters_that_could_hang_are_refused(pattern):
    """A filter that could try for ever is refused, and left out where it is set nevertheless."""
    with pytest.raises(BadInput):
        check_filter(pattern)
    assert subject_hashes("a" * 1000, SmartMatching(filter_keywords=pattern)) == subject_hashes("a" * 1000, DEFAULT)


@settings(deadline=2000)
@given(st.text(r"a*+?(){},|[]^$\.:1", max_size=12), st.sampled_from(["a" * 500, "a:" * 300, "aaab" * 100, "." * 400]))
def test_no_filter_takes_long(pattern, subject):
    """Whatever is set as a filter, hashing a subject ends."""
    subject_hashes(subject, SmartMatching(filter_keywords=pattern))
