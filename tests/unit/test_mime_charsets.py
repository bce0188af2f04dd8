from __future__ import annotations

from contextlib import suppress
from functools import cache
from unicodedata import category

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gmailsync.mime.charsets import decode, undeclared
from gmailsync.model.content import Doubt

ROUND_TRIPS = {
    "ISO-2022-JP": "iso2022_jp",
    "Shift_JIS": "cp932",
    "windows-31j": "cp932",
    "EUC-JP": "euc_jp",
    "GB2312": "gb18030",
    "GBK": "gbk",
    "Big5": "cp950",
    "Big5-HKSCS": "big5hkscs",
    "EUC-KR": "cp949",
    "ks_c_5601-1987": "cp949",
    "KOI8-R": "koi8_r",
    "KOI8-U": "koi8_u",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "Windows-1252": "cp1252",
    "windows-1256": "cp1256",
    "ISO-8859-1": "cp1252",
    "ISO-8859-2": "iso8859-2",
    "ISO-8859-15": "iso8859-15",
    "utf8": "utf-8",
    '"UTF-8"': "utf-8",
    "UTF-7": "utf-7",
    "utf-16": "utf-16",
    "iso-2022-kr": "iso2022_kr",
    "hz-gb-2312": "hz",
}
"""A label as mail has it -> the codec that writes what is labelled so."""


EVERYTHING = "".join(
    character
    for character in map(chr, [*range(0x20, 0x10000), *range(0x1F300, 0x1F700), *range(0x20000, 0x2A6E0)])
    if category(character) not in ("Cc", "Cs", "Co")
)
"""The first plane of Unicode, and of those behind it pictures and what Hong Kong's supplement needs."""


@cache
def writable(codec: str) -> st.SearchStrategy[str]:
    """Return texts of what a codec writes and reads back as it was; some characters it writes as something alike.

    It is asked for all characters at once first: Hypothesis asks for each of a million by itself.
    """
    found = set(EVERYTHING.encode(codec, "ignore").decode(codec, "ignore"))
    return st.text("".join(character for character in EVERYTHING if character in found and _returns(character, codec)))


def _returns(character: str, codec: str) -> bool:
    with suppress(UnicodeError):
        return character.encode(codec).decode(codec) == character
    return False


labels = st.sampled_from([*ROUND_TRIPS, "", "unknown-8bit", "x-unknown", "us-ascii", "no-such", "rot13", "idna"])
pieces = st.sampled_from([b"\x1b$B", b"\x1b(I", b"\x1b(B", b"\x1b$(D", b"\x0e", b"\xff", b"\xe3\x81", b"+2AA-", b"\n"])


@given(st.binary() | st.lists(pieces | st.binary(max_size=4)).map(b"".join), labels | st.text(), labels)
@example(b"\x00\x00\xd8", "utf-16", "")
@example(b"\xff", "undefined", "\x00")
def test_any_octets_under_any_name_are_text(octets: bytes, label: str, hint: str) -> None:
    """Decoding never fails, whatever the octets, the label and the hint."""
    found = decode(octets, label, hint)

    assert isinstance(found.text, str)
    assert found.charset


@pytest.mark.parametrize(("label", "codec"), ROUND_TRIPS.items())
@given(data=st.data())
def test_what_a_charset_can_write_is_read_as_it_was_meant(label: str, codec: str, data: st.DataObject) -> None:
    """Unless its octets happen to be UTF-8, or a control character makes them look like another charset."""
    text = data.draw(writable(codec))
    octets = text.encode(codec)
    assume(codec.startswith("utf") or octets.isascii() or not _is_utf8(octets))
    assume(octets.decode(codec) == text)  # what two characters are written as may stand for another

    found = decode(octets, label)

    assert (found.text, found.doubt) == (text, None)


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize(
    ("octets", "label", "text"),
    [
        (b"\x1b$B-!-j\x1b(B", "iso-2022-jp", "①㈱"),  # NEC's row 13
        (b"\x1b$By!\x1b(B", "iso-2022-jp", "纊"),  # NEC's selection of IBM's characters
        (b"\x1b(I1C\x1b(B", "iso-2022-jp", "ｱﾃ"),
        (b"\x0e1C\x0f", "cp50222", "ｱﾃ"),
        (b"\x1b$BF|K\\\nplain", "iso-2022-jp", "日本\nplain"),  # the way back was lost
        (b'\x1b$(D0"\x1b(B', "iso-2022-jp", "丄"),  # JIS X 0212
        (b"\xad\xa1\x8e\xb1\xc6\xfc", "EUC-JP", "①ｱ日"),
        (b"\x87@", "Shift_JIS", "①"),
        (b"\x80", "iso-8859-1", "€"),
        (b"\xa3\xe1", "x-gbk", "ａ"),
        (b"plain", "utf-16", "plain"),
        (b"+ZeVnLIqe-", "unicode-1-1-utf-7", "日本語"),
        (b"\xfa@", "big5", "𠕇"),  # Hong Kong's supplement under the old name
    ],
)
def test_makers_supersets_are_read_under_the_standards_name(octets: bytes, label: str, text: str) -> None:
    """What Windows and others add, and what programs forget."""
    assert decode(octets, label).text == text


