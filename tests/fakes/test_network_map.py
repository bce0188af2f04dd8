"""The network file: written, read back, and refused with one line that says why."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fakes import tls
from fakes.network import BadNetworkFile, DoorPlace, NetworkMap


@pytest.fixture
def network() -> NetworkMap:
    """Return a map of one host, under the authority of this process."""
    return NetworkMap(str(tls.ca_file()), {"imap.gmail.com:993": "127.0.0.1:40993"})


def test_a_map_survives_its_file(network, tmp_path) -> None:
    """What is read is what was written."""
    assert NetworkMap.read(network.write(tmp_path / "net.json")) == network


def test_only_what_is_on_the_map_can_be_dialled(network) -> None:
    """Host names in any case; another port is refused as if nobody listened there."""
    assert network.address("IMAP.gmail.com", 993) == ("127.0.0.1", 40993)
    with pytest.raises(ConnectionRefusedError, match=r"imap\.gmail\.com:143"):
        network.dial("imap.gmail.com", 143)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"ca_file": None}, "ca_file: None; allowed is the path of a PEM file"),
        ({"ca_file": "/nowhere.pem"}, "ca_file: '/nowhere.pem'; allowed is the path of a PEM file"),
        ({"hosts": None}, "hosts: None; allowed is {"),
        ({"hosts": {}}, "hosts: {}; allowed is {"),
        ({"hosts": {"imap.gmail.com": "127.0.0.1:1"}}, "hosts: 'imap.gmail.com'; allowed is host:port"),
        ({"hosts": {"a:1": "127.0.0.1"}}, "hosts['a:1']: '127.0.0.1'; allowed is 127.0.0.1:port"),
        ({"hosts": {"a:1": "127.0.0.1:70000"}}, "hosts['a:1']: '127.0.0.1:70000'; allowed is 127.0.0.1:port"),
        ({"hosts": {"a:1": "198.51.100.7:993"}}, "hosts['a:1']: '198.51.100.7:993'; allowed is 127.0.0.1:port"),
    ],
)
def test_a_bad_file_is_refused_by_field_value_and_what_is_allowed(network, tmp_path, change, complaint) -> None:
    """One line, and loopback is the only place a map may lead to."""
    path = tmp_path / "net.json"
    path.write_text(json.dumps({**network.to_json(), **change}))

    with pytest.raises(BadNetworkFile) as refused:
        NetworkMap.read(path)

    assert str(refused.value).startswith(f"network file {path}: {complaint}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "[]", "{", "\xff"])
def test_what_is_no_json_object_is_refused(tmp_path, text) -> None:
    """Whatever it is instead."""
    (tmp_path / "net.json").write_text(text, encoding="latin-1")

    with pytest.raises(BadNetworkFile, match=r"net\.json: not "):
        NetworkMap.read(tmp_path / "net.json")


def test_a_file_that_is_not_there_is_refused(tmp_path) -> None:
    """With the system's reason."""
    with pytest.raises(BadNetworkFile, match="No such file"):
        NetworkMap.read(tmp_path / "net.json")


def test_the_authority_is_one_per_process() -> None:
    """Its file has one certificate and no private key."""
    assert tls.ca_file() is tls.ca_file()
    pem = tls.ca_file().read_text()
    assert pem.count("BEGIN CERTIFICATE") == 1
    assert "PRIVATE KEY" not in pem


def test_a_map_with_a_door_is_for_its_owner_alone(network, tmp_path) -> None:
    """The token opens everything; the file appears whole, and what is read is what was written."""
    door = DoorPlace("http://127.0.0.1:40080", "secret")
    whole = replace(network, door=door, proxy="127.0.0.1:40081", clock="clock.json")

    path = whole.write(tmp_path / "net.json")

    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["net.json"]
    assert NetworkMap.read(path) == whole


@pytest.mark.parametrize(
    "door",
    [
        "http://127.0.0.1:1",
        {"url": "http://127.0.0.1:1"},
        {"url": "http://198.51.100.7:80", "token": "x"},
        {"url": "https://127.0.0.1:443", "token": "x"},
        {"url": "http://127.0.0.1:1@198.51.100.7:80", "token": "x"},
    ],
)
def test_a_door_that_is_not_on_this_machine_is_refused(network, tmp_path, door) -> None:
    """Nobody's token is sent anywhere else."""
    path = tmp_path / "net.json"
    path.write_text(json.dumps({**network.to_json(), "door": door}))

    with pytest.raises(BadNetworkFile, match="door: not of this shape"):
        NetworkMap.read(path)
