"""The pages' language: how it is chosen, that it stays, and that nothing is left untranslated."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest

import fakes.oauth
from fakes.consent import give_consent
from fakes.console import PublishingStatus
from fakes.oauth import scopes
from fakes.oauth.http import Request
from fakes.oauth.japanese import MESSAGES, SENTENCES
from fakes.oauth.words import Language, Words

ALICE = "alice@contoso.com"
MAIL = "https://mail.google.com/"


@pytest.mark.parametrize(
    ("hl", "accepted", "language"),
    [
        (None, None, "en"),
        ("ja", None, "ja"),
        ("JA-jp", None, "ja"),
        ("ja_JP", None, "ja"),
        ("en", "ja", "en"),
        ("de", "ja", "ja"),
        ("", "ja", "ja"),
        (None, "ja,en;q=0.8", "ja"),
        (None, "en-US,en;q=0.9,ja;q=0.8", "en"),
        (None, "en;q=0.5, ja ;q=0.9", "ja"),
        (None, "de, fr;q=0.9, ja;q=0.1", "ja"),
        (None, "ja;q=0", "en"),
        (None, "*, ;q=1,,;", "en"),
    ],
)
def test_the_address_decides_before_the_browser(hl, accepted, language):
    """`hl` first, then Accept-Language by its weights, then English."""
    query = f"?hl={hl}" if hl is not None else ""
    headers = {"accept-language": accepted} if accepted is not None else {}

    words = Words.of(Request.get(f"https://accounts.google.com/o/oauth2/v2/auth{query}", headers))

    assert words.language == language


def test_the_choice_of_the_address_stays_from_page_to_page(app):
    """Chooser, warning and consent are Japanese, although the browser asks for English."""
    shown = []

    def send(request):
        response = app.send(replace(request, headers={**request.headers, "accept-language": "en"}))
        shown.append(response.body.decode())
        return response

    location = give_consent(app.url(hl="ja"), ALICE, send)

    assert "code=" in location
    headings = [re.search("<h1>(.*?)</h1>", page)[1] for page in shown[:-1]]
    assert headings == [
        "アカウントの選択",
        "このアプリは Google で確認されていません",
        "crm.contoso.com が Google アカウントへのアクセスを求めています",
    ]
    assert all('<html lang="ja">' in page for page in shown[:-1])
    assert "Gmail のすべてのメールの閲覧、作成、送信、完全な削除" in shown[2]


def test_an_error_keeps_the_language_of_the_address(app):
    """The address of the error page carries it, and the message is translated already, as at Google."""
    answer = app.send(Request.get(app.url(hl="ja", scope=None)))

    location = answer.header("location")
    page = app.send(Request.get(location)).body.decode()

    assert location.endswith("&flowName=GeneralOAuthFlow&hl=ja")
    assert '<html lang="ja">' in page
    assert "必須パラメータがありません: scope" in page
    assert "エラー 400: invalid_request" in page


def test_names_that_customers_chose_are_not_translated(app):
    """The app's name and the developer's address stand in the Japanese sentence as they are."""
    app.screen(app_name="Next {app}", publishing_status=PublishingStatus.PRODUCTION)
    attempt = re.search(r'value="(consent-\d+)"', app.send(Request.get(app.url())).body.decode())[1]
    form = {"attempt": attempt, "address": ALICE}

    page = app.send(Request.post("https://accounts.google.com/signin/oauth/accountchooser?hl=ja", form)).body.decode()

    assert "Next {app}（安全ではないページ）に移動" in page
    assert "開発者（admin@contoso.com）" in page


def test_every_sentence_is_there_in_japanese():
    """Those of the templates, of the page functions and of the scopes."""
    folder = Path(fakes.oauth.__file__).parent
    sources = [path.read_text() for path in [*folder.glob("templates/*.html"), folder / "pages.py"]]

    said = {text for source in sources for text in re.findall(r'\bwords\(\s*"([^"]+)"', source)}

    assert len(said) > 20
    assert said | set(scopes.DESCRIPTIONS.values()) <= set(SENTENCES)


def test_a_translation_has_the_fields_of_its_sentence():
    """Nothing is lost between the languages, and every one is Japanese."""
    for english, japanese in [*SENTENCES.items(), *MESSAGES.items()]:
        assert fields(english) == fields(japanese)
        assert re.search("[ぁ-んァ-ヶ一-龠]", japanese)
        assert english.startswith("\n") is japanese.startswith("\n")


def fields(text):
    """Return the names of a sentence's fields."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_a_message_that_nobody_translated_stays_english():
    """An error is shown in any case."""
    words = Words(Language.JAPANESE)

    assert words.message("Something new.") == "Something new."
    assert words.message("Invalid response_type: a\nb") == "response_type が無効です: a\nb"
    assert Words(Language.ENGLISH).message("Invalid response_type: a") == "Invalid response_type: a"
