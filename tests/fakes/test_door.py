"""The door: the verbs of Python for other processes, over HTTP and JSON, and who is not let in."""

from __future__ import annotations

import hashlib
import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from fakes.calling import Caller, DoorRefused
from fakes.google import LOCAL_REDIRECT, SimulatedGoogle
from fakes.network import DoorPlace
from fakes.standalone import Standalone

ALICE = "alice@contoso.com"
RAW = b"From: bob@example.com\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\nMessage-ID: <1@example.com>\r\n\r\n\xff\x00body\r\n"


@pytest.fixture
def served(google: SimulatedGoogle, gmail_account: object) -> Iterator[Standalone]:
    """Open the door of a world with Alice in it, whose clock stands still."""
    with Standalone(google) as standalone:
        yield standalone


@pytest.fixture
def door(served: Standalone) -> Caller:
    return Caller(served.network)


def ask(served: Standalone, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, Any]:
    """Send a request as it stands; return status and what the body says."""
    status, _, told = ask_whole(served, method, target, headers, body)
    return status, told


def ask_whole(served, method, target, headers, body=b"") -> tuple[int, http.client.HTTPMessage, Any]:
    place = served.network.door
    connection = http.client.HTTPConnection(urlsplit(place.url).netloc, timeout=10)
    connection.request(method, target, body, {"Authorization": f"Bearer {place.token}"} | headers)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    return answer.status, answer.headers, told


# --- the verbs -------------------------------------------------------------------------------


def test_the_clock_is_shown_and_moved_for_the_world(google, door) -> None:
    """By a length with its unit; it is the clock by which tokens die."""
    google.access_token(ALICE)
    before = google.clock.now()

    moved = door.post("clock", told={"by": "+8d"})

    assert (google.clock.now() - before).days == 8
    assert moved == door.get("clock") == {"now": google.clock.now().isoformat(), **google.clock.to_json()}
    assert door.get("grants")["tokens"][-1]["death"] == "its time is over"


def test_mail_arrives_byte_for_byte_and_is_shown_as_values(google, door) -> None:
    """Folders with UIDs, labels, flags, Message-ID, decoded subject, size and SHA-256."""
    told = door.deliver(ALICE, RAW)

    [message] = google.account(ALICE).mail.messages()
    assert message.raw == RAW
    assert door.get("mail", ALICE) == [told]
    assert told["folders"] == {"INBOX": 1, "[Gmail]/All Mail": 1}
    assert (told["labels"], told["flags"]) == (["\\Inbox"], [])
    assert (told["message_id"], told["subject"], told["size"]) == ("<1@example.com>", "café", len(RAW))
    assert told["sha256"] == hashlib.sha256(RAW).hexdigest()


def test_mail_may_have_a_past_elsewhere(served) -> None:
    """Flags and date in the query."""
    past = urlencode({"flags": "\\Seen", "internal_date": "2025-12-24T12:00:00+01:00"})

    status, told = ask(served, "POST", f"/mail/{ALICE}?{past}", {"Content-Type": "message/rfc822"}, RAW)

    assert (status, told["flags"], told["internal_date"]) == (200, ["\\Seen"], "2025-12-24T11:00:00+00:00")


def test_faults_are_added_listed_with_what_fired_and_removed(google, door) -> None:
    """In the JSON that a fault has in Python."""
    added = door.post("faults", told={"where": "imap", "when": "FETCH", "what": "reset", "times": 2})

    assert [fault.to_json() for fault in google.faults.list()] == [{k: v for k, v in added.items() if k != "fired"}]
    assert door.get("faults") == [{**added, "fired": 0}]
    assert door.get("check") == {"ok": False, "complaints": ["the fault 'imap FETCH reset' never fired"]}
    door.delete("faults", "imap FETCH reset")
    assert door.get("faults") == []
    assert door.get("check") == {"ok": True, "complaints": []}


