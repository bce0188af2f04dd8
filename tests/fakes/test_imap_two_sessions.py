"""What stays true whatever two sessions do to the same account (RFC 3501 section 2.3.1, RFC 4315, RFC 6851)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from fakes.actions import Action, Send
from fakes.gmail.folders import Folder
from fakes.imap.session import ImapSession
from fakes.world import World

ALICE = "alice@contoso.com"
GMAIL = ["INBOX", "Work", "[Gmail]/All Mail", "[Gmail]/Trash", "[Gmail]/Starred", "[Gmail]/Spam"]
CLASSIC = ["INBOX", "Work", "Trash"]

folders = st.integers(0, 5)
sessions = st.integers(0, 1)
messages = st.sampled_from(["1", "1:2", "2:*", "1:*", "*"])


class Side:
    """A session, and what a client that obeys it knows: the UIDs of the folder by place."""

    def __init__(self, session: ImapSession) -> None:
        self.session = session
        self.code = ""
        self.folder = ""
        self.known: list[int] = []

    def say(self, command: str) -> str:
        """Give a command, obey the untagged lines, learn the UIDs of what came; return the tagged line.

        `code` is the COPYUID then, wherever it stood.
        """
        self.code = ""
        tagged, came = self._obey(f"a {command}", by_number=not command.startswith(("UID", "NOOP", "MOVE", "EXPUNGE")))
        if came:
            self._obey(f"b FETCH 1:{len(self.known)} (UID)", by_number=True)
        return tagged

    def select(self, folder: str) -> None:
        self.folder, self.known = folder, []
        self.say(f'SELECT "{folder}"')

    def _obey(self, line: str, *, by_number: bool) -> tuple[str, bool]:
        came = False
        lines = text(self.session.receive(line.encode() + b"\r\n")).split("\r\n")
        self.code += "".join(found[0] for line in lines if (found := re.search(r"\[COPYUID .*\]", line)))
        for line in lines:
            if match := re.fullmatch(r"\* (\d+) EXPUNGE", line):
                assert not (by_number and "FETCH" in lines[0])
                del self.known[int(match[1]) - 1]
            elif match := re.fullmatch(r"\* (\d+) EXISTS", line):
                assert int(match[1]) >= len(self.known)
                came = came or int(match[1]) > len(self.known)
                self.known += [0] * (int(match[1]) - len(self.known))
            elif match := re.match(r"\* (\d+) FETCH \((?:.* )?UID (\d+)", line):
                place, uid = int(match[1]) - 1, int(match[2])
                assert self.known[place] in (0, uid)
                self.known[place] = uid
        return lines[-2], came


def text(actions: Iterable[Action]) -> str:
    return b"".join(action.data for action in actions if isinstance(action, Send)).decode()


class TwoSessions(RuleBasedStateMachine):
    """Two clients of one account that copy, move, store, expunge and append as they like."""

    open: Callable[[World], ImapSession]
    classic: bool

    @initialize(auto=st.booleans(), count=st.integers(0, 3))
    def begin(self, auto: bool, count: int) -> None:
        self.world = World()
        self.mail = self.world.add_account(ALICE, classic=self.classic).mail
        self.mail.auto_expunge = auto and not self.classic
        self.names = CLASSIC if self.classic else GMAIL
        for name in self.names:
            if self.mail.folder(name) is None:
                self.mail.create_folder(name)
        self.number = 0
        self.meaning: dict[tuple[str, int], int] = {}
        self.sides = [Side(self.open(self.world)) for _ in range(2)]
        for side in self.sides:
            side.select("INBOX")
        for _ in range(count):
            self.append(0, 0, fresh=True)

    def name(self, folder: int) -> str:
        return self.names[folder % len(self.names)]

    def folder(self, name: str) -> Folder:
        folder = self.mail.folder(name)
        assert folder is not None
        return folder

    @rule(who=sessions, folder=folders)
    def select(self, who: int, folder: int) -> None:
        self.sides[who].select(self.name(folder))

    @rule(who=sessions, folder=folders, fresh=st.booleans())
    def append(self, who: int, folder: int, fresh: bool) -> None:
        """APPENDUID is the UID of the message, unless its bytes were thrown away."""
        self.number += fresh
        raw = f"Message-ID: <{self.number}@x>\r\n\r\n"
        target = self.folder(self.name(folder))
        twin = self.mail.twin(raw.encode())
        discarded = twin is not None and target.uid_of(twin.gm_msgid) is not None

        tagged = self.sides[who].say(f'APPEND "{target.name}" {{{len(raw)}+}}\r\n{raw}')

        match = re.fullmatch(r"a OK \[APPENDUID (\d+) (\d+)\] \(Success\)", tagged)
        assert match is not None
        assert (int(match[1]), int(match[2])) == (target.uidvalidity, target.uidnext - 1)
        assert discarded is (int(match[2]) not in target.uids)

    @rule(who=sessions, folder=folders, which=messages, verb=st.sampled_from(["COPY", "MOVE"]), uid=st.booleans())
    def carry(self, who: int, folder: int, which: str, verb: str, uid: bool) -> None:
        """COPYUID names the same bytes on both sides; what was moved is no longer under its old UID."""
        side, target = self.sides[who], self.folder(self.name(folder))
        source = self.folder(side.folder)
        before = {number: self.mail.message(gm_msgid) for number, gm_msgid in source.uids.items()}

        tagged = side.say(f'{"UID " if uid else ""}{verb} {which} "{target.name}"')

        if match := re.fullmatch(r"\[COPYUID (\d+) (\S+) (\S+)\]", side.code):
            assert int(match[1]) == target.uidvalidity
            sources, targets = numbers(match[2]), numbers(match[3])
            assert len(sources) == len(targets)
            for old, new in zip(sources, targets, strict=True):
                landed = self.mail.message(target.uids[new])
                assert landed.raw == before[old].raw
                assert self.classic or landed.gm_msgid == before[old].gm_msgid
                if verb == "MOVE" and source.label is not None and (self.classic or source is not target):
                    assert old not in source.uids
        else:
            assert tagged == "a OK (Success)"

    @rule(
        who=sessions,
        which=messages,
        flags=st.sampled_from(["+FLAGS (\\Deleted)", "-FLAGS (\\Deleted)", "+FLAGS (\\Flagged)", "FLAGS (\\Seen)"]),
        uid=st.booleans(),
    )
    def store(self, who: int, which: str, flags: str, uid: bool) -> None:
        self.sides[who].say(f"{'UID ' if uid else ''}STORE {which} {flags}")

    @rule(who=sessions, command=st.sampled_from(["EXPUNGE", "UID EXPUNGE 1:2", "NOOP"]))
    def expunge(self, who: int, command: str) -> None:
        self.sides[who].say(command)

    @invariant()
    def uids_rise_and_mean_one_message(self) -> None:
        """Check that a UID never means another message than before, and that UIDNEXT is above them all."""
        for name in getattr(self, "names", []):
            folder = self.folder(name)
            uids = list(folder.uids)
            assert uids == sorted(uids)
            assert not uids or uids[-1] < folder.uidnext
            for uid, gm_msgid in folder.uids.items():
                assert self.meaning.setdefault((name, uid), gm_msgid) == gm_msgid

    @invariant()
    def no_message_is_in_a_folder_twice(self) -> None:
        """One message, one X-GM-MSGID, one UID in each folder."""
        for name in getattr(self, "names", []):
            ids = list(self.folder(name).uids.values())
            assert len(ids) == len(set(ids))

    @invariant()
    def a_noop_later_each_knows_its_folder(self) -> None:
        """Check that the untagged lines add up to the folder as it is."""
        for side in getattr(self, "sides", []):
            side.say("NOOP")
            assert side.known == list(self.folder(side.folder).uids)


@pytest.mark.parametrize("classic", [False, True], ids=["gmail", "classic"])
def test_two_sessions_keep_the_promises_of_imap(open_imap: Callable[[World], ImapSession], classic: bool) -> None:
    """Any interleaving of COPY, MOVE, STORE, EXPUNGE and APPEND."""
    machine = type("Machine", (TwoSessions,), {"open": staticmethod(open_imap), "classic": classic})

    run_state_machine_as_test(machine, settings=settings(max_examples=40, stateful_step_count=25, deadline=None))


def numbers(written: str) -> list[int]:
    """Return the UIDs of a set in its order."""
    ranges = (part.partition(":") for part in written.split(","))
    return [number for low, _, high in ranges for number in range(int(low), int(high or low) + 1)]
