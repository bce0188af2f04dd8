"""The pages: the list of mailboxes, the way to Google, the way back, and how it ended.

They have no accounts of their own: whoever reaches them may use them, so they are for this machine only, and
they protect themselves from what else the browser has open (`gmailsync.web.guard`).

Google's answer proves itself by its `state`, which the flow burns, and not by the browser's session: a sign-in that a
command began may end here.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from http import HTTPStatus

from flask import Flask, Response, redirect, request, session
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from gmailsync.errors import GmailSyncError, GrantEnding, NoSuchPage, PageRefused
from gmailsync.flows import sign_in
from gmailsync.flows.lookup import profile_of
from gmailsync.flows.overview import Standing, overview, standing
from gmailsync.model.mailbox import MailboxId
from gmailsync.model.profile import CALLBACK_PATH
from gmailsync.ports import Ports, Tx
from gmailsync.rendering import render, source
from gmailsync.rules.loopback import Landing, landing, port_of
from gmailsync.rules.standing import MailboxState
from gmailsync.web import guard
from gmailsync.web.english import ENGLISH
from gmailsync.web.languages import LANGUAGES
from gmailsync.web.texts import Texts
from gmailsync.web.trouble import Trouble, alert_told, status_of, told

LANGUAGE = "lang"
"""The query parameter, and where the session keeps the choice."""

LARGEST_ID = 2**63 - 1
"""What the databases can count up to."""

BIGGEST_FORM = 16 * 1024
"""Bytes; ours has two short fields."""

_log = logging.getLogger(__name__)


def create_pages(ports: Ports, port: int) -> Flask:
    """Return the pages as a WSGI application that listens on `port`."""
    pages = _Pages(ports, port)
    flask = Flask(__name__, static_folder=None, template_folder=None)
    flask.config.update(guard.session_settings(port), MAX_CONTENT_LENGTH=BIGGEST_FORM)
    flask.before_request(guard.check_host)
    flask.after_request(guard.add_headers)
    flask.add_url_rule("/", view_func=pages.mailboxes)
    flask.add_url_rule("/style.css", view_func=pages.style)
    flask.add_url_rule("/sign-in", view_func=pages.sign_in, methods=["POST"])
    flask.add_url_rule(CALLBACK_PATH, view_func=pages.come_back)
    # The environment may have a path of its own in front.
    flask.add_url_rule(f"/<path:base>{CALLBACK_PATH}", view_func=pages.come_back)
    flask.add_url_rule(f"/signed-in/<int(max={LARGEST_ID}):mailbox>", view_func=pages.signed_in)
    flask.register_error_handler(GmailSyncError, _refused)
    flask.register_error_handler(HTTPException, _refused_by_flask)
    flask.register_error_handler(Exception, _broken)
    return flask


class _Pages:
    """One method per page."""

    def __init__(self, ports: Ports, port: int) -> None:
        self._ports = ports
        self._port = port

    def mailboxes(self) -> Response:
        """List every mailbox and how it stands, each with its button."""
        texts = _texts()
        with self._ports.store.begin() as tx:
            standings = overview(tx, self._ports.clock.now())
            notices = list(self._notices(tx, texts))
        return _page(
            "mailboxes.html.j2",
            texts,
            standings=standings,
            notices=notices,
            form_field=guard.FORM_FIELD,
            form_token=guard.form_token(),
            alerts={shown.address: _alerts(shown, texts) for shown in standings},
            now=self._ports.clock.now(),
            unready={MailboxState.NO_PROFILE, MailboxState.PROFILE_INACTIVE},
        )

    def sign_in(self) -> AnyResponse:
        """Send the owner to Google, whose pages are to speak the language of this one."""
        guard.check_form()
        attempt = sign_in.begin(self._ports, request.form.get("mailbox", ""), _texts().tag)
        return redirect(attempt.url, HTTPStatus.SEE_OTHER)

    def come_back(self, base: str = "") -> AnyResponse:  # noqa: ARG002 - the path decides nothing
        """Finish a sign-in. The result has an address of its own, so that no code stays in the browser's history."""
        if request.method != "GET":  # Flask answers HEAD by GET, and a preview must not use up the code
            raise NoSuchPage("there is no page at this address")
        grant = sign_in.finish(self._ports, f"?{request.query_string.decode('ascii', 'replace')}")
        return redirect(f"/signed-in/{grant.mailbox_id}", HTTPStatus.SEE_OTHER)

    def signed_in(self, mailbox: int) -> AnyResponse:
        """Tell an owner who is signed in what comes next; anybody else finds the list."""
        with self._ports.store.begin() as tx:
            found = tx.mailboxes.by_id(MailboxId(mailbox))
            shown = standing(tx, found, self._ports.clock.now())
        if shown.outlook is None:
            return redirect("/", HTTPStatus.SEE_OTHER)
        return _page("signed_in.html.j2", _texts(), standing=shown, end=shown.outlook.end, now=self._ports.clock.now())

    def style(self) -> Response:
        """Return the one style sheet."""
        return Response(source("web/style.css"), mimetype="text/css")

    def _notices(self, tx: Tx, texts: Texts) -> Iterator[str]:
        """Tell of server profiles whose owners do not come back to this page."""
        found = (profile_of(tx, mailbox) for mailbox in tx.mailboxes.all())
        profiles = {profile.id: profile for profile in found if profile is not None and profile.active}
        for profile in profiles.values():
            uri = profile.redirect_uri
            match landing(uri, self._port):
                case Landing.OTHER_PORT:
                    yield texts.other_port.format(
                        profile=profile.name, redirect_uri=uri, port=self._port, wanted=port_of(uri)
                    )
                case Landing.ELSEWHERE:
                    yield texts.elsewhere.format(profile=profile.name, redirect_uri=uri)


def _alerts(shown: Standing, texts: Texts) -> list[Trouble]:
    """Tell the mailbox's open alerts, but for the one about an end that the page tells itself, with its reason."""
    ends = shown.outlook is not None and shown.outlook.end is not None
    return [alert_told(alert, texts) for alert in shown.alerts if not (ends and alert.code == GrantEnding.code)]


def _texts() -> Texts:
    """Return the language chosen by `?lang=`, now or before, or else the browser's."""
    asked = request.args.get(LANGUAGE)
    if asked in LANGUAGES:
        session[LANGUAGE] = asked
    spoken = (tag.lower().partition("-")[0] for tag, quality in request.accept_languages if quality > 0)  # best first
    return next((LANGUAGES[tag] for tag in (session.get(LANGUAGE), *spoken) if tag in LANGUAGES), ENGLISH)


def _page(template: str, texts: Texts, status: int = HTTPStatus.OK, **values: object) -> Response:
    page = render(f"web/{template}", texts=texts, all_texts=LANGUAGES.values(), **values)
    return Response(page, status, mimetype="text/html")


def _refused(error: GmailSyncError, status: int | None = None) -> Response:
    texts = _texts()
    return _page("trouble.html.j2", texts, status or status_of(error), trouble=told(error, texts))


def _refused_by_flask(error: HTTPException) -> Response:
    if error.code in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        return _refused(NoSuchPage("there is no page at this address"), error.code)
    return _refused(PageRefused("the page does not take this request"), error.code)


def _broken(error: Exception) -> Response:
    """Tell of a fault of ours. The log says where, but not the error's words: they could repeat a code or a token."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    _log.error("internal: %s at %s:%s", type(error).__name__, where.filename, where.lineno)
    return _refused(GmailSyncError("a fault of gmailsync itself"), HTTPStatus.INTERNAL_SERVER_ERROR)