def test_accounts_are_added_and_things_befall_them(google, door) -> None:
    """What happens is what a setup file's history can say."""
    added = door.post("accounts", told={"address": "bob@contoso.com", "pop": True, "organisation": "contoso.com"})
    password = door.post("app-passwords", told={"address": "bob@contoso.com"})["app_password"]
    happened = door.post("events", told={"event": {"account_suspended": "bob@contoso.com"}})

    assert (added["address"], added["pop"], added["messages"]) == ("bob@contoso.com", "allMail", 0)
    assert google.account("bob@contoso.com").app_password == password
    assert happened["happened"] == "an administrator suspends bob@contoso.com"
    assert google.account("bob@contoso.com").suspended
    assert [account["address"] for account in door.get("accounts")] == [ALICE, "bob@contoso.com"]


def test_the_console_and_the_owner_are_played(google, door) -> None:
    """Set-up, clients with id and secret, consent, and what became of the grant; no token is told."""
    made = door.post("setup")
    asked = {"client_id": made["client_id"], "redirect_uri": LOCAL_REDIRECT, "response_type": "code"}
    asked |= {"scope": "https://mail.google.com/", "access_type": "offline"}

    consented = door.post(
        "consent", told={"url": f"https://accounts.google.com/o/oauth2/v2/auth?{urlencode(asked)}", "as": ALICE}
    )

    [project] = door.get("console")["projects"]
    assert consented["url"].startswith(LOCAL_REDIRECT)
    assert project["consent_screen"]["test_users"] == [ALICE]
    assert project["clients"][0]["client_secret"] == made["client_secret"]
    [code] = door.get("grants")["tokens"]
    assert (code["kind"], code["death"], code["client_id"]) == ("authorization code", None, made["client_id"])
    code_text = parse_qs(urlsplit(consented["url"]).query)["code"][0]
    assert code_text not in json.dumps([door.get("grants"), door.get("journal"), door.get("state")])


def test_a_token_is_asked_for_and_told_to_who_asked_alone(google, door) -> None:
    """It opens mail; neither the journal nor the grants tell it."""
    told = door.post("tokens", told={"address": ALICE})

    assert google.world.sign_in("imap", ALICE, told["access_token"]).address == ALICE
    assert told["expires_in"] == 3599
    assert "ya29." not in json.dumps([door.get("grants"), door.get("journal"), door.get("evidence")])


def test_the_journal_is_read_from_where_one_was(google, door) -> None:
    """Entries after a number."""
    door.deliver(ALICE, RAW)
    read = door.get("journal")
    door.deliver(ALICE, RAW)

    news = door.get("journal", after=len(read))

    assert read == google.journal.to_json()[: len(read)]
    assert [entry["text"] for entry in news] == [f"mail for {ALICE} was delivered: {len(RAW)} bytes, \\Inbox"]


# --- who is not let in, and what is not done -------------------------------------------------


@pytest.mark.parametrize("given", ["", "Bearer wrong", "Basic abc", "Bearer \xe9"])
def test_without_the_token_nothing_is_told(served, given) -> None:
    """401, and nothing of the world."""
    status, told = ask(served, "GET", "/state", {"Authorization": given})

    assert (status, list(told)) == (401, ["error"])


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.example.com:80", ""])
def test_another_host_name_is_refused_whatever_it_resolves_to(served, host) -> None:
    """DNS rebinding makes a web page's own name mean this machine; the token does not help it."""
    status, told = ask(served, "GET", "/clock", {"Host": host})

    assert (status, list(told)) == (403, ["error"])


