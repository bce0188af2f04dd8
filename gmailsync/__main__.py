"""The command `gmailsync`, which is `python -m gmailsync` as well."""

from __future__ import annotations

import gc
import sys

_LOADED = 200_000
"""More objects than any command's modules are made of."""

_INTERRUPTED = 130
"""128 plus the signal, as shells count; that of `gmailsync.cli`, which is not loaded yet."""


def main() -> int:
    """Run one command and return its exit status (see `gmailsync.cli.main`)."""
    try:
        _spare_what_is_loaded()
        from gmailsync.cli import main as run

        return run()
    except KeyboardInterrupt:  # while the modules were loaded, which takes longer than some commands
        sys.stderr.write("error: interrupted\n")
        return _INTERRUPTED


def _spare_what_is_loaded() -> None:
    """Let the garbage collector begin when the modules are loaded, and never look at them.

    All that they are made of stays. Looking through it again and again took a tenth of a command's start.
    """
    usual = gc.get_threshold()

    def begin(_phase: str, _info: dict[str, int]) -> None:
        gc.callbacks.remove(begin)
        gc.freeze()
        gc.set_threshold(*usual)

    gc.callbacks.append(begin)
    gc.set_threshold(_LOADED)


if __name__ == "__main__":
    sys.exit(main())
