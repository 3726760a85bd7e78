# SPDX-License-Identifier: Apache-2.0
"""The routes of the desk: `/desk`, `/desk/<request_id>`, `/desk/insights` and `/d/<token>`."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from approvals.clock import Clock
from approvals.domain.terms import HowKnown
from approvals.errors import ApprovalError, ErrorCode
from approvals.telemetry import redact
from approvals.web.desk.approvals import Approvals, ToolApprovals, Whole
from approvals.web.desk.pages.deciding import Decider, decided, did_not_count, request_page
from approvals.web.desk.pages.inbox import inbox
from approvals.web.desk.pages.insights import insights
from approvals.web.desk.pages.link import is_current, spent, unusable
from approvals.web.desk.pages.sign_in import sign_in, sign_in_page, sign_out
from approvals.web.desk.rendering import page, problem, see_other
from approvals.web.desk.sessions import Sessions
from approvals.web.desk.visit import Visit, visit_of
from approvals.web.desk.wording import moment, wording
from approvals.web.errors import ToolsUnavailableError
from approvals.web.http import HttpRequest, HttpResponse
from approvals.web.links import read_link
from approvals.web.settings import EndpointSettings
from approvals.web.signing import SHORTEST_SECRET, Expired
from approvals.web.tools import Tools
from approvals.web.urls import path_part

INSIGHTS: Final = "insights"
_UNREACHABLE: Final = frozenset({ErrorCode.STORE_UNAVAILABLE, ErrorCode.SHUTTING_DOWN})


class Desk:
    """Answers the desk's routes. Every answer is a page, whatever is wrong with the request."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def desk_get(self, request: HttpRequest, settings: EndpointSettings, tools: Tools) -> HttpResponse:
        """`GET /desk`, `/desk/insights` and `/desk/<request_id>`: pages for whoever is signed in."""
        return self._page(request, settings, lambda visit, _: _shown(visit, ToolApprovals(tools)))

    def desk_post(self, request: HttpRequest, settings: EndpointSettings, tools: Tools) -> HttpResponse:
        """`POST /desk`: sign in and out; `POST /desk/<request_id>`: decide."""
        return self._page(
            request, settings, lambda visit, sessions: _sent(visit, sessions, settings, ToolApprovals(tools))
        )

    def link_get(self, request: HttpRequest, settings: EndpointSettings, tools: Tools) -> HttpResponse:
        """`GET /d/<token>`: what the link's person can decide."""
        return self._page(request, settings, lambda visit, _: _linked(visit, settings, ToolApprovals(tools)))

    def link_post(self, request: HttpRequest, settings: EndpointSettings, tools: Tools) -> HttpResponse:
        """`POST /d/<token>`: decide as the link's person."""
        return self._page(
            request, settings, lambda visit, _: _linked(visit, settings, ToolApprovals(tools), request.form())
        )

    def _page(
        self,
        request: HttpRequest,
        settings: EndpointSettings,
        work: Callable[[Visit, Sessions], HttpResponse],
    ) -> HttpResponse:
        now = self._clock.now()
        sessions = _sessions(settings)
        visit = visit_of(request, sessions, now)
        if sessions is None:
            return problem(visit, HTTPStatus.SERVICE_UNAVAILABLE, "shut", n=SHORTEST_SECRET)
        try:
            return work(visit, sessions)
        except ToolsUnavailableError as error:
            return problem(visit, error.status, "unavailable", reason=redact(error.message))
        except ApprovalError as error:
            return _refused(visit, error)


def _sessions(settings: EndpointSettings) -> Sessions | None:
    """The sessions of this endpoint; None while an admin has not set it up for the desk.

    Who holds the `api_token` could make anybody's session and link if `desk_secret` were the same.
    """
    token = settings.api_token.get_secret_value()
    if not token or token == settings.desk_secret.get_secret_value():
        return None
    try:
        return Sessions(settings.desk_secret)
    except ApprovalError:
        return None


def _shown(visit: Visit, approvals: Approvals) -> HttpResponse:
    if visit.session is None:
        fault = "ended" if "out" in visit.request.query else ""
        return sign_in_page(visit, fault=fault)
    request_id = visit.request.values.get("request_id", "")
    if not request_id:
        return inbox(visit, approvals)
    if request_id == INSIGHTS:
        return insights(visit, approvals)
    return request_page(visit, approvals.find(request_id, visit.person), _signed_in(visit, request_id))


def _sent(visit: Visit, sessions: Sessions, settings: EndpointSettings, approvals: Approvals) -> HttpResponse:
    form, request_id = visit.request.form(), visit.request.values.get("request_id", "")
    if not request_id and "sign_out" not in form:
        return sign_in(visit, form, settings, sessions)
    if visit.session is None:
        return sign_in_page(visit, fault="again")
    if not sessions.is_own_form(visit.session, form.get("form_token", ""), visit.now):
        return problem(visit, HTTPStatus.FORBIDDEN, "form")
    if not request_id:
        return sign_out(visit)
    one = approvals.find(request_id, visit.person)
    return _taken(visit, one, _signed_in(visit, request_id), form, approvals)


def _signed_in(visit: Visit, request_id: str) -> Decider:
    return Decider(visit.person, HowKnown.TOKEN, path_part(request_id), visit.form_token)


def _linked(
    visit: Visit, settings: EndpointSettings, approvals: Approvals, form: dict[str, str] | None = None
) -> HttpResponse:
    """The page of a link, or with a form what becomes of it. A link is its own proof: it needs no session."""
    token = visit.request.values.get("token", "")
    try:
        link = read_link(settings.desk_secret, token, visit.now)
    except Expired as over:
        return unusable(visit, "expired", moment(over.end))
    if link is None:
        return unusable(visit, "foreign")
    one = approvals.find(link.request_id, link.person)
    visit = _in_its_language(visit, one)
    if not is_current(link, one):
        return spent(visit, link, one)
    who = Decider(link.person, HowKnown.LINK, token, "")
    return request_page(visit, one, who) if form is None else _taken(visit, one, who, form, approvals)


def _in_its_language(visit: Visit, one: Whole) -> Visit:
    """A visit without a session, in the language that the request's approvers are written to in."""
    language = one.record.request.language
    if language is None or "lang" in visit.request.query:
        return replace(visit, session=None)
    return replace(visit, session=None, t=wording(language))


def _taken(
    visit: Visit, one: Whole, who: Decider, form: dict[str, str], approvals: Approvals
) -> HttpResponse:
    """What becomes of a form that somebody sent: a page, or back to the request with the decision on record."""
    answer = decided(visit, one, who, form, approvals)
    if isinstance(answer, HttpResponse):
        return answer
    if answer.status != "ok":
        return did_not_count(visit, approvals.find(one.record.request_id, who.person), answer, who.action)
    return see_other(f"{who.action}?done={path_part(form['event'])}")


def _refused(visit: Visit, error: ApprovalError) -> HttpResponse:
    """A page for what a tool refuses, or a form that cannot be read."""
    if error.code is ErrorCode.NOT_FOUND:
        return problem(visit, HTTPStatus.NOT_FOUND, "not_found")
    status = HTTPStatus.SERVICE_UNAVAILABLE if error.code in _UNREACHABLE else HTTPStatus.BAD_REQUEST
    t = visit.t
    return page(visit, "problem", status=status, title=t("problem.title"), text=redact(error.message))
