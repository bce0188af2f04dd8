"""A rehearsal: one setup played through the seven steps by the real program, against a simulated Google."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.fernet import Fernet

from fakes.clock import VirtualClock
from fakes.console import ConsoleRefused, OAuthClient, Project
from fakes.google import SimulatedGoogle
from fakes.journal import Entry
from fakes.journal import Party as Speaker
from gmailsync.aftermath import Happening
from gmailsync.app import App
from gmailsync.config import DATABASE_FILE, Settings
from gmailsync.errors import GmailSyncError
from gmailsync.evidence import STEP_NAMES, Chapter, Evidence, Party, Step, WireLine
from gmailsync.google.network import Network
from gmailsync.model.setup import Setup
from gmailsync.model.trial import StageState
from gmailsync.ports import Ports, Progress
from gmailsync.simulation import facts, google_side, product_side
from gmailsync.simulation.aftermath import Aftermath, outcome
from gmailsync.simulation.facts import Facts, StepFailed
from gmailsync.simulation.mail import MailFlow, Moved

NEEDS: dict[int, tuple[int, ...]] = {1: (), 2: (1,), 3: (2,), 4: (3,), 5: (4,), 6: (3,), 7: (5,)}
"""Which steps must have passed before a step can be tried. Step 6 is about the console of step 3 only."""

_PARTIES = {
    Speaker.CLIENT: Party.GMAILSYNC,
    Speaker.BROWSER: Party.BROWSER,
    Speaker.OAUTH: Party.OAUTH,
    Speaker.IMAP: Party.IMAP,
    Speaker.POP: Party.POP,
    Speaker.SMTP: Party.SMTP,
}


class Rehearsal:
    """Plays one setup. Use it in a `with`: call the steps in their order, then `mail_both_ways`, `then`, `evidence`.

    The program is the real one with a database of its own, which is thrown away at the end; only the network map
    and the clock come from the simulation. A step does not raise when the setup is at fault: it returns how it went,
    and after a failure the steps that need it are skipped.
    """

    def __init__(self, setup: Setup, *, progress: Progress | None = None) -> None:
        self.setup = setup
        self.google = SimulatedGoogle(clock=VirtualClock())
        self._progress = progress
        self._closing = ExitStack()
        self._app: App | None = None
        self._project: Project | None = None
        self._client: OAuthClient | None = None
        self._steps: list[Step] = []
        self._chapters: list[tuple[str, int]] = []
        self._moved = Moved()
        self._history: list[Happening] = []

    def start(self) -> Self:
        """Start the simulated Google and open the program; `stop` ends both."""
        with ExitStack() as opening:
            home = opening.enter_context(tempfile.TemporaryDirectory(prefix="gmailsync-rehearsal-"))
            opening.enter_context(self.google)
            self._app = opening.enter_context(self._open(Path(home)))
            self._closing = opening.pop_all()
        return self

    def stop(self) -> None:
        """Stop the servers and throw the database away; the evidence stays. Harmless when not running."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _open(self, home: Path) -> App:
        """Open the program in `home`, with a key of its own, so that nobody's keyring is asked."""
        settings = Settings(
            home=home,
            database_url=f"sqlite:///{home / DATABASE_FILE}",
            environ={"GMAILSYNC_KEY": Fernet.generate_key().decode()},
        )
        simulated = self.google.network
        network = Network(hosts=simulated.hosts, ca_file=simulated.ca_file)
        return App.open(settings, network=network, clock=self.google.clock, progress=self._progress)

    @property
    def ports(self) -> Ports:
        """What the program works with. RuntimeError before the start."""
        if self._app is None:
            raise RuntimeError("the rehearsal has not begun; start() it or enter its `with`")
        return self._app.ports

    # --- the seven steps ---

    def turn_on_imap(self) -> Step:
        """Step 1: the accounts, with the switches in their Gmail settings."""
        return self._step(1, lambda: google_side.add_accounts(self.google, self.setup))

    def create_project(self) -> Step:
        """Step 2: the project in the Google console."""
        return self._step(2, self._create_project)

    def configure_consent(self) -> Step:
        """Step 3: the consent screen and the OAuth client, judged by the console's rules."""
        return self._step(3, self._configure_consent)

    def create_profile(self) -> Step:
        """Step 4: the email server profile."""
        return self._step(4, lambda: product_side.create_profile(self.ports, self.setup, self._made_client))

    def configure_mailboxes(self) -> Step:
        """Step 5: the mailboxes, approved, and each owner's sign-in to Gmail."""
        return self._step(5, lambda: product_side.configure_mailboxes(self.ports, self.google, self.setup))

    def check_test_users(self) -> Step:
        """Step 6: the owners among the test users of the app."""
        return self._step(6, lambda: product_side.check_test_users(self.setup))

    def test_and_enable(self) -> Step:
        """Step 7: every stage of Test & Enable, for every mailbox."""
        return self._step(7, lambda: product_side.test_and_enable_all(self.ports, self.setup))

    def all_steps(self) -> None:
        """Play the seven steps in their order."""
        self.turn_on_imap()
        self.create_project()
        self.configure_consent()
        self.create_profile()
        self.configure_mailboxes()
        self.check_test_users()
        self.test_and_enable()

    def _step(self, number: int, act: Callable[[], Facts]) -> Step:
        self._begin_chapter(f"Step {number} · {STEP_NAMES[number]}")
        state, found = self._tried(number, act)
        step = Step(number, STEP_NAMES[number], state, tuple(found))
        self._steps.append(step)
        return step

    def _tried(self, number: int, act: Callable[[], Facts]) -> tuple[StageState, Facts]:
        missing = [need for need in NEEDS[number] if not self._has_passed(need)]
        if missing:
            return StageState.SKIPPED, [("skipped", f"step {missing[0]} has to pass first")]
        try:
            return StageState.PASSED, act()
        except StepFailed as failure:
            return StageState.FAILED, failure.facts
        except ConsoleRefused as refusal:
            return StageState.FAILED, facts.of_refusal(refusal)
        except GmailSyncError as error:
            return StageState.FAILED, facts.of_error(error)

    def _has_passed(self, number: int) -> bool:
        return any(step.step == number and step.state is StageState.PASSED for step in self._steps)

    def _create_project(self) -> Facts:
        self._project, found = google_side.create_project(self.google, self.setup)
        return found

    def _configure_consent(self) -> Facts:
        if self._project is None:
            raise RuntimeError("step 2 has not passed")
        found = google_side.configure_consent_screen(self.google, self.setup, self._project)
        self._client, more = google_side.create_client(self.google, self.setup, self._project)
        return found + more

    @property
    def _made_client(self) -> OAuthClient:
        if self._client is None:
            raise RuntimeError("step 3 has not passed")
        return self._client

    # --- mail ---

    def mail_both_ways(self, mail: Path | None = None, messages: int = 40) -> Evidence:
        """Let mail arrive in Gmail and leave from here, and sync it, provided that step 7 has passed.

        `mail` is an mbox file, a Maildir or a folder of `.eml` files; without it `messages` are made up. Raises
        `BadInput` when `mail` is none of these.
        """
        self._begin_chapter("Mail both ways")
        if self._has_passed(7):
            self._moved = MailFlow(self.google, self.ports, self.setup).run(mail, messages)
        return self.evidence()

    # --- afterwards ---

    def then(self) -> Evidence:
        """Let happen what the setup's history says, provided that step 7 has passed."""
        if self._has_passed(7):
            told = Aftermath(self.google, self.ports, self.setup, self._made_client.client_id, self._begin_chapter)
            self._history += told.run()
        return self.evidence()

    # --- evidence ---

    def evidence(self) -> Evidence:
        """Return everything shown so far."""
        shown = Evidence(
            environment=self.setup.environment,
            steps=tuple(self._steps),
            incoming=self._moved.incoming,
            outgoing=self._moved.outgoing,
            problems=(*self._moved.problems, *self._not_imitated()),
            chapters=tuple(self._written_chapters()),
            timeline=self._moved.timeline,
            history=tuple(self._history),
        )
        return replace(shown, outcome=outcome(self.setup.expect, shown)) if self.setup.expect else shown

    def _begin_chapter(self, title: str) -> None:
        self._chapters.append((title, len(self.google.journal.entries)))

    def _written_chapters(self) -> list[Chapter]:
        entries = self.google.journal.entries
        ends = [*(begin for _, begin in self._chapters[1:]), len(entries)]
        return [
            Chapter(title, tuple(_line(entry) for entry in entries[begin:end] if entry.sender in _PARTIES))
            for (title, begin), end in zip(self._chapters, ends, strict=True)
        ]

    def _not_imitated(self) -> list[str]:
        """Return what the simulation could not answer truly; nothing it then says proves anything."""
        try:
            self.google.check()
        except AssertionError as gap:
            return [str(gap)]
        return []


def _line(entry: Entry) -> WireLine:
    sender, receiver = _PARTIES[entry.sender], _PARTIES[entry.receiver]
    return WireLine(entry.at, entry.channel, entry.session, sender, receiver, entry.text)
