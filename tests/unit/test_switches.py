"""Settings by name."""

import pytest

from gmailsync.errors import BadInput, NotFound
from gmailsync.model.settings import DecidingSettings, OwnOptionOnly
from gmailsync.rules import switches


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("use-references", "off", "off"),
        ("own-option-only", "users", "users"),
        ("never-log", "Bob@example.com, @example.org", "@example.org, bob@example.com"),
        ("max-subject-length", "100", "100"),
        ("token-layout.prefix", "ACME:", "ACME:"),
        ("smart-matching.min-address-count", "3", "3"),
        ("smart-matching.filter-keywords", "^re:", "^re:"),
    ],
)
def test_a_setting_is_shown_as_it_was_set(name, text, shown):
    """Every sort of value can be typed, and reads back."""
    changed = switches.changed(DecidingSettings(), name, text)

    assert switches.shown(changed)[name] == shown


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("use-references", "maybe", "use-references: 'maybe': on or off"),
        ("own-option-only", "mine", "own-option-only: 'mine': one of off, users, all"),
        ("never-log", "no address", "never-log: 'no address': addresses such as"),
        ("max-subject-length", "-1", "max-subject-length: '-1': a whole number"),
        ("token-layout.prefix", "", "token prefix: '': must have 1 to 20"),
        ("smart-matching.filter-keywords", "(a+)+", "filter keywords: .* must not repeat"),
    ],
)
def test_a_wrong_value_is_told_with_what_is_allowed(name, text, complaint):
    """The complaint names the setting, the value and what is allowed."""
    with pytest.raises(BadInput, match=complaint):
        switches.changed(DecidingSettings(), name, text)


def test_an_unknown_setting_names_those_that_exist():
    """A mistyped name is not silently stored."""
    with pytest.raises(NotFound, match="use-references"):
        switches.changed(DecidingSettings(), "use-reference", "on")


def test_one_change_leaves_the_others():
    """A second change does not undo the first."""
    first = switches.changed(DecidingSettings(), "own-option-only", "all")

    second = switches.changed(first, "token-layout.base", "500")

    assert (second.own_option_only, second.token_layout.base) == (OwnOptionOnly.ALL, 500)
    assert second.token_layout.prefix == "CRM:"