def test_a_web_page_is_told_nothing(served) -> None:
    """No header of CORS (Fetch standard), neither for a request nor for what asks leave."""
    origin = {"Origin": "https://evil.example.com", "Access-Control-Request-Method": "POST"}

    asked, headers, _ = ask_whole(served, "OPTIONS", "/clock", origin)
    _, more, _ = ask_whole(served, "GET", "/clock", origin)

    assert asked == 405
    assert not [name for name in (*headers, *more) if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    ("method", "path", "told", "status", "complaint"),
    [
        ("POST", "/clock", b"{", 400, "body: JSON is needed"),
        ("POST", "/clock", b"[]", 400, "body: a JSON object is needed"),
        ("POST", "/clock", b"{}", 400, "by: None: a text is needed"),
        ("POST", "/clock", b'{"by": "-8d"}', 400, "by: '-8d': a length such as 8d"),
        ("POST", "/clock", b'{"by": "99999d"}', 400, "by: '99999d': a length such as 8d"),
        ("POST", "/clock", b'{"by": "8d", "to": 1}', 400, "to: unknown; allowed are by"),
        ("POST", "/accounts", b'{"address": "x@y.z", "imap": 1}', 400, "imap: 1: a bool is needed"),
        ("POST", "/accounts", b'{"address": "alice@contoso.com"}', 400, "there is an account"),
        ("POST", "/faults", b'{"where": "imap"}', 400, "when: None is not possible"),
        ("POST", "/events", b'{"event": {"paused": "1 day"}}', 400, "event: 'paused': one of"),
        ("POST", "/tokens", b'{"address": "nobody@contoso.com"}', 400, "there is no account nobody@contoso.com"),
        ("POST", "/mail/alice@contoso.com", b"", 400, "Content-Type: '': message/rfc822"),
        ("GET", "/mail/nobody@contoso.com", b"", 404, "there is no account nobody@contoso.com"),
        ("GET", "/journal?after=-1", b"", 400, "after: '-1': a whole number is needed"),
        ("GET", "/nothing", b"", 404, "/nothing: the door has clock, faults"),
        ("GET", "/tokens", b"", 405, "/tokens: nothing is shown here"),
        ("DELETE", "/accounts/alice@contoso.com", b"", 405, "DELETE /accounts/alice@contoso.com: not done here"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(served, method, path, told, status, complaint) -> None:
    """With the field, its value and what is allowed."""
    answered, refused = ask(served, method, path, {}, told)

    assert answered == status
    assert refused["error"].startswith(complaint)
    assert "\n" not in refused["error"]


def test_where_google_says_no_it_is_a_conflict(door) -> None:
    """The request was sound: Google's page stops the owner, and its parts are told."""
    door.post("accounts", told={"address": "bob@example.com"})
    asked = {"client_id": door.post("setup")["client_id"], "redirect_uri": LOCAL_REDIRECT, "response_type": "code"}
    asked["scope"] = "https://mail.google.com/"
    door.post("events", told={"event": {"test_user_removed": "bob@example.com"}})

    with pytest.raises(DoorRefused, match=r"^Google: Error 403: access_denied") as refused:
        door.post(
            "consent",
            told={"url": f"https://accounts.google.com/o/oauth2/v2/auth?{urlencode(asked)}", "as": "bob@example.com"},
        )

    assert refused.value.by_google


def test_a_breaker_of_http_is_answered_and_the_door_stays(served, door) -> None:
    """No request takes it down."""
    place = urlsplit(served.network.door.url)
    connection = http.client.HTTPConnection(place.netloc, timeout=10)
    connection.connect()
    connection.sock.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n")

    answered = connection.sock.recv(100)

    connection.close()
    assert answered.startswith(b"HTTP/1.1 400 ")
    assert door.get("clock")


def test_many_use_the_door_at_once(google, door) -> None:
    """Each deed is done once and whole, and the record has them all."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: door.deliver(ALICE, b"Subject: %d\r\n\r\n" % number), range(80)))

    subjects = [message["subject"] for message in door.get("mail", ALICE)]
    assert sorted(subjects, key=int) == [str(number) for number in range(80)]
    assert len(door.get("evidence")["deeds"]) == 80


def test_a_door_tells_its_token_to_nobody_by_its_repr(served) -> None:
    """Neither the map nor the place shows it."""
    assert isinstance(served.network.door, DoorPlace)
    assert served.network.door.token not in repr(served.network)


def test_when_the_simulation_ends_nobody_answers(google) -> None:
    """The file of its clock is gone too."""
    with Standalone(google) as standalone:
        network = standalone.network
    google.stop()

    with pytest.raises(OSError, match="refused"):
        Caller(network).get("clock")
    with pytest.raises(RuntimeError, match="enter the `with`"):
        standalone.network  # noqa: B018 - asking is what is tried
