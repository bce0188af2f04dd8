"""`python -m fakes`: what an owner does to a running simulation, from another process; and how true it is to Google."""

from __future__ import annotations

import argparse
import http.client
import sys
from collections.abc import Sequence
from typing import NoReturn

from fakes.consent import ConsentStopped, give_consent
from fakes.fidelity import page
from fakes.network import BadNetworkFile, NetworkMap
from fakes.oauth.http import Request, Response

STOPPED = 1
BAD_USAGE = 2

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
    """Run one command and return the exit status: 0 done, 1 Google stopped it, 2 bad usage."""
    options = _parser().parse_args(arguments)
    status: int = options.run(options)
    return status


def _run_fidelity(_: argparse.Namespace) -> int:
    sys.stdout.write(page.render())
    return 0


def _run_consent(options: argparse.Namespace) -> int:
    try:
        network = NetworkMap.read(options.network)
        sys.stdout.write(f"{_consent(network, options)}\n")
    except ConsentStopped as stopped:
        return _fail(STOPPED, f"Google: {_told(stopped)}")
    except (OSError, http.client.HTTPException) as error:
        return _fail(STOPPED, f"no simulation answers as {options.network} says: {error}")
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


def _told(stopped: ConsentStopped) -> str:
    """Return what Google's page says in one line, its error code first: that is what people search for."""
    return " ".join(": ".join(part for part in (stopped.code or stopped.page_title, stopped.text) if part).split())


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
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
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
    command.add_argument("--network", metavar="FILE", required=True, help="the network file of the simulation")
    command.set_defaults(run=_run_consent)
    command = commands.add_parser(
        "fidelity",
        help="print how true the simulation is to Google, in Markdown",
        description="Print which mistakes can be played, what is not imitated, and how sure each answer is.",
    )
    command.set_defaults(run=_run_fidelity)
    return parser


if __name__ == "__main__":
    sys.exit(main())
