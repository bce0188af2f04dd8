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
from gmailsync.aftermath import Happening, Look, Outcome, Trouble
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
from gmailsync.model.alert import Level
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


# --- What happened then ----------------------------------------------------------------------


def dead(code: str = "oauth.grant-dead", level: Level = Level.ERROR) -> Look:
    trouble = Trouble(code, level, "Google says no", "Ask the owner.", "HTTP 400", "invalid_grant", NOON)
    return Look("alice@contoso.com", "alert", (trouble,))


FINE = Look("alice@contoso.com", "healthy")


def then(*looks: Look) -> tuple[Happening, ...]:
    """Return events `event 1`, `event 2` ..., each with the look after it."""
    return tuple(Happening(NOON, f"event {number}", (look,)) for number, look in enumerate(looks, 1))


@pytest.mark.parametrize(
    ("looks", "broken_by"),
    [
        ([], None),
        ([FINE, FINE], None),
        ([dead(), FINE], None),
        ([FINE, dead(), dead()], "event 2"),
        ([dead(), FINE, dead()], "event 3"),
        ([FINE, dead(level=Level.WARNING)], None),
    ],
)
def test_the_event_that_broke_the_setup_for_good_is_found(good, looks, broken_by):
    """What was whole again is no fault, and what may pass by itself is none either."""
    evidence = replace(good, history=then(*looks))

    assert (evidence.broken_by.event if evidence.broken_by else None) == broken_by
    assert evidence.ok is (broken_by is None)
    assert evidence.worked


def test_the_verdict_names_the_event_and_the_code(good):
    """Support sees in one sentence that it worked, and what ended it."""
    evidence = replace(good, history=then(FINE, dead()))

    assert report.verdict(evidence) == (
        "The setup worked, and does not any more since this: event 2 (oauth.grant-dead)."
    )


def test_an_event_that_cannot_happen_is_not_hidden(good):
    """A history that contradicts the setup proves less than it says."""
    evidence = replace(good, history=(Happening(NOON, "event 1", refused="no such account"), *then(FINE)))

    assert not evidence.ok
    assert report.verdict(evidence) == "The setup works, but not all of its history can happen."
    assert "– Then: event 1\n    cannot happen: no such account" in printed(evidence)


def test_the_history_is_shown_with_what_was_seen(good):
    """On the terminal, in the report and in a notebook: the event, the code, since when, what to do."""
    outcome = Outcome("history", "oauth.grant-dead", True, (("history", "oauth.grant-dead"),))
    evidence = replace(good, history=then(FINE, dead()), outcome=outcome)
    table = report.history_table(evidence)

    for shown in (printed(evidence), report.html(evidence), str(table), table._repr_html_()):
        assert "event 2" in shown
        assert "oauth.grant-dead since 2026-01-05 12:00 UTC" in shown
        assert "what to do: Ask the owner." in shown
        assert "What the customer saw is seen here: oauth.grant-dead at history." in shown


def test_a_setup_without_history_shows_none(good):
    """Nothing is said on the terminal and in the report; a notebook's cell says why it is empty."""
    assert "Then" not in printed(good)
    assert "What happened then" not in report.html(good)
    assert str(report.history_table(good)) == report.NO_HISTORY


def test_servers_cannot_paint_the_history(good):
    """What a server or a file says is text, on the terminal and in HTML."""
    evidence = replace(good, history=(Happening(NOON, HOSTILE, (dead(HOSTILE),), ""),))

    assert "\x1b" not in printed(evidence)
    assert "<img" not in report.html(evidence)


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
    outcome = Outcome("", "oauth.grant-dead", False, (("sign_in", "access_denied"),))
    happenings = (*then(FINE, dead()), Happening(NOON, "event 3", refused="no such account"))
    whole = replace(good, history=happenings, outcome=outcome)

    told = json.loads(json.dumps(whole.to_json()))

    assert Evidence.from_json(told) == replace(whole, chapters=())


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
