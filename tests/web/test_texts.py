from __future__ import annotations

import re
from dataclasses import fields
from string import Formatter

import pytest

from gmailsync.errors import (
    BadInput,
    GmailSyncError,
    MailboxNotReady,
    MailServerError,
    NetworkError,
    NotFound,
    NotSignedIn,
    OAuthError,
    PageRefused,
    SignInRefused,
    StoreError,
)
from gmailsync.rules.forecast import BECAUSE
from gmailsync.rules.standing import DirectionState, MailboxState
from gmailsync.web.english import ENGLISH
from gmailsync.web.japanese import JAPANESE
from gmailsync.web.languages import LANGUAGES

JAPANESE_LETTERS = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
ON_THE_WAY = (OAuthError, NetworkError, SignInRefused, PageRefused, StoreError)


def family(kind):
    yield kind
    for child in kind.__subclasses__():
        yield from family(child)


def codes_on_the_way():
    kinds = {GmailSyncError, BadInput, NotFound, MailboxNotReady}
    for root in ON_THE_WAY:
        kinds.update(family(root))
    return sorted({kind.code for kind in kinds})


def codes_of_alerts():
    kinds = {GmailSyncError, MailboxNotReady, NotSignedIn}
    for root in (OAuthError, NetworkError, SignInRefused, StoreError, MailServerError):
        kinds.update(family(root))
    return sorted({kind.code for kind in kinds})


def placeholders(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("texts", LANGUAGES.values(), ids=list(LANGUAGES))
def test_every_state_has_words(texts):
    """A new state without them fails here."""
    assert set(texts.states) == set(MailboxState)
    assert set(texts.directions) == set(DirectionState)
    assert all(words.name and words.meaning for words in texts.states.values())


def test_both_languages_say_the_same_things():
    """Every text is there in both, with the same gaps to fill."""
    pairs = {
        field.name: (getattr(ENGLISH, field.name), getattr(JAPANESE, field.name))
        for field in fields(ENGLISH)
        if isinstance(getattr(ENGLISH, field.name), str) and field.name != "tag"
    }

    assert [name for name, (_, japanese) in pairs.items() if not JAPANESE_LETTERS.search(japanese)] == []
    assert [name for name, (english, _) in pairs.items() if not english or JAPANESE_LETTERS.search(english)] == []
    assert [name for name, (one, other) in pairs.items() if placeholders(one) != placeholders(other)] == []


@pytest.mark.parametrize("code", codes_on_the_way())
def test_every_error_on_the_way_is_told_in_japanese(code):
    """The error's own words are English."""
    assert JAPANESE_LETTERS.search(JAPANESE.troubles[code].happened)


@pytest.mark.parametrize("code", codes_of_alerts())
def test_every_alert_is_told_in_japanese_with_what_to_do(code):
    """Also those of errors that no sign-in meets; what is in both is told as an alert."""
    words = {**JAPANESE.troubles, **JAPANESE.alerts}[code]

    assert JAPANESE_LETTERS.search(words.happened)
    assert JAPANESE_LETTERS.search(words.advice or JAPANESE.usual_advice)


def test_words_are_for_errors_that_exist():
    """None is left over from an error that is gone."""
    told = {*ENGLISH.troubles, *JAPANESE.troubles, *ENGLISH.alerts, *JAPANESE.alerts}

    assert told <= {kind.code for kind in family(GmailSyncError)}


def test_every_end_that_can_be_foreseen_has_its_reason_in_both():
    """With what to do before."""
    assert set(ENGLISH.ends_because) == set(JAPANESE.ends_because) == set(BECAUSE)
    assert all(JAPANESE_LETTERS.search(w.because) and w.remedy for w in JAPANESE.ends_because.values())


@pytest.mark.parametrize(
    ("path", "accepted", "language"),
    [
        ("/", None, "en"),
        ("/", "ja", "ja"),
        ("/", "ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ("/", "en-GB,ja;q=0.5", "en"),
        ("/", "fr", "en"),
        ("/?lang=ja", "en", "ja"),
        ("/?lang=en", "ja", "en"),
        ("/?lang=fr", "ja", "ja"),
    ],
)
def test_the_language_is_asked_for_or_the_browsers(browser, path, accepted, language):
    """`?lang=` goes before Accept-Language; without either it is English."""
    page = browser.get(path, **({"Accept-Language": accepted} if accepted else {}))

    assert f'<html lang="{language}">' in page.text
    assert f"<h1>{LANGUAGES[language].mailboxes}</h1>" in page.text


def test_a_language_once_chosen_stays(browser):
    """Also for the answer that Google sends the owner back with."""
    browser.get("/?lang=ja")

    assert '<html lang="ja">' in browser.get("/_grid/cmds/dlg_gmailoauth.aspx").text
