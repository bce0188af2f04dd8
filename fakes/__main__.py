"""`python -m fakes`: serve a simulated Google, act on one that runs, and tell how true it is to Google."""

from __future__ import annotations

import argparse
import http.client
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from fakes import commands as by_door
from fakes.calling import Caller, DoorRefused
from fakes.consent import ConsentStopped, give_consent
from fakes.network import BadNetworkFile, NetworkMap
from fakes.oauth.http import Request, Response

NETWORK_VARIABLE = "GMAILSYNC_NETWORK"

STOPPED = 1
BAD_USAGE = 2
INTERRUPTED = 130

TIMEOUT = 30.0
"""Seconds to wait for the simulation, which answers in milliseconds."""


class _GoogleConnection(http.client.HTTPSConnection):
    """A connection to one of Google's hosts, dialled by the network map and verified against its authority."""

    def __init__(self, host: str, network: NetworkMap) -> None:
        self._tls = network.ssl_context()
        self._network = network
        super().__init__(host, timeout=TIMEOUT, context=self._tls)

    def connect(self) -> None:
        """Dial the loopback address that stands for the host."""
        # Assigned before it is wrapped, so that close() also closes what fails to become TLS.
        self.sock = self._network.dial(self.host, self.port, TIMEOUT)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0 done, 1 Google stopped it or nobody answers, 2 bad usage."""
    options = _parser().parse_args(sys.argv[1:] if arguments is None else arguments)
    try:
        status: int = options.run(options) if options.act is None else _run_by_door(options)
    except KeyboardInterrupt:
        return _fail(INTERRUPTED, "interrupted")
    return status


def _run_by_door(options: argparse.Namespace) -> int:
    try:
        return options.act(Caller(_network(options)), options) or 0
    except DoorRefused as refusal:
        return _fail(STOPPED if refusal.by_google else BAD_USAGE, str(refusal))
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:  # before OSError, of which they are some
        return _fail(BAD_USAGE, f"{error.filename}: {error.strerror}")
    except OSError as error:
        return _fail(STOPPED, f"no simulation answers as {_network_file(options)} says: {error}")
    except (BadNetworkFile, ValueError) as error:
        return _fail(BAD_USAGE, str(error))


def _network(options: argparse.Namespace) -> NetworkMap:
    """Return the network map. ValueError when none is named, or it is none."""
    file = _network_file(options)
    if not file:
        raise ValueError(f"the following arguments are required: --network (or {NETWORK_VARIABLE})")
    return NetworkMap.read(file)


def _network_file(options: argparse.Namespace) -> str:
    return options.network or os.environ.get(NETWORK_VARIABLE, "")


def _run_serve(options: argparse.Namespace) -> int:
    from fakes import serving  # which needs every server

    return serving.run(options, _fail)


def _run_fidelity(_: argparse.Namespace) -> int:
    from fakes.fidelity import page

    sys.stdout.write(page.render())
    return 0


def _run_consent(options: argparse.Namespace) -> int:
    try:
        network = _network(options)
        sys.stdout.write(f"{_consent(network, options)}\n")
    except ConsentStopped as stopped:
        return _fail(STOPPED, f"Google: {stopped.line}")
    except (OSError, http.client.HTTPException) as error:
        return _fail(STOPPED, f"no simulation answers as {_network_file(options)} says: {error}")
    except (BadNetworkFile, ValueError) as error:
        return _fail(BAD_USAGE, str(error))
    return 0


def _consent(network: NetworkMap, options: argparse.Namespace) -> str:
    def send(request: Request) -> Response:
        connection = _GoogleConnection(request.host, network)
        try:
            connection.request(request.method, request.target, request.body or None, dict(request.headers))
            answer = connection.getresponse()
            return Response(answer.status, tuple(answer.getheaders()), answer.read())
        finally:
            connection.close()

    return give_consent(options.url, options.as_, send, deny=options.deny, untick=options.untick)


def _fail(status: int, text: str) -> int:
    sys.stderr.write(f"error: {text}\n")
    return status


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        """Complain and exit."""
        sys.exit(_fail(BAD_USAGE, f"{message} (see {self.prog} --help)"))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m fakes", description="Act on a simulation of Google, and tell of it.")
    parser.set_defaults(act=None, run=_run_serve)
    _add_serving(parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    command = commands.add_parser(
        "serve",
        help="serve a simulated Google until stopped, as without any command",
        description="Serve a simulated Google on this machine until stopped.",
    )
    _add_serving(command)
    command.set_defaults(run=_run_serve)
    command = commands.add_parser(
        "consent",
        help="play the owner at Google's consent pages and print the redirected URL",
        description="Walk through Google's pages as the owner of an account does, and print the redirected URL.",
    )
    command.add_argument("url", metavar="URL", help="the authorization URL that the application shows")
    command.add_argument("--as", dest="as_", metavar="ADDRESS", required=True, help="whose account to choose")
    answer = command.add_mutually_exclusive_group()
    answer.add_argument("--deny", action="store_true", help="press Cancel")
    answer.add_argument("--untick", metavar="SCOPE", action="append", default=[], help="leave out a scope; repeatable")
    command.add_argument("--network", metavar="FILE", help="the network file; without it GMAILSYNC_NETWORK")
    command.set_defaults(run=_run_consent)
    command = commands.add_parser(
        "fidelity",
        help="print how true the simulation is to Google, in Markdown",
        description="Print which mistakes can be played, what is not imitated, and how sure each answer is.",
    )
    command.set_defaults(run=_run_fidelity)
    by_door.add_to(commands)
    return parser


def _add_serving(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--account", metavar="ADDRESS", action="append", default=[], help="an account; repeatable")
    parser.add_argument("--mail", metavar="ADDRESS=PATH", action="append", default=[], help="mail in it; repeatable")
    parser.add_argument("--network-file", metavar="FILE", type=Path, help="write the network file here")
    parser.add_argument("--seed", metavar="NUMBER", type=int, default=0, help="decides every id and token")
    parser.add_argument("--evidence", metavar="FILE", type=Path, help="write the evidence here at the end")
    parser.add_argument("--replay", metavar="EVIDENCE", type=Path, help="make the world of an earlier evidence again")
    parser.add_argument("--json", action="store_true", help="print one JSON document when it is ready")


if __name__ == "__main__":
    sys.exit(main())
