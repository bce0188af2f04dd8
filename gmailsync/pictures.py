"""Pictures of the evidence, as SVG that stands alone: who spoke to whom, and mail over time."""

from __future__ import annotations

import hashlib
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from gmailsync.conversation import Exchange, Passage, passages
from gmailsync.evidence import Chapter, Party, Point
from gmailsync.rendering import render

WIDTH = 1000
"""Of both pictures in pixels, so that they fit a page and a notebook without scrolling sideways."""

COLOURS = {
    Party.BROWSER: "#475569",
    Party.GMAILSYNC: "#4338ca",
    Party.OAUTH: "#1a66c9",
    Party.IMAP: "#b3261e",
    Party.POP: "#9a3412",
    Party.SMTP: "#0f766e",
}
"""Of each participant, from left to right. White text on each is legible (contrast 4.5 or better)."""

_SERVERS = {Party.OAUTH, Party.IMAP, Party.POP, Party.SMTP}
_RARE = {Party.POP}
"""Has a lane only where it takes part, so that the others have room."""
_PLACES = {5: (88, 258, 500, 706, 912), 6: (88, 240, 424, 604, 764, 916)}
_CHARACTER = 7.25  # pixels, of the monospaced labels
_ARROW = 21  # pixels from one arrow to the next


# --- Who spoke to whom -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Lane:
    name: str
    x: int
    half: float
    colour: str


@dataclass(frozen=True, slots=True)
class _Band:
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class _Frame:
    y: float
    height: float
    label: str

    @property
    def tab(self) -> float:
        """Return the width of the tab that carries the label."""
        return 8 + 7 * len(self.label)


@dataclass(frozen=True, slots=True)
class _Arrow:
    y: float
    x1: float
    x2: float
    text_x: float
    label: str
    colour: str
    dashed: bool

    @property
    def head(self) -> str:
        """Return the arrow's point as an SVG path."""
        back = 8 if self.x2 > self.x1 else -8
        return f"M{self.x2} {self.y}l{-back} -4v8z"


@dataclass(slots=True)
class _Canvas:
    """The drawing so far, from the top; `y` is where the next thing goes."""

    lanes: dict[Party, int]
    y: float = 58
    bands: list[_Band] = field(default_factory=list)
    frames: list[_Frame] = field(default_factory=list)
    arrows: list[_Arrow] = field(default_factory=list)

    def chapter(self, title: str, told: Sequence[Passage]) -> None:
        self.bands.append(_Band(self.y, title))
        self.y += 34
        for passage in told:
            self._passage(passage)
        self.y += 10

    def _passage(self, passage: Passage) -> None:
        repeated = passage.times > 1
        top = self.y
        if repeated:
            self.y += 24
        for exchange in passage.exchanges:
            self._exchange(exchange)
        if repeated:
            self.frames.append(_Frame(top, self.y - top + 4, f"{passage.times} times in a row"))
            self.y += 12

    def _exchange(self, exchange: Exchange) -> None:
        times = f"  ({exchange.times} ×)" if exchange.times > 1 else ""
        if exchange.asked:
            self._arrow(exchange.client, exchange.server, exchange.asked, times, dashed=False)
        if exchange.answered:
            self._arrow(exchange.server, exchange.client, exchange.answered, "", dashed=True)
        self.y += 7

    def _arrow(self, start: Party, end: Party, label: str, suffix: str, *, dashed: bool) -> None:
        self.y += _ARROW
        x1, x2 = self.lanes[start], self.lanes[end]
        left = min(x1, x2)
        room = int((WIDTH - left - 24) / _CHARACTER)
        text = _fitted(label, max(room, 24) - len(suffix)) + suffix
        colour = COLOURS[start if start in _SERVERS else end]
        self.arrows.append(_Arrow(self.y, x1, x2, left + 10, text, colour, dashed))


def sequence_diagram(chapters: Sequence[Chapter], title: str = "What crossed the wire") -> Markup:
    """Draw who spoke to whom, step by step, as SVG: repeats are told once, with their count."""
    canvas = _Canvas(_lanes(chapters))
    for chapter in chapters:
        told = passages(chapter.lines)
        if told:
            canvas.chapter(chapter.title, told)
    lines = sum(len(chapter.lines) for chapter in chapters)
    return render(
        "sequence.svg.j2",
        id="sequence-" + _digest(canvas.arrows),
        title=title,
        description=_described(canvas, lines),
        width=WIDTH,
        height=canvas.y + 50,
        lanes=[_Lane(party.value, x, 8 + 4.4 * len(party.value), COLOURS[party]) for party, x in canvas.lanes.items()],
        heads=[14, canvas.y + 8],
        bands=canvas.bands,
        frames=canvas.frames,
        arrows=canvas.arrows,
    )


