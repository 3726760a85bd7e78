# SPDX-License-Identifier: Apache-2.0
"""One visit to the desk: the request, who is signed in, the language, and the time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from approvals.domain.terms import Language
from approvals.web.desk.sessions import Session, Sessions
from approvals.web.desk.wording import Wording, wording
from approvals.web.http import HttpRequest

_TAGS_READ: Final = 10


@dataclass(frozen=True, slots=True)
class Visit:
    """What every page needs. `form_token` goes into each form; "" where nobody is signed in."""

    request: HttpRequest
    now: datetime
    t: Wording
    session: Session | None = None
    form_token: str = ""
    cookie: str = ""
    """`Set-Cookie`, where the session has changed."""

    @property
    def person(self) -> str:
        """Who is signed in; "" for nobody."""
        return self.session.person if self.session else ""


def visit_of(request: HttpRequest, sessions: Sessions | None, now: datetime) -> Visit:
    """The visit that a request makes. `?lang=ja` changes the language of the session."""
    session = sessions.of(request, now) if sessions else None
    wanted = _language(request.query.get("lang", ""))
    if sessions is None or session is None:
        return Visit(request, now, wording(wanted or _accepted(request) or Language.ENGLISH))
    changed = wanted is not None and wanted is not session.language
    if wanted is not None and changed:
        session = session.in_language(wanted)
    cookie = sessions.cookie(session, request) if changed else ""
    return Visit(request, now, wording(session.language), session, sessions.form_token(session), cookie)


def _language(word: str) -> Language | None:
    return Language(word) if word in set(Language) else None


def _accepted(request: HttpRequest) -> Language | None:
    """The first of the browser's languages that there is; their order is that of the header."""
    for tag in request.headers.get("accept-language", "").split(",", _TAGS_READ)[:_TAGS_READ]:
        language = _language(tag.partition(";")[0].partition("-")[0].strip().casefold())
        if language is not None:
            return language
    return None
