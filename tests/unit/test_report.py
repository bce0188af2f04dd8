"""The evidence as people and programs read it."""

from __future__ import annotations

import hashlib
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from rich.console import Console

from gmailsync import report
from gmailsync.evidence import (
    STEP_NAMES,
    Chapter,
    Evidence,
    Incoming,
    Outgoing,
    Party,
    Point,
    Proof,
    Skipped,
    Step,
    WireLine,
)
from gmailsync.model.trial import StageState

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOSTILE = "<img src=x onerror=alert(1)>\x1b[31m"


def proof(number: int, *, equal: bool = True, subject: str = "Hello") -> Proof:
    digest = hashlib.sha256(b"%d" % number).hexdigest()
    return Proof("alice@contoso.com", subject, 100 + number, digest, digest if equal else "")


@pytest.fixture
def good() -> Evidence:
    """All seven steps passed, three messages are stored, one email is sent."""
    facts = (("alice@contoso.com · IMAP sign-in", "signed in"), ("alice@contoso.com · Inbox opened", "3 messages"))
    lines = (
        WireLine(NOON, "imap", "x", Party.GMAILSYNC, Party.IMAP, "A1 NOOP"),
        WireLine(NOON, "imap", "x", Party.IMAP, Party.GMAILSYNC, "A1 OK Success"),
    )
    return Evidence(
        environment="https://contoso.crm.dynamics.com",
        steps=tuple(Step(number, name, StageState.PASSED, facts) for number, name in STEP_NAMES.items()),
        incoming=Incoming(tuple(proof(number) for number in range(3))),
        outgoing=Outgoing(1, 1),
        chapters=(Chapter("Step 7", lines),),
        timeline=(Point(0, 0, 0), Point(5, 3, 1)),
    )


@pytest.fixture
def bad(good) -> Evidence:
    """Step 3 failed, and everything that follows was skipped."""
    steps = [
        replace(
            step, state=StageState.FAILED if step.step == 3 else StageState.SKIPPED if step.step > 3 else step.state
        )
        for step in good.steps
    ]
    return replace(good, steps=tuple(steps), incoming=Incoming(), outgoing=Outgoing(), timeline=())


def printed(evidence: Evidence, **options) -> str:
    console = Console(file=io.StringIO(), width=100)
    report.print_to(console, evidence, **options)
    return console.file.getvalue()


# --- Verdict ---------------------------------------------------------------------------------


def test_good_evidence_is_ok(good):
    """Steps passed, every message equal, every email sent."""
    assert good.ok
    assert good.first_failing_step is None
    assert report.verdict(good) == "The setup works: all seven steps passed, and mail moves both ways."


def test_the_first_failing_step_is_named(bad):
    """Skipped steps do not hide the one that failed."""
    assert not bad.ok
    assert bad.first_failing_step == 3
    assert "step 3 failed (Configure the OAuth consent screen and client)" in report.verdict(bad)


@pytest.mark.parametrize(
    "change",
    [
        {"incoming": Incoming((proof(1), proof(2, equal=False)))},
        {"outgoing": Outgoing(2, 1)},
        {"problems": ("alice@contoso.com: sync failed",)},
    ],
)
def test_mail_that_did_not_move_is_not_ok(good, change):
    """Seven passed steps are not enough."""
    evidence = replace(good, **change)

    assert not evidence.ok
    assert report.verdict(evidence) == "The seven steps passed, but not all mail moved."


# --- JSON ------------------------------------------------------------------------------------


def test_json_has_the_promised_shape(good):
    """The names that other programs rely on."""
    told = good.to_json("out/report.html")

    assert {"ok", "first_failing_step", "steps", "diagnosis", "fixed", "incoming", "outgoing", "report"} <= told.keys()
    assert told["steps"][0] == {
        "step": 1,
        "name": "Turn on IMAP in Gmail",
        "state": "passed",
        "evidence": {"alice@contoso.com · IMAP sign-in": "signed in", "alice@contoso.com · Inbox opened": "3 messages"},
    }
    assert {"delivered": 3, "stored": 3, "skipped": 0}.items() <= told["incoming"].items()
    assert told["outgoing"] == {"queued": 1, "sent": 1}


