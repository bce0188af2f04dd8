"""The evidence as people and programs read it: on a terminal, as one HTML file, as JSON, in a notebook."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from gmailsync import pictures
from gmailsync.aftermath import Happening, Look
from gmailsync.evidence import PART, Evidence, Proof, Step
from gmailsync.model.alert import Level
from gmailsync.model.trial import StageState
from gmailsync.rendering import printable, render, source
from gmailsync.rules.wording import MARKS

if TYPE_CHECKING:
    from rich.console import Console

MOST_MESSAGES = 200
"""How many messages the HTML report lists; those that are not equal are always among them."""

NO_HISTORY = "The setup tells of nothing that happened since."
"""In place of a history that is empty."""

EVIDENCE_FILE = "evidence.json"
REPORT_FILE = "report.html"

_COLOURS = {StageState.PASSED: "green", StageState.FAILED: "red", StageState.SKIPPED: "bright_black"}


@dataclass(frozen=True, slots=True)
class Html:
    """A piece of HTML that notebooks show as such; `text` stands in where only text can be shown."""

    html: str
    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return str(self.html)


@dataclass(frozen=True, slots=True)
class Files:
    """Where a report lies."""

    report: Path
    evidence: Path


def write(evidence: Evidence, output: Path) -> Files:
    """Write `report.html` and `evidence.json` into the directory `output`, which is made when it is missing."""
    output.mkdir(parents=True, exist_ok=True)
    files = Files(output / REPORT_FILE, output / EVIDENCE_FILE)
    files.report.write_text(html(evidence), encoding="utf-8")
    told = json.dumps(evidence.to_json(str(files.report)), ensure_ascii=False, indent=2)
    files.evidence.write_text(told + "\n", encoding="utf-8")
    return files


# --- HTML ------------------------------------------------------------------------------------


def html(evidence: Evidence) -> str:
    """Return the report as one HTML page that needs nothing from anywhere else."""
    return render(
        "report.html.j2",
        evidence=evidence,
        verdict=verdict(evidence),
        numbers=_numbers(evidence),
        style=source("style.css"),
        steps=_steps_html(evidence.steps),
        history=_history_html(evidence),
        messages=_messages_html(evidence.incoming.proofs),
        diagram=pictures.sequence_diagram(evidence.chapters),
        chart=_chart(evidence),
    )


def verdict(evidence: Evidence) -> str:
    """Return in one sentence how it went."""
    if evidence.first_failing_step:
        step = evidence.steps[evidence.first_failing_step - 1]
        return f"The setup does not work: step {step.step} failed ({step.name})."
    if evidence.worked and (broken_by := evidence.broken_by):
        codes = ", ".join(broken_by.errors)
        return printable(f"The setup worked, and does not any more since this: {broken_by.event} ({codes}).")
    if evidence.worked and any(happening.refused for happening in evidence.history):
        return "The setup works, but not all of its history can happen."
    if evidence.ok:
        both = evidence.incoming.delivered and evidence.outgoing.queued
        return f"The setup works: all seven steps passed, and mail moves{' both ways' if both else ''}."
    return "The seven steps passed, but not all mail moved."


def step_table(step: Step) -> Html:
    """Return a step with its evidence, for a notebook."""
    return Html(_styled(render("step.html.j2", step=step, rows=_rows, marks=MARKS)), _step_text(step))


def message_table(proofs: Sequence[Proof], most: int = 12) -> Html:
    """Return incoming messages with their hashes, for a notebook; the first `most` and all that are not equal."""
    equal = sum(proof.ok for proof in proofs)
    return Html(_styled(_messages_html(proofs, most)), f"{equal} of {len(proofs)} messages are equal to the byte")


def history_table(evidence: Evidence) -> Html:
    """Return what happened since mail moved, and whether it is what the customer saw, for a notebook."""
    return Html(_styled(_history_html(evidence)), "\n".join(_history_lines(evidence)) or NO_HISTORY)


def picture(svg: str) -> Html:
    """Return an SVG picture, for a notebook."""
    return Html(svg, "(a picture)")


def verdict_banner(evidence: Evidence) -> Html:
    """Return the verdict and the numbers, for a notebook."""
    banner = render("verdict.html.j2", evidence=evidence, verdict=verdict(evidence), numbers=_numbers(evidence))
    return Html(_styled(banner), verdict(evidence))


def _steps_html(steps: Sequence[Step]) -> Markup:
    return render("steps.html.j2", steps=steps, rows=_rows, marks=MARKS)


def _history_html(evidence: Evidence) -> Markup:
    return render(
        "history.html.j2",
        history=evidence.history,
        outcome=evidence.outcome,
        told=_happening_lines,
        mark=_happening_mark,
        marks=MARKS,
        nothing=NO_HISTORY,
    )


def _messages_html(proofs: Sequence[Proof], most: int = MOST_MESSAGES) -> Markup:
    shown = [proof for number, proof in enumerate(proofs) if number < most or not proof.ok]
    return render("messages.html.j2", proofs=shown, more=len(proofs) - len(shown))


def _styled(body: Markup) -> str:
    """Give a piece of HTML the report's own style, without touching the rest of the page it lands in."""
    return Markup("<div><style>@scope {{ {}{} }}</style>{}</div>").format(
        source("style.css"), source("notebook.css"), body
    )