def _lanes(chapters: Sequence[Chapter]) -> dict[Party, int]:
    """Return where each participant's lane is, from left to right."""
    seen = {party for chapter in chapters for line in chapter.lines for party in (line.sender, line.receiver)}
    drawn = [party for party in COLOURS if party not in _RARE or party in seen]
    return dict(zip(drawn, _PLACES[len(drawn)], strict=True))


def _described(canvas: _Canvas, lines: int) -> str:
    chapters = "; ".join(band.title for band in canvas.bands) or "nothing was said"
    return (
        f"{lines} lines between {', '.join(canvas.lanes)}, drawn as {len(canvas.arrows)} arrows. In order: {chapters}."
    )


def _digest(values: object) -> str:
    """Return an id that is the same for the same picture and another for another on the same page."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:8]


def _fitted(text: str, room: int) -> str:
    """Return the text on one line of at most `room` characters' width, printable and cut where it must be."""
    kept: list[str] = []
    width = 0
    for character in (character if character.isprintable() else "·" for character in text):
        width += 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
        if width > room - 1:
            return "".join(kept) + "…"
        kept.append(character)
    return "".join(kept)


# --- Mail over time --------------------------------------------------------------------------

_INK = "#1f2937"
_QUIET = "#6b7280"
_STYLE: dict[Any, Any] = {  # matplotlib's names for its settings, which its own types list one by one
    "svg.fonttype": "none",  # text stays text: small, searchable, and readable aloud
    "svg.hashsalt": "gmailsync",  # the same points give the same file
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.size": 11,
    "axes.edgecolor": "#cbd5e1",
    "axes.labelcolor": _INK,
    "text.color": _INK,
    "xtick.color": _QUIET,
    "ytick.color": _QUIET,
}


def mail_over_time(points: Sequence[Point], title: str = "Mail synced over time") -> Markup:
    """Draw how stored and sent emails add up, as SVG. Needs matplotlib (the extra `runbooks`)."""
    import matplotlib as mpl  # here, since only the runbooks' users have it, and it takes a second
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    points = points or (Point(0, 0, 0),)
    last = points[-1]
    minutes = [point.minutes for point in points]
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH / 96, 3.6), layout="constrained")
        axes = figure.add_subplot()
        curves = [
            (COLOURS[Party.IMAP], "stored", [point.stored for point in points], last.stored),
            (COLOURS[Party.SMTP], "sent", [point.sent for point in points], last.sent),
        ]
        for colour, word, counts, total in curves:
            axes.step(minutes, counts, where="post", color=colour, linewidth=2.2)
            axes.fill_between(minutes, counts, step="post", color=colour, alpha=0.08)
            axes.plot(minutes, counts, "o", color=colour, markersize=5)
            axes.annotate(
                f"{total} {word}", (last.minutes, total), (9, 0), textcoords="offset points",
                va="center", color=colour, fontweight="bold", annotation_clip=False,
            )  # fmt: skip
        axes.set_title(title, loc="left", fontweight="bold", fontsize=12.5)
        axes.set_xlabel("minutes of simulated time")
        axes.set_ylabel("emails")
        axes.set_ylim(0, max(last.stored, last.sent, 1) * 1.12)
        axes.set_xlim(0, max(last.minutes, 1) * 1.12)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y", color="#e5e7eb")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    told = f"{last.stored} emails stored and {last.sent} sent within {last.minutes:g} minutes."
    return _named(drawn.getvalue(), title, told)


def _named(svg: str, title: str, description: str) -> Markup:
    """Give matplotlib's SVG the title and description that screen readers read, and drop what only a file needs."""
    head, rest = svg[svg.index("<svg") :].split(">", 1)
    name = f"chart-{_digest(rest)}"
    labels = Markup('<title id="{0}-title">{1}</title><desc id="{0}-desc">{2}</desc>').format(name, title, description)
    drawn = f'{head} role="img" aria-labelledby="{name}-title {name}-desc">{labels}{rest}'
    return Markup(drawn)  # noqa: S704 - matplotlib escapes its texts, and the line above ours
