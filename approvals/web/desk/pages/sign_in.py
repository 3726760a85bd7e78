# SPDX-License-Identifier: Apache-2.0
"""Signing in and out: the endpoint's token, and the name of the person."""

from http import HTTPStatus

from approvals.domain.decisions import SYSTEM, UNNAMED
from approvals.text.names import name_key
from approvals.web.api.token import is_token
from approvals.web.desk.rendering import page, see_other
from approvals.web.desk.sessions import Sessions, no_cookie
from approvals.web.desk.visit import Visit
from approvals.web.http import HttpResponse
from approvals.web.settings import EndpointSettings

LONGEST_NAME = 400
"""Bytes, as `route_approval` takes them for an actor."""


def sign_in_page(
    visit: Visit, *, status: int = HTTPStatus.UNAUTHORIZED, fault: str = "", person: str = ""
) -> HttpResponse:
    """The form. `fault` is the key of what was wrong with the last try."""
    return page(visit, "sign_in", status=status, fault=fault, person=person)


def sign_in(
    visit: Visit, form: dict[str, str], settings: EndpointSettings, sessions: Sessions
) -> HttpResponse:
    """A new session for whoever has the token and gives a name; else the form again with what is wrong."""
    person = " ".join(form.get("person", "").split())
    if not is_token(settings, form.get("token", "").strip()):
        return sign_in_page(visit, status=HTTPStatus.FORBIDDEN, fault="wrong_token", person=person)
    key = name_key(person)
    if not key or len(person.encode(errors="replace")) > LONGEST_NAME or not person.isprintable():
        return sign_in_page(visit, status=HTTPStatus.BAD_REQUEST, fault="no_person", person=person)
    if key in {SYSTEM, UNNAMED}:
        return sign_in_page(visit, status=HTTPStatus.BAD_REQUEST, fault="reserved_person", person=person)
    session = sessions.start(person, visit.t.language, visit.now)
    return see_other("desk", sessions.cookie(session, visit.request))


def sign_out(visit: Visit) -> HttpResponse:
    """Ends the session in this browser."""
    return see_other("desk?out=1", no_cookie(visit.request))
