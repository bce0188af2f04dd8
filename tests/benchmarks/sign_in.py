"""How long a whole sign-in without a browser takes: consent URL, Google's pages, code exchange.

Run it with `python tests/benchmarks/sign_in.py`. It prints medians and asserts nothing.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import requests
from google_auth_oauthlib.flow import Flow

from fakes.consent import give_consent
from fakes.google import LOCAL_REDIRECT, SimulatedGoogle
from fakes.intercept import intercept
from fakes.oauth.http import Request, Response
from gmailsync.google.network import Network

ALICE = "alice@contoso.com"
SCOPES = ["openid", "https://www.googleapis.com/auth/userinfo.email", "https://mail.google.com/"]
RUNS = 31


def sign_in(
    session: requests.Session, configuration: dict[str, object], carry: Callable[[requests.Session], None]
) -> None:
    """Let the owner walk Google's pages by this session, and redeem the code by one that `carry` equips."""

    def send(asked: Request) -> Response:
        headers = dict(asked.headers)
        told = session.request(
            asked.method, asked.url, data=asked.body, headers=headers, allow_redirects=False, timeout=9
        )
        return Response(told.status_code, tuple(told.headers.items()), told.content)

    flow = Flow.from_client_config(configuration, scopes=SCOPES, redirect_uri=LOCAL_REDIRECT)
    carry(flow.oauth2session)
    url, _ = flow.authorization_url(access_type="offline", prompt="consent")
    answer = give_consent(url, ALICE, send)
    flow.fetch_token(code=parse_qs(urlsplit(answer).query)["code"][0])


def median_ms(act: Callable[[], None]) -> float:
    """Return the median of the runs in milliseconds, after one that does not count."""
    act()
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        act()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def main() -> None:
    """Measure both ways to the same handler in one run."""
    with SimulatedGoogle() as google:
        google.add_account(ALICE)
        setup = google.correct_setup()
        configuration = setup.client.downloaded_json(setup.project.id)
        network = Network(dict(google.network.hosts), google.network.ca_file)
        with network.requests_session() as mapped, requests.Session() as plain, intercept(google.world) as mock:
            mock.stop()
            https = median_ms(lambda: sign_in(mapped, configuration, network.carry))
            mock.start()
            intercepted = median_ms(lambda: sign_in(plain, configuration, lambda _: None))
    print(f"sign-in, median of {RUNS}: {https:.1f} ms over HTTPS on loopback")
    print(f"sign-in, median of {RUNS}: {intercepted:.1f} ms behind responses")


if __name__ == "__main__":
    main()
