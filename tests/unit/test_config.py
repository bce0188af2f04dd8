from __future__ import annotations

from pathlib import Path

from gmailsync.config import read_settings

ENVIRON = {
    "GMAILSYNC_HOME": "/var/lib/gmailsync",
    "GMAILSYNC_DATABASE_URL": "postgresql://user:secret@host/mail",
    "GMAILSYNC_NETWORK": "/tmp/net.json",
}


def test_variables_name_home_database_and_network():
    """A service is set up by its environment."""
    settings = read_settings(ENVIRON)

    assert settings.home == Path("/var/lib/gmailsync")
    assert settings.database_url == "postgresql://user:secret@host/mail"
    assert settings.network_file == Path("/tmp/net.json")


def test_options_go_before_variables():
    """What is typed wins."""
    settings = read_settings(
        ENVIRON, home=Path("/home/alice"), database_url="sqlite:////srv/mail.db", network=Path("other.json")
    )

    assert settings.home == Path("/home/alice")
    assert settings.database_url == "sqlite:////srv/mail.db"
    assert settings.network_file == Path("other.json")


def test_the_default_database_lies_in_the_home():
    """Home alone is enough, also as a relative path."""
    settings = read_settings({}, home=Path("state"))

    assert settings.database_url == f"sqlite:///{Path.cwd() / 'state' / 'gmailsync.db'}"


def test_the_default_home_is_the_users_data_directory():
    """Without anything the state has a place of its own, and the network is the internet."""
    settings = read_settings({})

    assert settings.home.name == "gmailsync"
    assert settings.home.is_absolute()
    assert settings.network_file is None


def test_empty_variables_are_not_set():
    """A variable set to nothing changes nothing."""
    assert read_settings(dict.fromkeys(ENVIRON, "")) != read_settings(ENVIRON)
    assert read_settings(dict.fromkeys(ENVIRON, "")).home == read_settings({}).home


def test_settings_do_not_show_the_databases_password():
    """Settings may end up in a log."""
    assert "secret" not in repr(read_settings(ENVIRON))
