"""`python -m fakes serve`: a simulated Google for other programs, without the product, until it is stopped."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from fakes import evidence, state
from fakes.clock import LiveClock
from fakes.evidence import Evidence
from fakes.google import SimulatedGoogle
from fakes.standalone import Standalone

EXAMPLE = "alice@contoso.com"
"""The account there is when nobody names another."""

BAD_USAGE = 2


def run(options: argparse.Namespace, fail: Callable[[int, str], int]) -> int:
    """Serve until Ctrl-C or SIGTERM; return the exit status."""
    try:
        past = Evidence.read(options.replay) if options.replay else None
        if past is not None:
            _require_ours(past, options)
        _serve(options, past)
    except OSError as error:
        return fail(BAD_USAGE, f"{error.filename}: {error.strerror}")
    except ValueError as error:
        return fail(BAD_USAGE, str(error))
    return 0


def _require_ours(past: Evidence, options: argparse.Namespace) -> None:
    if past.setup is not None:
        raise ValueError(f"replay: {options.replay}: this was gmailsync simulate, which plays it again")
    if options.account or options.mail:
        raise ValueError("replay: neither --account nor --mail beside it, as both are in the evidence")


def _serve(options: argparse.Namespace, past: Evidence | None) -> None:
    clock, seed = (past.clock(), past.seed) if past else (LiveClock(), options.seed)
    with _stopped_by_sigterm(), SimulatedGoogle(clock=clock, seed=seed) as google, Standalone(google) as served:
        with served.making(past):
            if past is None:
                _make(served, options.account, [_parted(text) for text in options.mail])
        if options.network_file:
            served.network.write(options.network_file)
        with suppress(KeyboardInterrupt):
            _tell(served, options)
            threading.Event().wait()
        if options.evidence:
            evidence.write(options.evidence, served.evidence())
    sys.stderr.write("stopped\n")


def _make(served: Standalone, accounts: list[str], mail: list[tuple[str, str]]) -> None:
    """Make accounts and a correct set-up for them, and seed the mail. ValueError for what cannot be."""
    addresses = {address.lower(): address for address in (*accounts, *(address for address, _ in mail))}
    for address in addresses.values() or [EXAMPLE]:
        served.deeds.do("add_account", {"address": address})
    served.deeds.do("correct_setup", {})
    for address, path in mail:
        for item in served.deeds.seed(address, path).skipped:
            sys.stderr.write(f"skipped {item.path}: {item.reason}\n")


def _parted(text: str) -> tuple[str, str]:
    address, equals, path = text.partition("=")
    if not (address and equals and path):
        raise ValueError(f"mail: {text!r}: ADDRESS=PATH is needed")
    return address, path


def _tell(served: Standalone, options: argparse.Namespace) -> None:
    told = document(served)
    told["network_file"] = str(options.network_file) if options.network_file else None
    if options.json:
        sys.stdout.write(f"{json.dumps(told)}\n")
    else:
        for client in told["clients"]:
            sys.stdout.write(f"client id      {client['client_id']}\nclient secret  {client['client_secret']}\n")
        for account in told["accounts"]:
            sys.stdout.write(f"account        {account['address']}, {account['messages']} messages\n")
        for key in ("proxy", "door", "network_file"):
            sys.stdout.write(f"{key.replace('_', ' '):<15}{told[key] or '–'}\n")
        sys.stdout.write("ready; stop with Ctrl-C\n")
    sys.stdout.flush()


def document(served: Standalone) -> dict[str, Any]:
    """Return what is served, for JSON; the client's secret is good in the simulation only."""
    network, world = served.network, served.google.world
    with world.lock:
        clients = [client for project in state.projects(world) for client in project["clients"]]
        return {
            "ca_file": network.ca_file,
            "hosts": dict(network.hosts),
            "proxy": network.proxy,
            "door": network.door.url if network.door else None,
            "clients": [{key: one[key] for key in ("client_id", "client_secret", "redirect_uris")} for one in clients],
            "accounts": [
                {key: one[key] for key in ("address", "imap", "pop", "messages")}
                for one in map(state.account, world.accounts.values())
            ],
        }


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Let a service manager's SIGTERM end the block as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
