"""Settings by name."""

from dataclasses import fields
from pathlib import Path

import pytest

from gmailsync.errors import BadInput, NotFound
from gmailsync.model.settings import DecidingSettings, OwnOptionOnly, SmartMatching, TokenLayout
from gmailsync.rules import switches

DEFAULT = DecidingSettings()
PAGE = (Path(__file__).parents[2] / "docs/reference/settings.md").read_text(encoding="utf-8")


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
        ("smart-matching.max-days", "0", "0"),
        ("attachment-limit", "131072", "131072"),
        ("blocked-extensions", "EXE, .bat,", "bat, exe"),
        ("blocked-extensions", "", ""),
        ("queue-item-for-owners-default-queue", "yes", "on"),
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
        ("max-subject-length", "-1", "max-subject-length: '-1': a whole number from 1 to 800"),
        ("max-subject-length", "801", "max-subject-length: '801': a whole number from 1 to 800"),
        ("token-layout.prefix", "", "token-layout.prefix: '': must have 1 to 20"),
        ("token-layout.legacy-digit", "10", "token-layout.legacy-digit: '10': a whole number from 0 to 9"),
        ("token-layout.base", "2147483648", "token-layout.base: '2147483648': a whole number from 0 to 2147483647"),
        ("token-layout.user-digits", "0", "token-layout.user-digits: '0': a whole number from 1 to 10"),
        ("token-layout.counter-digits", "\u0663", "token-layout.counter-digits: '\u0663': a whole number from 1 to 9"),
        ("smart-matching.filter-keywords", "(a+)+", "smart-matching.filter-keywords: .* must not repeat"),
        ("smart-matching.max-count", "0", "smart-matching.max-count: '0': a whole number from 1 to 1000"),
        ("smart-matching.max-days", "1.5", "smart-matching.max-days: '1.5': a whole number from 0 to 36500"),
        ("attachment-limit", "131073", "attachment-limit: '131073': a whole number from 0 to 131072"),
        ("attachment-limit", "9" * 5000, "a whole number from 0 to 131072"),
        ("blocked-extensions", "tar.gz", "blocked-extensions: 'tar.gz': ends of file names such as exe"),
        ("queue-item-for-owners-default-queue", "1", "queue-item-for-owners-default-queue: '1': on or off"),
    ],
)
def test_a_wrong_value_is_told_with_what_is_allowed(name, text, complaint):
    """The complaint names the setting, the value and what is allowed."""
    with pytest.raises(BadInput, match=complaint):
        switches.changed(DecidingSettings(), name, text)


@pytest.mark.parametrize(
    "change", [lambda name: switches.changed(DEFAULT, name, "on"), lambda name: switches.restored(DEFAULT, name)]
)
def test_an_unknown_setting_names_those_that_exist(change):
    """A mistyped name is not silently stored."""
    with pytest.raises(NotFound, match="use-references"):
        change("use-reference")


def test_every_field_can_be_set_to_what_is_shown_of_it():
    """No setting is there that nobody can set, and each takes its own text."""
    named = switches.shown(DEFAULT)

    for name, text in named.items():
        assert switches.changed(DEFAULT, name, text) == DEFAULT

    inner = {"token-layout": TokenLayout, "smart-matching": SmartMatching}
    written = {one.name.replace("_", "-") for one in fields(DecidingSettings)}
    assert {name.partition(".")[0] for name in named} == written
    assert {name for name in named if "." in name} == {
        f"{outer}.{one.name.replace('_', '-')}" for outer, settings in inner.items() for one in fields(settings)
    }


@pytest.mark.parametrize("name", switches.shown(DecidingSettings()))
def test_every_setting_is_documented_with_its_default(name):
    """The reference has a row for each."""
    row = next((line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")), "")

    default = switches.shown(DEFAULT)[name]
    assert (f"| `{default}` |" if default else "| empty |") in row or name == "blocked-extensions"
    assert row


def test_a_setting_is_given_its_default_again():
    """The one that is named, and no other."""
    changed = switches.changed(switches.changed(DEFAULT, "blocked-extensions", ""), "attachment-limit", "1")

    restored = switches.restored(changed, "blocked-extensions")

    assert restored == switches.changed(DEFAULT, "attachment-limit", "1")


def test_one_change_leaves_the_others():
    """A second change does not undo the first."""
    first = switches.changed(DecidingSettings(), "own-option-only", "all")

    second = switches.changed(first, "token-layout.base", "500")

    assert (second.own_option_only, second.token_layout.base) == (OwnOptionOnly.ALL, 500)
    assert second.token_layout.prefix == "CRM:"
