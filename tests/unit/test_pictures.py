"""The pictures of the evidence."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from gmailsync import pictures
from gmailsync.evidence import Chapter, Party, Point, WireLine

SVG = "{http://www.w3.org/2000/svg}"
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def chapter(title: str, *pairs: tuple[str, str]) -> Chapter:
    lines = []
    for question, answer in pairs:
        lines.append(WireLine(NOON, "imap", question, Party.GMAILSYNC, Party.IMAP, question))
        lines.append(WireLine(NOON, "imap", question, Party.IMAP, Party.GMAILSYNC, answer))
    return Chapter(title, tuple(lines))


def texts(svg: str) -> list[str]:
    """Return every text of a picture, which also proves that it is well-formed XML."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - drawn by us
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_the_sequence_diagram_shows_who_asked_whom():
    """Every participant has a lane, every chapter a band, every exchange two arrows with their words."""
    svg = pictures.sequence_diagram([chapter("Step 7", ("A1 NOOP", "A1 OK Success"))])

    shown = texts(svg)
    for party in set(Party) - {Party.POP}:
        assert shown.count(party.value) == 2
    assert Party.POP.value not in shown
    assert "Step 7" in shown
    assert shown[-2:] == ["NOOP", "OK Success"]


def test_pop_has_a_lane_where_it_takes_part():
    """Few use it; the others have more room without it."""
    lines = [
        WireLine(NOON, "pop", "p1", Party.GMAILSYNC, Party.POP, "STAT"),
        WireLine(NOON, "pop", "p1", Party.POP, Party.GMAILSYNC, "+OK 2 640"),
    ]

    shown = texts(pictures.sequence_diagram([Chapter("By POP", tuple(lines))]))

    assert [shown.count(party.value) for party in Party] == [2] * len(Party)
    assert shown[-2:] == ["STAT", "+OK 2 640"]


def test_a_chapter_in_which_nothing_was_said_is_not_drawn():
    """Steps that cross no wire take no room."""
    svg = pictures.sequence_diagram([chapter("Step 1"), chapter("Step 2", ("A1 NOOP", "A1 OK"))])

    assert "Step 1" not in texts(svg)


def test_repeats_are_framed_and_counted():
    """A sync that runs five times is drawn once."""
    cycles = [(f"A{number} SELECT x", f"A{number} OK {number}") for number in range(1, 6)]

    svg = pictures.sequence_diagram([chapter("Sync", *cycles)])

    assert "5 times in a row" in texts(svg)
    assert texts(svg).count("SELECT x") == 1


def test_a_long_label_is_cut_and_wide_characters_count_twice():
    """Nothing runs out of the picture."""
    svg = pictures.sequence_diagram([chapter("Long", ("A1 SELECT " + "x" * 500, "A1 OK " + "受" * 500))])

    for text in texts(svg)[-2:]:
        assert text.endswith("…")
    assert len(texts(svg)[-2]) < 120
    assert len(texts(svg)[-1]) < 60


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "a\x00b\x1bc", "]]>&amp;", '" onload="x'])
def test_hostile_words_are_only_words(hostile):
    """Whatever a server says is text of the picture, and the picture stays well-formed."""
    svg = pictures.sequence_diagram([chapter(hostile, (f"A1 SELECT {hostile}", f"A1 OK {hostile}"))], title=hostile)

    assert not list(ElementTree.fromstring(svg).iter(f"{SVG}script"))  # noqa: S314 - drawn by us
    assert "onload=" not in re.sub(r">[^<]*<|&#34;", "", svg)


def test_pictures_are_read_aloud():
    """A title and a description stand for the picture where it cannot be seen."""
    for svg in (
        pictures.sequence_diagram([chapter("Step 7", ("A1 NOOP", "A1 OK"))]),
        pictures.mail_over_time([Point(0, 0, 0), Point(5, 10, 1)]),
    ):
        root = ElementTree.fromstring(svg)  # noqa: S314 - drawn by us
        title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
        assert title is not None
        assert description is not None
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


def test_the_chart_names_its_totals():
    """The curves carry their numbers, so that nobody has to read them off."""
    svg = pictures.mail_over_time([Point(0, 0, 0), Point(5, 10, 1), Point(10, 40, 4)])

    assert {"40 stored", "4 sent", "minutes of simulated time"} <= set(texts(svg))
    assert "40 emails stored and 4 sent within 10 minutes." in svg


def test_a_chart_of_nothing_is_a_chart():
    """A setup that failed early has an empty chart, not an error."""
    assert "0 stored" in texts(pictures.mail_over_time([]))


def test_the_same_evidence_gives_the_same_picture():
    """Pictures can be compared, and put under version control."""
    points = [Point(0, 0, 0), Point(5, 10, 1)]

    assert pictures.mail_over_time(points) == pictures.mail_over_time(points)
