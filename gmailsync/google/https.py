"""Requests over our own network: Google's names in TLS and HTTP, whatever address is dialled.

What goes wrong on the way leaves as a `NetworkError` that names the host; what Google answers is for others.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectTimeout, ProxyError
from urllib3.exceptions import HTTPError, NewConnectionError

from gmailsync.errors import ConnectFailed, ConnectionLost, HostNotFound, NetworkError, TlsFailed
from gmailsync.google.lines import reason
from gmailsync.model.profile import Endpoint

ADVICE = "Check that this machine reaches {}: its name servers, the firewall, and whether a proxy inspects TLS."
"""What to do when it does not; unlike those of mail, these addresses are in no server profile."""

_DEFAULT_PORTS = {"https": 443, "http": 80}
_NO_CONNECTION = (NewConnectionError, ConnectTimeout, ProxyError)
_UNKNOWN_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class GoogleAdapter(HTTPAdapter):
    """Carries requests to the addresses that `dialled` names; every request has a time limit.

    `timeout` is (connect, read) in seconds, for requests that set none.
    """

    def __init__(self, dialled: Callable[[Endpoint], Endpoint], timeout: tuple[float, float]) -> None:
        self._dialled = dialled
        self._timeout = timeout
        super().__init__()

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Dial the network's address, while SNI and the name in the certificate stay Google's."""
        host_params: Any  # the stubs know fewer keys than urllib3 takes
        pool_kwargs: Any
        host_params, pool_kwargs = super().build_connection_pool_key_attributes(request, verify, cert)
        named = _endpoint(request)
        dialled = self._dialled(named)
        if dialled != named:
            host_params.update(host=dialled.host, port=dialled.port)
            if host_params["scheme"] == "https":
                pool_kwargs["server_hostname"] = named.host  # what OpenSSL compares the certificate with
        return host_params, pool_kwargs

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send the request and, unless `stream` is set, read the whole answer. Raises `NetworkError`."""
        named = _endpoint(request)
        if self._dialled(named) != named:
            # On a copy, because a redirect to another host is prepared from the original.
            request = request.copy()
            request.headers.setdefault("Host", urlsplit(str(request.url)).netloc.rpartition("@")[2])
        try:
            response = super().send(request, stream, timeout or self._timeout, verify, cert, proxies)
            if not stream:
                _ = response.content
        except requests.RequestException as error:
            trouble = network_error(named, error)
            if not isinstance(trouble, ConnectionLost):
                trouble.advice = ADVICE.format(named)
            raise trouble from error
        except OSError as error:  # requests' own check whether the CA file is there
            raise TlsFailed(f"no secure connection to {named}: {reason(error)}", advice=ADVICE.format(named)) from error
        return response


def network_error(endpoint: Endpoint, error: BaseException) -> NetworkError:
    """Say in our words why a connection to `endpoint` did not come about or broke off."""
    causes = list(_causes(error))
    if not any(isinstance(cause, ProxyError) for cause in causes):
        match causes[-1]:
            case socket.gaierror(errno=number) if number not in _UNKNOWN_NAME:
                # EAI_AGAIN and the like: the name servers do not answer, which says nothing against the name.
                return ConnectFailed(f"{endpoint.host} could not be looked up: {reason(causes[-1])}")
            case socket.gaierror() | UnicodeError():  # the latter: a label that is empty or too long
                return HostNotFound(f"no host is called {endpoint.host}")
            case ssl.SSLError():
                return TlsFailed(f"no secure connection to {endpoint}: {reason(causes[-1])}")
    if not isinstance(error, requests.RequestException) or any(isinstance(cause, _NO_CONNECTION) for cause in causes):
        return ConnectFailed(f"{endpoint} does not answer: {reason(causes[-1])}")
    if isinstance(error, requests.Timeout):
        return ConnectionLost(f"{endpoint} fell silent")
    return ConnectionLost(f"the connection to {endpoint} broke off: {reason(causes[-1])}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """List the error and what led to it, down to the operating system's own.

    Beyond that lies whatever the caller was handling when it called us, which is none of our business.
    """
    yield error
    while type(error).__module__.startswith(("requests.", "urllib3.")):
        cause = error.__cause__ or error.__context__
        if cause is None:
            return
        error = cause
        if isinstance(error, OSError | UnicodeError | HTTPError):
            yield error


def _endpoint(request: requests.PreparedRequest) -> Endpoint:
    url = urlsplit(str(request.url))
    return Endpoint(url.hostname or "", url.port or _DEFAULT_PORTS.get(url.scheme, 0))
