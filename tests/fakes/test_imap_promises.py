"""What is true of every IMAP conversation, however it goes."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from fakes.actions import Action, Send
from fakes.gmail.seeding import SeedMessage, read_messages
from fakes.imap.session import ImapSession
from fakes.world import World

ALICE = "alice@contoso.com"
RAW = b"Message-ID: <1@x>\r\nSubject: hello {5}\r\n\r\nhello\r\n"

CONVERSATION = (
    b"1 CAPABILITY\r\n2 ID NIL\r\n3 LOGIN {5}\r\nalice {6}\r\nsecret\r\n4 AUTHENTICATE XOAUTH2\r\nbm9uc2Vuc2U=\r\n"
    b'5 AUTHENTICATE XOAUTH2 %b\r\n6 LIST "" {1+}\r\n*\r\n7 SELECT INBOX\r\n'
    b"8 APPEND INBOX (\\Flagged) {46}\r\n" + RAW + b"\r\n\r\n9 UID FETCH 1:* (FLAGS BODY[] X-GM-LABELS)\r\n"
    b'10 UID SEARCH CHARSET UTF-8 SUBJECT {5}\r\nhello FROM "x"\r\n11 STORE 1 +X-GM-LABELS ({6}\r\na {1}b &AOk-)\r\n'
    b"12 UID STORE 2 +FLAGS.SILENT (\\Deleted)\r\n13 APPEND Nowhere {4097+}\r\n" + b"x" * 4097 + b"\r\n"
    b"14 IDLE\r\nDONE\r\n15 NONSENSE\n16 NOOP\r\n17 CLOSE\r\n18 LOGOUT\r\n19 NOOP\r\n"
)


def bytes_of(actions: Iterable[Action]) -> bytes:
    """Return what actions send, and where they close."""
    return b"".join(action.data if isinstance(action, Send) else b"(closes)" for action in actions)


def stage(access_token: Callable[..., str]) -> tuple[ImapSession, bytes]:
    """Return a session over a mailbox with two messages, and the conversation to have with it, sign-in included."""
    world = World()
    alice = world.add_account(ALICE)
    alice.mail.add(RAW, labels=["\\Inbox", "Work"])
    alice.mail.add(b"Subject: two\r\n\r\n", labels=["\\Inbox"])
    response = f"user={ALICE}\x01auth=Bearer {access_token(world)}\x01\x01".encode()
    session = ImapSession(world)
    session.connected()
    return session, CONVERSATION % base64.b64encode(response)


@pytest.fixture(scope="module")
def in_one_piece(access_token: Callable[..., str]) -> bytes:
    """Return the replies to the whole conversation at once: the same ones in any world of the same seed."""
    session, conversation = stage(access_token)
    return bytes_of(session.receive(conversation))


@settings(max_examples=200)
@given(data=st.data())
def test_replies_do_not_depend_on_how_the_bytes_arrive(
    access_token: Callable[..., str], in_one_piece: bytes, data: st.DataObject
) -> None:
    """Any chopping of a whole conversation, literals and all, gives the same replies."""
    chopped, conversation = stage(access_token)
    cuts = data.draw(st.lists(st.integers(0, len(conversation)), max_size=60))

    pieces = [conversation[start:end] for start, end in pairwise([0, *sorted(cuts), len(conversation)])]

    assert b"".join(bytes_of(chopped.receive(piece)) for piece in pieces) == in_one_piece
    assert in_one_piece.endswith(b"18 OK 73 good day (Success)\r\n(closes)")


def test_replies_to_single_bytes_are_the_same(access_token: Callable[..., str]) -> None:
    """The finest chopping of all."""
    whole, conversation = stage(access_token)
    chopped, _ = stage(access_token)

    replies = b"".join(bytes_of(chopped.receive(bytes([byte]))) for byte in conversation)

    assert replies == bytes_of(whole.receive(conversation))


def test_the_same_calls_give_the_same_bytes(access_token: Callable[..., str]) -> None:
    """Two worlds of one seed say the same, ids and all."""
    (one, conversation), (other, _) = stage(access_token), stage(access_token)

    assert bytes_of(one.receive(conversation)) == bytes_of(other.receive(conversation))


lines = st.lists(
    st.binary()
    | st.builds(
        lambda tag, verb, rest: b" ".join((tag, verb, rest)) + b"\r\n",
        st.sampled_from([b"a", b"b1", b"*", b""]),
        st.sampled_from(
            b"UID FETCH 1:*|SELECT|STORE 1|SEARCH|APPEND|LIST|IDLE|AUTHENTICATE|UID MOVE 1:*|COPY 1|CREATE|"
            b'RENAME INBOX|DELETE|LIST (SUBSCRIBED) ""|LSUB|LOGIN'.split(b"|")
        ),
        st.binary()
        | st.sampled_from([b"INBOX", b"(FLAGS)", b"+FLAGS (\\Deleted)", b'"" *', b"x {3+}\r\nabc", b"PLAIN"])
        | st.sampled_from(
            [b"&AAo-", b"&2AA-", b"a/b", b"%/% RETURN (STATUS (UNSEEN))", b"[Gmail]/Trash", b"alice@contoso.com x"]
        ),
    )
)


@given(lines)
def test_nothing_that_a_client_sends_takes_the_world_down(
    access_token: Callable[..., str], open_imap: Callable[[World], ImapSession], lines: list[bytes]
) -> None:
    """Any bytes, signed in or not, idling or not, are answered or ignored; every line of an answer is whole."""
    world = World()
    world.add_account(ALICE)
    world.deliver(ALICE, RAW)
    for session in (ImapSession(world), open_imap(world)):
        session.receive(b"s SELECT INBOX\r\n")
        for line in lines:
            answer = bytes_of(session.receive(line))
            assert not answer or answer.endswith((b"\r\n", b"(closes)"))
        session.closed()


@pytest.mark.parametrize("flood", [b"x" * 70_000, b"a SEARCH " + b"1," * 40_000 + b"\r\n"])
def test_a_flood_ends_the_conversation(world: World, flood: bytes) -> None:
    """A command that does not end is not kept in memory for ever; nothing after it is read."""
    session = ImapSession(world, session_id="s1")

    answer = bytes_of(session.receive(flood))

    assert answer == b"* BAD Could not parse command s1\r\n(closes)"
    assert session.receive(b"a NOOP\r\n") == []


@pytest.mark.parametrize("command", ["LOGIN {65000}", "LOGIN {65536}", "APPEND INBOX {100000}", "LOGIN {5+}"])
def test_large_literals_are_refused_before_sign_in(world: World, said: Callable[..., str], command: str) -> None:
    """Who has not signed in may not fill the memory; and LITERAL- is not offered to him yet."""
    session = ImapSession(world, session_id="s1")

    answer = said(session.receive(f"a {command}\r\n".encode()))

    assert answer == ("+ go ahead\r\n" if "65000" in command else "a BAD Could not parse command s1\r\n")


def test_large_messages_are_taken_one_at_a_time(open_imap: Callable[[World], ImapSession]) -> None:
    """Behind a literal as long as a message may be no other is welcome, so that a command has an end."""
    world = World()
    world.add_account(ALICE)
    session = open_imap(world)

    session.receive(b"a APPEND INBOX {100000}\r\n")
    answer = bytes_of(session.receive(b"x" * 100_000 + b" {100000}\r\n"))

    assert answer == b"a BAD Could not parse command\r\n"


class ObedientClient(RuleBasedStateMachine):
    """A client that knows only what it is told, next to a world that changes and another client.

    It keeps a list of flags by place, as RFC 3501 wants it, and asks for UIDs only where it has to.
    """

    tokens: Callable[..., str]
    open: Callable[[World], ImapSession]

    @initialize(folder=st.sampled_from(["INBOX", '"[Gmail]/All Mail"', '"[Gmail]/Starred"']), count=st.integers(0, 4))
    def begin(self, folder: str, count: int) -> None:
        self.world = World()
        self.mail = self.world.add_account(ALICE).mail
        for _ in range(count):
            self.deliver(["\\Inbox", "\\Starred"])
        self.session = self.open(self.world)
        self.other = self.open(self.world)
        self.told: list[frozenset[str] | None] = []
        self.say(f"SELECT {folder}")
        self.other.receive(f"o SELECT {folder}\r\n".encode())
        self.folder = self.session._context.selected.folder
        self.idles = False

    @rule(labels=st.lists(st.sampled_from(["\\Inbox", "\\Starred", "\\Trash", "Work"])))
    def deliver(self, labels: list[str]) -> None:
        self.mail.add(RAW, labels=labels)

    @rule(data=st.data(), flags=st.sets(st.sampled_from(["\\Seen", "\\Flagged", "$X"])))
    def reflag(self, data: st.DataObject, flags: set[str]) -> None:
        if ids := [message.gm_msgid for message in self.mail.messages()]:
            self.mail.set_flags(data.draw(st.sampled_from(ids)), flags)

    @rule(data=st.data(), label=st.sampled_from(["\\Inbox", "\\Starred", "\\Trash"]), add=st.booleans())
    def relabel(self, data: st.DataObject, label: str, add: bool) -> None:
        if ids := [message.gm_msgid for message in self.mail.messages()]:
            change = self.mail.add_labels if add else self.mail.remove_labels
            change(data.draw(st.sampled_from(ids)), [label])

    @rule(
        command=st.sampled_from(
            ["UID STORE 1:* -FLAGS (\\Seen)", "UID STORE * +FLAGS (\\Deleted)", "STORE 1 +FLAGS ($Y)"]
        )
    )
    def the_other_works(self, command: str) -> None:
        self.other.receive(f"o {command}\r\n".encode())

    @rule(
        command=st.sampled_from(
            [
                "NOOP",
                "CHECK",
                "SEARCH ALL",
                "UID SEARCH ALL",
                "FETCH 1:* (FLAGS)",
                "UID FETCH 1:* (BODY[TEXT])",
                "STORE 1 +FLAGS (\\Seen)",
                "UID STORE 1:* FLAGS ($Z)",
                "STORE 1:2 +FLAGS (\\Deleted)",
                "UID STORE * +FLAGS (\\Deleted)",
                "UID STORE 1:* +X-GM-LABELS (\\Starred)",
                "EXPUNGE",
                "STATUS INBOX (MESSAGES)",
                "IDLE",
            ]
        )
    )
    def say(self, command: str) -> None:
        if getattr(self, "idles", False):
            self.obey(bytes_of(self.session.receive(b"DONE\r\n")))
        self.idles = command == "IDLE"
        self.obey(bytes_of(self.session.receive(f"a {command}\r\n".encode())), command)

    @rule()
    def hear(self) -> None:
        self.obey(bytes_of(self.session.wake()))

    def obey(self, answer: bytes, command: str = "NOOP") -> None:
        """Change what is known as the untagged lines say."""
        for line in answer.split(b"\r\n"):
            if match := re.fullmatch(rb"\* (\d+) EXPUNGE", line):
                assert not re.match("(FETCH|STORE|SEARCH)", command), "numbers shifted while the client counted by them"
                del self.told[int(match[1]) - 1]
            elif match := re.fullmatch(rb"\* (\d+) EXISTS", line):
                assert int(match[1]) >= len(self.told)
                self.told += [None] * (int(match[1]) - len(self.told))
            elif match := re.match(rb"\* (\d+) FETCH .*FLAGS \(([^)]*)\)", line):
                self.told[int(match[1]) - 1] = frozenset(match[2].decode().split())

    @invariant()
    def a_noop_later_it_knows_the_folder(self) -> None:
        """Once told everything, the client has as many messages as the folder, with the flags they have."""
        if not hasattr(self, "folder"):
            return
        if self.idles:
            self.hear()
        else:
            self.say("NOOP")
        flags = [self.mail.message(gm_msgid).flags for gm_msgid in self.folder.uids.values()]
        assert len(self.told) == len(flags)
        assert all(told is None or told == known for told, known in zip(self.told, flags, strict=True))


def test_a_client_that_obeys_ends_with_the_worlds_folder(open_imap: Callable[[World], ImapSession]) -> None:
    """Whatever happens in between, the untagged lines add up to the folder as it is."""
    client = type("Client", (ObedientClient,), {"open": staticmethod(open_imap)})

    run_state_machine_as_test(client, settings=settings(max_examples=60, stateful_step_count=25, deadline=None))


def corpus() -> Path | None:
    """Return where real mail lies, if it does: GMAILSYNC_CORPUS, or beside the project."""
    places = [os.environ.get("GMAILSYNC_CORPUS"), Path(__file__).parents[3] / "shared" / "corpus"]
    return next((Path(place) for place in places if place and Path(place).is_dir()), None)


@pytest.mark.skipif(
    corpus() is None, reason="needs real mail: set GMAILSYNC_CORPUS to a folder of folders of .eml files"
)
def test_real_mail_comes_out_as_it_went_in(open_imap: Callable[[World], ImapSession]) -> None:
    """SHA-256 of every message by BODY.PEEK[] is that of its file."""
    world = World()
    mail = world.add_account(ALICE).mail
    where = corpus()
    assert where is not None
    folders = [folder for folder in sorted(where.iterdir()) if folder.is_dir()]
    seeds = [seed for folder in folders for seed in read_messages(folder) if isinstance(seed, SeedMessage)]
    for seed in seeds:
        mail.add(seed.raw, labels=["\\Inbox"], internal_date=seed.internal_date)
    session = open_imap(world)
    session.receive(b"s EXAMINE INBOX\r\n")

    answer = bytes_of(session.receive(b"a UID FETCH 1:* (BODY.PEEK[])\r\n"))

    fetched = []
    while match := re.match(rb"\* \d+ FETCH \(UID \d+ BODY\[\] \{(\d+)\}\r\n", answer):
        end = match.end() + int(match[1])
        fetched.append(hashlib.sha256(answer[match.end() : end]).hexdigest())
        answer = answer[end:].removeprefix(b")\r\n")
    assert answer == b"a OK Success\r\n"
    assert fetched == [hashlib.sha256(seed.raw).hexdigest() for seed in seeds]
    assert len(fetched) > 500
