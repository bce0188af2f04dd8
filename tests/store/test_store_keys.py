"""The vault and the places where its key may be."""

import stat
from collections.abc import Iterator

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.backends import fail

from gmailsync.errors import BadInput, StoreError, WrongKey
from gmailsync.model.secret import Secret
from gmailsync.store.keys import load_key
from gmailsync.store.vault import Vault

KEY = b"YS1rZXktdGhhdC1vbmx5LXRoZXNlLXRlc3RzLXVzZS4="
OTHER_KEY = b"YW5vdGhlci1rZXktdGhhdC1vbmx5LXRlc3RzLXVzZSE="


class MemoryKeyring(KeyringBackend):
    """A system keyring for the length of a test."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.passwords: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.passwords.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.passwords[service, username] = password


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    """Keep the tests away from the keyring of whoever runs them."""
    own = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(own)


@pytest.fixture
def system_keyring(no_keyring) -> MemoryKeyring:
    """Give the machine a keyring."""
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    return backend


@given(st.text())
def test_what_is_sealed_opens_with_the_same_key(text):
    """Any text comes back, and its sealed form does not contain it."""
    vault = Vault(KEY)

    sealed = vault.seal(Secret(text))

    assert vault.open(sealed).reveal() == text
    assert len(text) < 4 or text not in sealed


@pytest.mark.parametrize("sealed", [Vault(OTHER_KEY).seal(Secret("x")), "", "no seal"], ids=["other", "empty", "text"])
def test_what_another_key_sealed_does_not_open(sealed):
    """Another key, or a text that was never sealed, is the wrong key."""
    with pytest.raises(WrongKey):
        Vault(KEY).open(sealed)


def test_sealing_twice_differs():
    """Equal secrets cannot be told to be equal."""
    vault = Vault(KEY)

    assert vault.seal(Secret("same")) != vault.seal(Secret("same"))


def test_the_environment_comes_first(tmp_path, system_keyring):
    """GMAILSYNC_KEY is used before the keyring and the key file."""
    load_key(tmp_path, {}, create=True)
    system_keyring.set_password("gmailsync", str(tmp_path), OTHER_KEY.decode())

    key = load_key(tmp_path, {"GMAILSYNC_KEY": KEY.decode()}, create=False)

    assert key == KEY


def test_the_keyring_comes_before_the_file(tmp_path, system_keyring):
    """The keyring's entry of this home is used; one of another home is not."""
    own = load_key(tmp_path, {}, create=True)
    system_keyring.set_password("gmailsync", str(tmp_path / "other"), KEY.decode())
    before = load_key(tmp_path, {}, create=False)
    system_keyring.set_password("gmailsync", str(tmp_path), KEY.decode())
    after = load_key(tmp_path, {}, create=False)

    assert before == own
    assert after == KEY


def test_a_key_in_the_keyring_needs_no_file(tmp_path, system_keyring):
    """A new database takes the key that is there."""
    system_keyring.set_password("gmailsync", str(tmp_path), KEY.decode())

    key = load_key(tmp_path, {}, create=True)

    assert key == KEY
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_is_made_once(tmp_path):
    """The first call makes it, for the owner's eyes only; the next ones read it."""
    home = tmp_path / "new" / "home"

    first = load_key(home, {}, create=True)
    second = load_key(home, {}, create=True)
    third = load_key(home, {}, create=False)

    assert first == second == third
    assert [path.name for path in home.iterdir()] == ["key"]
    assert stat.S_IMODE((home / "key").stat().st_mode) == 0o600
    assert Vault(first).open(Vault(first).seal(Secret("x"))) == Secret("x")


def test_no_key_is_made_for_an_existing_database(tmp_path):
    """Without a key anywhere, the three places are named and nothing is made."""
    with pytest.raises(StoreError, match=r"GMAILSYNC_KEY .* keyring .*/key") as caught:
        load_key(tmp_path, {}, create=False)

    assert "backup" in caught.value.advice
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["hunter2", KEY.decode()[:-1], f"{KEY.decode()}=", f"!{KEY.decode()}", "ключ"])
def test_a_mistyped_key_in_the_environment_is_refused(tmp_path, text):
    """The variable is named, its value is not shown, and no other place is tried."""
    load_key(tmp_path, {}, create=True)

    with pytest.raises(BadInput, match="GMAILSYNC_KEY") as caught:
        load_key(tmp_path, {"GMAILSYNC_KEY": text}, create=True)

    assert text not in caught.value.message


@pytest.mark.parametrize("text", ["", "hunter2", "\x00\xff"])
def test_a_broken_key_file_is_named(tmp_path, text):
    """A file that holds no key is left as it is, and its content is not shown."""
    (tmp_path / "key").write_text(text)

    with pytest.raises(StoreError, match="/key holds no key") as caught:
        load_key(tmp_path, {}, create=True)

    assert (tmp_path / "key").read_text() == text
    assert not text or text not in caught.value.message


def test_a_broken_key_in_the_keyring_is_named(tmp_path, system_keyring):
    """The entry is named, its value is not shown."""
    system_keyring.set_password("gmailsync", str(tmp_path), "hunter2")

    with pytest.raises(StoreError, match="keyring") as caught:
        load_key(tmp_path, {}, create=True)

    assert "hunter2" not in caught.value.message


def test_a_key_file_that_cannot_be_read_or_made_is_named(tmp_path):
    """A directory in its place, or a file in the directory's place, is a plain sentence."""
    (tmp_path / "key").mkdir()
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="/key cannot be read"):
        load_key(tmp_path, {}, create=True)
    with pytest.raises(StoreError, match="/key cannot be"):
        load_key(tmp_path / "file", {}, create=True)


def test_an_empty_variable_is_no_key(tmp_path):
    """GMAILSYNC_KEY set to nothing counts as not set."""
    key = load_key(tmp_path, {"GMAILSYNC_KEY": ""}, create=True)

    assert key == load_key(tmp_path, {}, create=False)