def test_evidence_survives_json(good):
    """What was written is what is read, but for the wire."""
    told = json.loads(json.dumps(good.to_json()))

    assert Evidence.from_json(told) == replace(good, chapters=())


# --- HTML ------------------------------------------------------------------------------------


class Links(HTMLParser):
    """Collects what a page would load, and checks that its tags are closed in order."""

    VOID = frozenset({"meta", "br", "img", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.loads += [value for name, value in attrs if name in {"src", "href", "xlink:href"} and value[:1] != "#"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_html_report_needs_nothing_from_anywhere(good, tmp_path):
    """One file, no scripts, no requests: it can be attached to a ticket."""
    files = report.write(good, tmp_path / "new" / "folder")

    page = files.report.read_text(encoding="utf-8")
    links = Links()
    links.feed(page)
    assert links.loads == []
    assert links.open == []
    assert "<script" not in page
    assert not re.search(r"@import|url\((?!#)", page)


def test_the_html_report_shows_steps_pictures_messages_and_wire(good):
    """All that support asks for is on the page."""
    page = report.html(good)

    assert page.count("<svg") == 2
    assert page.count('class="name"') == 7
    assert good.incoming.proofs[0].sha256_in_gmail in page
    assert "A1 OK Success" in page


def test_mail_cannot_write_into_the_report(good):
    """Subjects, server lines and file names are text, whatever they hold."""
    hostile = replace(
        good,
        steps=(replace(good.steps[0], evidence=((HOSTILE, HOSTILE),)), *good.steps[1:]),
        incoming=Incoming((proof(1, subject=HOSTILE),), (Skipped(HOSTILE, HOSTILE),)),
        problems=(HOSTILE,),
        chapters=(Chapter(HOSTILE, (WireLine(NOON, "imap", HOSTILE, Party.GMAILSYNC, Party.IMAP, HOSTILE),)),),
    )

    page = report.html(hostile)

    assert "<img" not in page
    assert "\x1b" not in printed(hostile)


def test_a_message_that_is_not_equal_is_shown_however_long_the_list(good):
    """The list is cut, but never where it matters."""
    many = tuple(proof(number, equal=number != 999) for number in range(1000))

    page = report.html(replace(good, incoming=Incoming(many)))

    assert many[999].sha256_in_gmail in page
    assert f"and {1000 - report.MOST_MESSAGES - 1} more, all equal" in page


# --- Terminal and notebook -------------------------------------------------------------------


def test_the_terminal_shows_steps_numbers_and_files(good, tmp_path):
    """What `demo` and `runbook run` print."""
    text = printed(good, files=[("HTML report", tmp_path / "report.html")])

    assert text.count("✓") == 7
    assert "3  stored here, equal to the byte" in text
    assert "The setup works" in text
    assert f"HTML report: {tmp_path / 'report.html'}" in text


def test_the_terminal_shows_what_failed(bad):
    """A cross, dashes for what was skipped, and the verdict."""
    text = printed(replace(bad, incoming=Incoming((), (Skipped("broken.eml", "Permission denied"),))))

    assert text.count("✗") == 1
    assert "broken.eml: Permission denied" in text
    assert "step 3 failed" in text


def test_parts_of_one_thing_stand_under_its_name(good):
    """Stages of a mailbox are listed under the mailbox, which is named once."""
    shown = report.step_table(good.steps[6])

    assert repr(shown) == "✓ Step 7 passed\nalice@contoso.com:\n  IMAP sign-in: signed in\n  Inbox opened: 3 messages"
    assert shown._repr_html_().count("alice@contoso.com") == 1


def test_notebook_pieces_keep_their_style_to_themselves(good):
    """What a notebook shows does not restyle the notebook."""
    for piece in (
        report.step_table(good.steps[0]),
        report.message_table(good.incoming.proofs),
        report.verdict_banner(good),
    ):
        assert "<style>@scope {" in piece._repr_html_()
