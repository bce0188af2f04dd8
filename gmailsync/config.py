"""Settings: where the state lies and which network is dialled, from options or else the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HOME_VARIABLE = "GMAILSYNC_HOME"
DATABASE_VARIABLE = "GMAILSYNC_DATABASE_URL"
NETWORK_VARIABLE = "GMAILSYNC_NETWORK"

DATABASE_FILE = "gmailsync.db"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an `App` is opened with.

    `database_url` is not shown, because it may carry a password; `network_file` None means the internet.
    `environ` is what the key is looked for in (`GMAILSYNC_KEY`).
    """

    home: Path
    database_url: str = field(repr=False)
    network_file: Path | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_settings(
    environ: Mapping[str, str],
    *,
    home: Path | None = None,
    database_url: str | None = None,
    network: Path | None = None,
) -> Settings:
    """Return the settings: an option given goes before its variable, a variable before the default.

    The default home is the user's data directory of this system, the default database a SQLite file in the home.
    An empty variable counts as one that is not set.
    """
    home = home or _path(environ, HOME_VARIABLE) or _default_home()
    return Settings(
        home=home,
        database_url=database_url or environ.get(DATABASE_VARIABLE) or f"sqlite:///{home.absolute() / DATABASE_FILE}",
        network_file=network or _path(environ, NETWORK_VARIABLE),
        environ=environ,
    )


def _path(environ: Mapping[str, str], variable: str) -> Path | None:
    text = environ.get(variable, "")
    return Path(text).expanduser() if text else None


def _default_home() -> Path:
    # Imported here, because most runs name their home and need not pay for it.
    from platformdirs import user_data_path

    return user_data_path("gmailsync", appauthor=False)
