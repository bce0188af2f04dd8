"""Evidence, and the world made again of it: the same ids, tokens, bytes and times."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import evidence, state
from fakes.clock import START, LiveClock, VirtualClock
from fakes.deeds import REFUSED, Deeds, delivery
from fakes.evidence import BadEvidence, Evidence
from fakes.google import SimulatedGoogle
from fakes.standalone import Standalone

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"
CONSENT = (
    "https://accounts.google.com/o/oauth2/v2/auth?client_id={}&redirect_uri=http://localhost:8400"
    "/_grid/cmds/dlg_gmailoauth.aspx&response_type=code&scope=https://mail.google.com/&access_type=offline"
)


def lived(google: SimulatedGoogle) -> Deeds:
    """Do a bit of everything to a world."""
    deeds = Deeds(google)
    deeds.do("add_account", {"address": ALICE})
    deeds.do("add_account", {"address": BOB, "organisation": "contoso.com"})
    client_id = deeds.do("correct_setup", {})["client_id"]
    deeds.do("deliver", delivery(ALICE, b"Subject: one\r\n\r\n\xff\x00\r\n"))
    deeds.do("add_fault", {"where": "imap", "when": "FETCH", "what": "reset", "optional": True})
    deeds.do("consent", {"url": CONSENT.format(client_id), "as": ALICE})
    deeds.do("token", {"address": BOB})
    deeds.do("advance", {"by": "8d"})
    with pytest.raises(ValueError, match="nobody"):
        deeds.do("token", {"address": "nobody@contoso.com"})
    deeds.do("happen", {"event": {"secret_rotated": {"disable_old": True}}})
    deeds.do("app_password", {"address": BOB})
    deeds.do("deliver", delivery(BOB, b"Subject: two\r\n\r\n") | {"flags": ["\\Seen"]})
    return deeds


def made_again(told: object) -> SimulatedGoogle:
    """Make the world of an evidence again, as somebody does who has nothing but its JSON."""
    past = Evidence.from_json(json.loads(json.dumps(told)))
    google = SimulatedGoogle(clock=past.clock(), seed=past.seed)
    served = Standalone(google)
    with served.making(past):
        pass
    return google


@pytest.mark.parametrize("clock", [VirtualClock, LiveClock])
def test_a_world_made_again_is_the_same(clock) -> None:
    """Whether its clock stood still or ran: mail, grants, console, faults, counters, and the words of the journal."""
    google = SimulatedGoogle(clock=clock(), seed=7)
    began = google.clock.now()
    told = evidence.collect(lived(google), began)

    again = made_again(told)

    assert state.snapshot(again.world) == told["state"]
    assert again.journal.to_json() == told["journal"]
    assert [message.raw for message in again.account(ALICE).mail.messages()] == [b"Subject: one\r\n\r\n\xff\x00\r\n"]
    assert again.access_token(ALICE) == google.access_token(ALICE)


def test_another_seed_makes_another_world() -> None:
    """So that equality says something."""
    google = SimulatedGoogle(seed=7)
    began = google.clock.now()
    told = evidence.collect(lived(google), began) | {"seed": 8}

    # The consent named the client of the first world.
    with pytest.raises(ValueError, match=r"consent at .* went otherwise than before"):
        made_again(told)


def test_a_clock_that_runs_goes_on_from_where_it_was() -> None:
    """However long ago that is."""
    google = SimulatedGoogle(clock=LiveClock())
    deeds = Deeds(google)
    deeds.do("advance", {"by": "400d"})
    told = evidence.collect(deeds, google.clock.now() - timedelta(days=400))

    again = made_again(told)

    passed = again.clock.now() - google.clock.now()
    assert abs(passed) < timedelta(minutes=1)
    assert again.clock.now() > Evidence.from_json(told).ended


DEEDS = st.one_of(
    st.tuples(st.just("deliver"), st.binary(max_size=40).map(lambda raw: delivery(ALICE, raw))),
    st.tuples(st.just("token"), st.sampled_from([ALICE, BOB, "nobody@contoso.com"]).map(lambda who: {"address": who})),
    st.tuples(st.just("advance"), st.sampled_from(["30s", "2h", "200d", "never"]).map(lambda by: {"by": by})),
    st.tuples(st.just("add_account"), st.sampled_from([ALICE, BOB]).map(lambda who: {"address": who})),
    st.tuples(
        st.just("happen"),
        st.sampled_from(
            [{"password_changed": ALICE}, {"account_deleted": ALICE}, {"client": "deleted"}, {"client": "restored"}]
        ).map(lambda event: {"event": event}),
    ),
)


@settings(max_examples=25)
@given(st.lists(DEEDS, max_size=12))
def test_whatever_was_done_is_done_again(programme) -> None:
    """Deeds that were refused are refused again."""
    google = SimulatedGoogle()
    deeds = Deeds(google)
    deeds.do("correct_setup", {})
    for verb, arguments in programme:
        try:
            deeds.do(verb, arguments)
        except REFUSED:
            assert deeds.done[-1].refused
    told = evidence.collect(deeds, START)

    assert state.snapshot(made_again(told).world) == told["state"]


def test_seeded_mail_is_in_the_evidence(tmp_path: Path) -> None:
    """The folder it came from may be gone."""
    (tmp_path / "one.eml").write_bytes(b"Date: Thu, 24 Dec 2020 12:00:00 +0100\r\nSubject: one\r\n\r\n")
    google = SimulatedGoogle()
    deeds = Deeds(google)
    deeds.do("add_account", {"address": ALICE})
    deeds.seed(ALICE, tmp_path)
    told = evidence.collect(deeds, google.clock.now())
    (tmp_path / "one.eml").unlink()

    again = made_again(told)

    assert state.snapshot(again.world) == state.snapshot(google.world)
    assert told["state"]["mail"][ALICE][0]["internal_date"] == "2020-12-24T11:00:00+00:00"


def test_evidence_lies_in_a_file_of_its_owners(tmp_path: Path) -> None:
    """The mail is in it; no access token is."""
    google = SimulatedGoogle()
    told = evidence.collect(lived(google), google.clock.now())
    file = tmp_path / "evidence.json"

    evidence.write(file, told)

    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text(encoding="utf-8")) == told
    assert Evidence.read(file).deeds == Evidence.from_json(told).deeds
    assert google.access_token(BOB)[:20] not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"evidence": 2}, "not the evidence of a simulation, or of another version than 1"),
        ({"seed": None}, "seed, clock and deeds are needed"),
        ({"clock": {"runs": True}}, "Invalid isoformat string: 'None'"),
        ({"deeds": [{"verb": "deliver"}]}, "deed: {'verb': 'deliver'}: an object with at, verb and arguments"),
        ({"deeds": [{"verb": "x", "arguments": {}}]}, "verb: 'x': one of advance, add_fault"),
        ({"setup": "x"}, "setup: an object or null is needed"),
    ],
)
def test_what_is_no_evidence_is_refused_in_one_line(tmp_path: Path, change, complaint) -> None:
    """The line names the file and what is wrong."""
    google = SimulatedGoogle()
    file = tmp_path / "evidence.json"
    file.write_text(json.dumps(evidence.collect(Deeds(google), google.clock.now()) | change), encoding="utf-8")

    with pytest.raises(BadEvidence) as refused:
        Evidence.read(file)

    assert str(refused.value).startswith(f"evidence {file}: {complaint}")
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_no_evidence(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(BadEvidence, match="No such file"):
        Evidence.read(tmp_path / "nothing.json")