@pytest.mark.parametrize(
    ("octets", "label", "text", "doubt"),
    [
        ("été".encode(), "iso-8859-1", "été", Doubt.MISLABELLED),
        ("été".encode("cp1252"), "utf-8", "été", Doubt.MISLABELLED),
        ("日本語です".encode("euc_jp"), "iso-2022-jp", "日本語です", Doubt.MISLABELLED),
        ("日本語です".encode("iso2022_jp"), "us-ascii", "日本語です", Doubt.MISLABELLED),
        ("日本語です".encode("iso2022_jp"), "utf-8", "日本語です", Doubt.MISLABELLED),
        ("日本語です".encode(), "shift_jis", "日本語です", Doubt.MISLABELLED),
        ("Привет, мир".encode("koi8-r"), "us-ascii", "Привет, мир", Doubt.MISLABELLED),
        ("Привет, мир".encode("cp1251"), "x-no-such", "Привет, мир", Doubt.UNKNOWN_CHARSET),
        (b"\xe3\x81\xbe\xe3\x81\xbf\xe3", "utf-8", "まみ\ufffd", Doubt.DAMAGED),
        ("まみ".encode(), "unknown-8bit", "まみ", None),
        (b"plain", "x-no-such", "plain", None),
        (b"", "", "", None),
        ("\ufffd".encode(), "utf-8", "\ufffd", None),  # somebody else's replacement, exactly as written
    ],
)
def test_a_wrong_label_is_seen_and_told(octets: bytes, label: str, text: str, doubt: Doubt | None) -> None:
    """The octets contradict it, or it is nobody's."""
    found = decode(octets, label)

    assert (found.text, found.doubt) == (text, doubt)


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp932", "お世話になっております"),
        ("cp932", "①見積書"),
        ("euc_jp", "【重要】ご確認のお願い"),
        ("gb18030", "您好，附件是报价单"),
        ("big5", "會議通知"),
        ("cp949", "안녕하세요"),
        ("koi8-r", "Отчёт за месяц"),
        ("cp1251", "Счет на оплату"),
        ("cp1252", "L’été déjà – 5 €"),
        ("cp1252", "Größe"),
        ("cp1252", "I don’t know"),
        ("cp1252", "Our offer – 500 £"),
        ("cp1252", "nový rok"),
        ("cp1254", "Sipariş onayı ve kargo bilgisi için teşekkür ederiz"),
        ("cp1251", "Привет Из Рима"),
        ("gb18030", "新年快乐"),
    ],
)
def test_without_a_name_short_texts_are_recognised(codec: str, text: str) -> None:
    """A subject is all that there is to go by."""
    found = undeclared(text.encode(codec))

    assert (found.text, found.doubt) == (text, Doubt.GUESSED)


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp932", "ご注文の確認のお知らせ"),
        ("euc_jp", "ご注文の確認のお知らせ"),
        ("gb18030", "您好，附件是报价单"),
        ("big5", "這是一封測試郵件"),
        ("cp949", "한국어 메일 테스트"),
    ],
)
def test_a_subject_that_was_cut_within_a_character_is_recognised(codec: str, text: str) -> None:
    """Programs count octets; all but the last character is legible."""
    found = undeclared(text.encode(codec)[:-1])

    assert (found.text[:-1], found.text[-1], found.doubt) == (text[:-1], "\ufffd", Doubt.GUESSED)


def test_a_damaged_text_is_read_in_its_charset() -> None:
    """A few octets that were lost on the way do not make the rest illegible."""
    octets = "お世話になっております。添付の資料をご確認ください。\n".encode("cp932") * 9

    found = undeclared(octets[:40] + b"\xfc" + octets[41:])

    assert found.charset == "cp932"
    assert found.text.count("\ufffd") <= 2


def test_other_letters_among_ascii_are_shown_as_most_programs_do() -> None:
    """Nobody can tell one charset of single octets from another by a few letters, and the words stay legible."""
    assert undeclared("Wyślij zapłatę za książkę".encode("cp1250")).text == "Wyœlij zap³atê za ksi¹¿kê"


def test_a_charset_declared_nearby_is_asked_before_guessing() -> None:
    """A raw subject is most likely in the charset of the body."""
    octets = "Žluťoučký kůň".encode("cp1250")

    assert undeclared(octets, hint="windows-1250").text == "Žluťoučký kůň"
