r"""The simulated IMAP, in classic mode, and Dovecot run the same random programs and show the same mail.

After each command both sessions' views are compared: what exists, with which UIDs, flags and `\Recent`; that is also
what the untagged responses so far have to add up to. Besides, the answers: OK, NO or BAD, response codes, and data.

Where they may differ, and do (the machine keeps away from these or looks past them):

- Untagged responses may come with one command or the next; only what they add up to counts (RFC 3501 section 7).
- Dovecot says BAD to sequence numbers and folders' names that it cannot make sense of where Gmail says NO or OK.
- Sections of a part that is no message, such as BODY[1.TEXT], are NIL at Gmail; of a part that is none, an empty
  string at Dovecot.
- LSUB tells of children at Gmail. Dovecot subscribes to no name that is none of a folder (RFC 3501 section 6.3.6).
- Dovecot leaves out \Noselect for a name that lost its folder and has others under it.
- BODYSTRUCTURE ends with a location at Dovecot, which Gmail leaves out, and some words are in other letters.
- A subscription goes along with a renamed folder at Gmail and stays with the name at Dovecot (RFC 3501 leaves it open).
- Dovecot was told to have Drafts, Sent and Trash.
- Dovecot 2.3 finds nothing by NOT before keys in parentheses with a KEYWORD that its folder never had.
- In a folder opened by EXAMINE Gmail says NO to EXPUNGE, MOVE and STORE; Dovecot says OK where nothing
  changes, and does MOVE.
- Dovecot lets off a client that asks STATUS about the selected folder with [CLIENTBUG].
- A NO may lack a response code (RFC 5530): Dovecot has none for a folder that it cannot select.
- UIDVALIDITY is any number, and so is HIGHESTMODSEQ.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from contextlib import ExitStack

import pytest
from dovecot import PASSWORD
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from imap_talk import Answer, Server, Value, fetched, numbered

from fakes.imap.session import ImapSession

pytestmark = pytest.mark.needs_package("dovecot-imapd")

APP_PASSWORD = "abcdefghijklmnop"
FOLDERS = ("INBOX", "Work", "Work/Deep", "Play")
OWN_CODES = ((b"CLIENTBUG",), (b"CLOSED",), (b"HIGHESTMODSEQ",))
ALWAYS_THERE = (b"Drafts", b"Sent", b"Trash")

PLAIN = (
    b"From: Bob <bob@fabrikam.example>\r\nTo: alice@contoso.com\r\nSubject: Hello there\r\n"
    b"Date: Mon, 1 Jan 2024 10:00:00 +0000\r\nMessage-ID: <1@fabrikam.example>\r\n\r\nhello world\r\n"
)
MULTIPART = (
    b'From: "Carol, C." <carol@contoso.com>\r\nTo: Bob <bob@fabrikam.example>, team: dave@contoso.com;\r\n'
    b"Cc: eve@contoso.com (Eve)\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nDate: Tue, 2 Jan 2024 23:30:00 -0800\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\npreamble\r\n--b\r\n\r\nfirst part\r\n'
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"<p>Gr=C3=BC=C3=9Fe</p>\r\n--b\r\nContent-Type: application/pdf; name=report.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=report.pdf\r\n\r\n"
    b"JVBERi0xLjQK\r\n--b--\r\n"
)
NESTED = (
    b"From: dave@contoso.com\r\nSubject: Fwd: nested\r\nDate: Wed, 3 Jan 2024 00:10:00 +0900\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: message/rfc822\r\n\r\nFrom: bob@fabrikam.example\r\nSubject: inner\r\n\r\ninner text\r\n"
)
NO_SENDER = b"Subject: no sender\r\n\r\n" + b"x" * 300 + b"\r\n"
MESSAGES = (PLAIN, MULTIPART, NESTED, NO_SENDER)
DATES = ("01-Jan-2024 10:00:00 +0000", "02-Jan-2024 23:30:00 -0800", "15-Feb-2024 12:00:00 +0900")
FLAGS = ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "$Later", "$Hot", "plain")
ITEMS = (
    "FLAGS",
    "UID",
    "INTERNALDATE",
    "RFC822.SIZE",
    "ENVELOPE",
    "BODY",
    "BODYSTRUCTURE",
    "RFC822.HEADER",
    "BODY.PEEK[]",
    "BODY[]<5.20>",
    "BODY[TEXT]",
    "BODY.PEEK[HEADER]",
    "BODY.PEEK[HEADER.FIELDS (Subject From)]",
    "BODY.PEEK[HEADER.FIELDS.NOT (Subject Date)]",
    "BODY.PEEK[1]",
    "BODY.PEEK[1.MIME]",
    "BODY.PEEK[2]",
    "BODY.PEEK[1]<2.4>",
)
STATUS = ("MESSAGES", "RECENT", "UIDNEXT", "UNSEEN")

flag_lists = st.lists(st.sampled_from(FLAGS), unique=True, max_size=3)
sessions = st.sampled_from((0, 1))
folders = st.sampled_from(FOLDERS)
patterns = st.sampled_from(("*", "%", "Work/%", "W*p"))
item_lists = st.lists(st.sampled_from(ITEMS), min_size=1, max_size=4, unique=True)
picks = st.lists(st.integers(0, 9), min_size=1, max_size=3)

simple_keys = st.sampled_from(
    (
        *("ALL", "SEEN", "UNSEEN", "FLAGGED", "DELETED", "UNDELETED", "ANSWERED", "DRAFT", "UNDRAFT"),
        *("RECENT", "NEW", "OLD"),
        *("SINCE 2-Jan-2024", "BEFORE 1-Feb-2024", "ON 15-Feb-2024"),
        *("SENTSINCE 2-Jan-2024", "SENTBEFORE 3-Jan-2024", "SENTON 1-Jan-2024"),
        *("LARGER 300", "SMALLER 200", "FROM bob@fab", "FROM Carol", "TO team", "CC Eve", "BCC bob"),
        *('SUBJECT "ello the"', "SUBJECT inner", 'HEADER Message-ID ""', "HEADER Date 2024", "BODY orl", "BODY pream"),
        *("TEXT nested", "TEXT inner", "TEXT nothing", "UID 1:3", "UID 2,5:*", "1", "*", "1:*"),
    )
)
keyword_keys = st.sampled_from(("KEYWORD $Later", "UNKEYWORD $Hot", "NOT KEYWORD plain"))
keys = keyword_keys | st.recursive(
    simple_keys,
    lambda inner: st.one_of(
        inner.map("NOT {}".format),
        st.tuples(inner, inner).map(lambda two: "OR {} {}".format(*two)),
        st.tuples(inner, inner).map(lambda two: "({} {})".format(*two)),
    ),
    max_leaves=4,
)


class Mirror:
    """What a client knows of the folder it selected when it obeys the untagged responses."""

    def __init__(self) -> None:
        self.flags: list[frozenset[bytes] | None] = []

    def obey(self, answer: Answer) -> None:
        for response in answer.untagged:
            match response:
                case (number, b"EXPUNGE"):
                    del self.flags[int(number) - 1]
                case (number, b"EXISTS"):
                    assert int(number) >= len(self.flags)
                    self.flags += [None] * (int(number) - len(self.flags))
                case (number, b"FETCH", items):
                    known = fetched(items)
                    if b"FLAGS" in known:
                        self.flags[int(number) - 1] = known[b"FLAGS"]


class Agreement(RuleBasedStateMachine):
    """Two sessions each with a simulated account and with Dovecot."""

    def __init__(self, rig) -> None:
        super().__init__()
        self._closing = ExitStack()
        google = rig.google
        address = rig.newcomer(classic=True)
        google.set_app_password(address, APP_PASSWORD)
        context = ssl.create_default_context(cafile=str(google.network.ca_file))
        context.check_hostname = False
        self.pairs: list[tuple[Server, Server]] = []
        for _ in range(2):
            ours = Server.simulated(ImapSession(google.world))
            theirs, connection = Server.dialled(rig.dovecot.hosts["imap.gmail.com:993"], context)
            self._closing.callback(connection.close)
            assert ours.do(f"LOGIN {address} {APP_PASSWORD}".encode()).status == b"OK"
            assert theirs.do(f"LOGIN {address} {PASSWORD}".encode()).status == b"OK"
            self.pairs.append((ours, theirs))
        self.selected: list[str | None] = [None, None]
        self.read_only = [False, False]
        self.mirrors = [(Mirror(), Mirror()), (Mirror(), Mirror())]

    def teardown(self) -> None:
        self._closing.close()

    # --- both at once ---

    def both(self, session: int, command: str, *literals: bytes) -> tuple[Answer, Answer]:
        """Run a command at both servers, which have to end it in the same way."""
        ours, theirs = (server.do(command.encode(), *literals) for server in self.pairs[session])
        for mirror, answer in zip(self.mirrors[session], (ours, theirs), strict=True):
            if self.selected[session]:
                mirror.obey(answer)
        codes = [code(answer) for answer in (ours, theirs)]
        assert ours.status == theirs.status, (command, ours, theirs)
        assert codes[0] == codes[1] or (ours.status == b"NO" and () in codes), (command, ours, theirs)
        return ours, theirs

    def settle(self, session: int) -> int:
        """Let a session hear what is new; return how many messages there are."""
        if self.selected[session] is None:
            return 0
        self.both(session, "NOOP")
        ours, theirs = self.mirrors[session]
        assert len(ours.flags) == len(theirs.flags)
        before = [mirror.flags[:] for mirror in (ours, theirs)]
        if ours.flags:
            shown = [numbered(answer) for answer in self.both(session, "FETCH 1:* (UID FLAGS)")]
            assert shown[0] == shown[1], shown
            for knew, mirror in zip(before, (ours, theirs), strict=True):
                assert all(one in (None, other) for one, other in zip(knew, mirror.flags, strict=True)), (knew, mirror)
        return len(ours.flags)

    def chosen(self, session: int, picked: Iterable[int], *, uid: bool = False) -> str:
        """Return a set of numbers that there are; empty when there is nothing."""
        there = self.settle(session)
        if not there:
            return ""
        numbers = sorted({1 + pick % there for pick in picked})
        if not uid:
            return ",".join(map(str, numbers))
        ours, _ = self.both(session, "FETCH 1:* UID")
        uids = {number: items[b"UID"].decode() for number, items in numbered(ours).items()}
        return ",".join(uids[number] for number in numbers)

    # --- folders ---

    @initialize(folder=folders)
    def begin(self, folder: str) -> None:
        self.both(0, "SUBSCRIBE INBOX")
        for name in FOLDERS[1:3]:
            self.both(0, f"CREATE {name}")
        for number, date in enumerate(DATES):
            self.append(0, folder, number, ["\\Seen"] if number else [], date)
        self.select(0, folder, read_only=False)
        self.select(1, folder, read_only=False)

    @rule(session=sessions, folder=folders, read_only=st.booleans())
    def select(self, session: int, folder: str, read_only: bool) -> None:
        self.selected[session] = None
        ours, theirs = self.both(session, f"{'EXAMINE' if read_only else 'SELECT'} {folder}")
        assert opened(ours) == opened(theirs), (ours, theirs)
        if ours.status == b"OK":
            self.selected[session] = folder
            self.read_only[session] = read_only
            self.mirrors[session] = (Mirror(), Mirror())
            for mirror, answer in zip(self.mirrors[session], (ours, theirs), strict=True):
                mirror.obey(answer)
            self.settle(session)

    @rule(session=sessions, command=st.sampled_from(("CLOSE", "UNSELECT")))
    def leave(self, session: int, command: str) -> None:
        if self.selected[session]:
            self.selected[session] = None
            self.both(session, command)

    @rule(session=sessions, folder=folders, delimiter=st.sampled_from(("", "/")))
    def create(self, session: int, folder: str, delimiter: str) -> None:
        if folder != "INBOX":
            self.both(session, f"CREATE {folder}{delimiter}")

    @rule(session=sessions, folder=folders)
    def delete(self, session: int, folder: str) -> None:
        if folder not in self.selected and folder != "INBOX":
            self.both(session, f"DELETE {folder}")

    @rule(session=sessions, old=folders, new=folders)
    def rename(self, session: int, old: str, new: str) -> None:
        touched = {name for name in self.selected if name and f"{name}/".startswith((f"{old}/", f"{new}/"))}
        if "INBOX" not in (old, new) and not touched and not f"{new}/".startswith(f"{old}/"):
            for folder in FOLDERS:
                self.both(session, f"UNSUBSCRIBE {folder}")
            self.both(session, f"RENAME {old} {new}")

    @rule(session=sessions, folder=folders, on=st.booleans())
    def subscribe(self, session: int, folder: str, on: bool) -> None:
        there, _ = self.both(session, f"STATUS {folder} (UIDNEXT)")
        if there.status == b"OK":
            self.both(session, f"{'SUBSCRIBE' if on else 'UNSUBSCRIBE'} {folder}")

    @rule(
        session=sessions, verb=st.sampled_from(("LIST", "LSUB")), pattern=st.sampled_from(("*", "%", "Work/%", "W*p"))
    )
    def list_folders(self, session: int, verb: str, pattern: str) -> None:
        ours, theirs = self.both(session, f'{verb} "" {pattern}')
        assert listed(ours) == listed(theirs), (ours, theirs)

    @rule(session=sessions, folder=folders)
    def status(self, session: int, folder: str) -> None:
        if folder not in self.selected:
            ours, theirs = self.both(session, f"STATUS {folder} ({' '.join(STATUS)})")
            assert figures(ours) == figures(theirs), (ours, theirs)

    # --- messages ---

    @rule(
        session=sessions,
        folder=folders,
        which=st.integers(0, len(MESSAGES) - 1),
        flags=flag_lists,
        date=st.sampled_from(DATES),
    )
    def append(self, session: int, folder: str, which: int, flags: list[str], date: str) -> None:
        raw = MESSAGES[which]
        self.both(session, f'APPEND {folder} ({" ".join(flags)}) "{date}" {{{len(raw)}}}', raw + b"\r\n")
        self.settle(session)

    @rule(
        session=sessions,
        picked=picks,
        uid=st.booleans(),
        how=st.sampled_from(("", "+", "-")),
        silent=st.booleans(),
        flags=flag_lists,
    )
    def store(self, session: int, picked: list[int], uid: bool, how: str, silent: bool, flags: list[str]) -> None:
        numbers = self.chosen(session, picked, uid=uid)
        if numbers and not self.read_only[session]:
            name = f"{how}FLAGS{'.SILENT' * silent}"
            self.both(session, f"{'UID ' * uid}STORE {numbers} {name} ({' '.join(flags)})")
            if silent:  # the client is to know what it did
                for mirror in self.mirrors[session]:
                    mirror.flags = [None] * len(mirror.flags)
            self.settle(session)

    @rule(session=sessions, picked=picks, uid=st.booleans(), verb=st.sampled_from(("COPY", "MOVE")), folder=folders)
    def carry(self, session: int, picked: list[int], uid: bool, verb: str, folder: str) -> None:
        numbers = self.chosen(session, picked, uid=uid)
        if numbers and not (verb == "MOVE" and self.read_only[session]):
            ours, theirs = self.both(session, f"{'UID ' * uid}{verb} {numbers} {folder}")
            assert copied(ours) == copied(theirs)
            self.settle(session)

    @rule(session=sessions)
    def expunge(self, session: int) -> None:
        if self.selected[session] and not self.read_only[session]:
            self.both(session, "EXPUNGE")
            self.settle(session)

    @rule(session=sessions, picked=picks)
    def uid_expunge(self, session: int, picked: list[int]) -> None:
        if (numbers := self.chosen(session, picked, uid=True)) and not self.read_only[session]:
            self.both(session, f"UID EXPUNGE {numbers}")
            self.settle(session)

    @rule(session=sessions)
    def noop(self, session: int) -> None:
        self.settle(session)

    @rule(session=sessions, key=keys, uid=st.booleans())
    def search(self, session: int, key: str, uid: bool) -> None:
        if self.settle(session):
            ours, theirs = self.both(session, f"{'UID ' * uid}SEARCH {key}")
            assert found(ours) == found(theirs), (key, ours, theirs)

    @rule(session=sessions, key=keys, options=st.lists(st.sampled_from(("MIN", "MAX", "ALL", "COUNT")), unique=True))
    def extended_search(self, session: int, key: str, options: list[str]) -> None:
        if self.settle(session):
            ours, theirs = self.both(session, f"SEARCH RETURN ({' '.join(options)}) {key}")
            assert found(ours) == found(theirs), (key, ours, theirs)

    @rule(
        session=sessions,
        picked=picks,
        uid=st.booleans(),
        items=st.lists(st.sampled_from(ITEMS), min_size=1, max_size=4),
    )
    def fetch(self, session: int, picked: list[int], uid: bool, items: list[str]) -> None:
        if numbers := self.chosen(session, picked, uid=uid):
            ours, theirs = self.both(session, f"{'UID ' * uid}FETCH {numbers} ({' '.join(items)})")
            assert numbered(ours) == numbered(theirs), (ours, theirs)
            self.settle(session)


# --- answers as both would give them ----------------------------------------------------------


def code(answer: Answer) -> tuple[Value, ...]:
    """Return the response code, COPYUID and APPENDUID without the UIDVALIDITY; empty when it is none to compare."""
    if answer.code[:1] in ((b"APPENDUID",), (b"COPYUID",)):
        return (answer.code[0], *answer.code[2:])
    return () if answer.code[:1] in OWN_CODES else answer.code


def opened(answer: Answer) -> set[object]:
    """Return what SELECT tells of a folder."""
    told = {response for response in answer.untagged if response[-1] in (b"EXISTS", b"RECENT")}
    codes = {response[1] for response in answer.untagged if response[0] == b"OK" and response[1]}
    return told | {code for code in codes if code[0] in (b"UIDNEXT", b"UNSEEN")}


def listed(answer: Answer) -> dict[Value, frozenset[bytes]]:
    """Return names and attributes, without the folders that Dovecot was told to have."""
    rows = [response for response in answer.untagged if response[0] in (b"LIST", b"LSUB")]
    return {
        name: frozenset(attributes) - {b"\\Noselect"} if kind == b"LIST" else frozenset()
        for kind, attributes, _, name in rows
        if name not in ALWAYS_THERE
    }


def figures(answer: Answer) -> dict[Value, Value]:
    """Return what STATUS tells."""
    for response in answer.untagged:
        if response[0] == b"STATUS":
            return dict(zip(response[2][::2], response[2][1::2], strict=True))
    return {}


def copied(answer: Answer) -> list[tuple[Value, ...]]:
    """Return the COPYUID of a MOVE, without the UIDVALIDITY."""
    codes = [response[1] for response in answer.untagged if response[0] == b"OK"]
    return [code[2:] for code in codes if code and code[0] == b"COPYUID"]


def found(answer: Answer) -> list[tuple[Value, ...]]:
    """Return what SEARCH answers, the parts of ESEARCH in any order."""
    plain = [response for response in answer.untagged if response[0] == b"SEARCH"]
    extended = [response for response in answer.untagged if response[0] == b"ESEARCH"]
    return plain + [tuple(sorted(response[2:], key=repr)) for response in extended]


def run(rig, *, examples: int, steps: int) -> None:
    program = settings(
        max_examples=examples,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: Agreement(rig), settings=program)


def test_a_few_programs_show_the_same_mail(rig) -> None:
    """As many as there is time for each day."""
    run(rig, examples=10, steps=15)


@pytest.mark.slow
def test_many_programs_show_the_same_mail(rig) -> None:
    """Longer ones, with more chances for what two sessions do to each other."""
    run(rig, examples=50, steps=40)