def _chart(evidence: Evidence) -> Markup:
    """Return the chart, or nothing where matplotlib (the extra `runbooks`) is missing or no mail moved."""
    if not evidence.timeline or importlib.util.find_spec("matplotlib") is None:
        return Markup()
    return pictures.mail_over_time(evidence.timeline)


# --- Terminal --------------------------------------------------------------------------------


def print_to(console: Console, evidence: Evidence, files: Sequence[tuple[str, Path]] = ()) -> None:
    """Print the steps with their evidence, the numbers, the verdict, and where which file lies."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("Step", "", "What was done", "Evidence"):
        table.add_column(heading, overflow="fold")
    for step in evidence.steps:
        mark = Text(MARKS[step.state], style=_COLOURS[step.state])
        told = "\n".join(row.text for row in _rows(step))
        table.add_row(Text(str(step.step)), mark, Text(step.name), Text(told))
    console.print(table)
    for happening in evidence.history:
        colour = _COLOURS[_happening_mark(happening)]
        console.print(Text(f"{MARKS[_happening_mark(happening)]} Then: {printable(happening.event)}", style=colour))
        for line in _happening_lines(happening):
            console.print(Text(printable(f"    {line}")))
    for number in _numbers(evidence):
        console.print(Text(f"{number.count:>6}  {number.word}"))
    for item in evidence.incoming.skipped:
        console.print(Text(printable(f"        could not be read: {item.source}: {item.reason}"), style="yellow"))
    for problem in evidence.problems:
        console.print(Text(printable(problem), style="red"))
    console.print()
    console.print(Text(verdict(evidence), style="bold green" if evidence.ok else "bold red"))
    if evidence.outcome:
        console.print(
            Text(printable(evidence.outcome.sentence), style="bold green" if evidence.outcome.seen else "bold red")
        )
    for word, path in files:
        console.print(Text(f"{word}: {path}"), soft_wrap=True)


# --- Pieces ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of evidence; a heading has nothing `found`, and a part of something is indented."""

    what: str
    found: str
    is_part: bool = False

    @property
    def text(self) -> str:
        """Return the row as a line of text."""
        told = f"{self.what}: {self.found}" if self.found else f"{self.what}:"
        return printable(f"  {told}" if self.is_part else told)


def _rows(step: Step) -> list[_Row]:
    """Return the evidence with what concerns the same thing under one heading."""
    rows: list[_Row] = []
    subject = ""
    for what, found in step.evidence:
        before, subject = subject, what.partition(PART)[0]
        part = what.removeprefix(subject).removeprefix(PART)
        if part and subject != before:
            rows.append(_Row(subject, ""))
        rows.append(_Row(part or subject, found, is_part=bool(part)))
    return rows


def _happening_mark(happening: Happening) -> StageState:
    """Return how an event ended: something that cannot happen is left out."""
    if happening.refused:
        return StageState.SKIPPED
    return StageState.FAILED if happening.broken else StageState.PASSED


def _happening_lines(happening: Happening) -> list[str]:
    """Return what was seen after an event, a line each."""
    if happening.refused:
        return [f"cannot happen: {happening.refused}"]
    return [line for look in happening.looks for line in _look_lines(look)]


def _look_lines(look: Look) -> list[str]:
    lines = [f"{look.address}: {look.state}"]
    for trouble in look.troubles:
        word = "warning " if trouble.level is Level.WARNING else ""
        lines.append(
            f"{look.address}: {word}{trouble.code} since {trouble.since:%Y-%m-%d %H:%M} UTC: {trouble.message}"
        )
        if trouble.advice:
            lines.append(f"{look.address}: what to do: {trouble.advice}")
    return lines if not look.troubles else lines[1:]


def _history_lines(evidence: Evidence) -> list[str]:
    lines = []
    for happening in evidence.history:
        lines.append(f"{MARKS[_happening_mark(happening)]} Then: {happening.event}")
        lines += [f"    {line}" for line in _happening_lines(happening)]
    return [printable(line) for line in [*lines, *([evidence.outcome.sentence] if evidence.outcome else [])]]


@dataclass(frozen=True, slots=True)
class _Number:
    count: int
    word: str


def _numbers(evidence: Evidence) -> list[_Number]:
    incoming, outgoing = evidence.incoming, evidence.outgoing
    numbers = [
        _Number(incoming.delivered, "messages delivered to Gmail"),
        _Number(incoming.stored, "stored here, equal to the byte"),
        _Number(outgoing.queued, "emails queued here"),
        _Number(outgoing.sent, "sent, and seen in Gmail's Sent"),
    ]
    if incoming.skipped:
        numbers.insert(2, _Number(len(incoming.skipped), "files skipped as unreadable"))
    return numbers


def _step_text(step: Step) -> str:
    return "\n".join([f"{MARKS[step.state]} Step {step.step} {step.state}", *(row.text for row in _rows(step))])
