# SPDX-License-Identifier: Apache-2.0
"""From a choice to a decision: first a page that asks to confirm, and only its form counts."""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from approvals.domain.terms import Event, HowKnown, Level
from approvals.web.desk.approvals import Approvals, Choice, Outcome, Whole
from approvals.web.desk.pages.choices import COMMENT_LIMIT, comment_fault, options, will
from approvals.web.desk.pages.request_view import happened, headline, request_view
from approvals.web.desk.rendering import page
from approvals.web.desk.visit import Visit
from approvals.web.desk.wording import moment
from approvals.web.http import HttpResponse

_BY_PEOPLE: Final = frozenset(Event) - {Event.TIMEOUT}
_VERSION: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, how they are known, and where their form is sent: an address relative to the page."""

    person: str
    known: HowKnown
    action: str
    token: str


def request_page(
    visit: Visit,
    one: Whole,
    who: Decider,
    *,
    status: int = HTTPStatus.OK,
    fault: str = "",
    form: dict[str, str] | None = None,
) -> HttpResponse:
    """A request with what this person can decide. `fault` is the key of what was wrong with the form."""
    typed = form or {}
    return page(
        visit,
        "request",
        status=status,
        who=who,
        options=options(one, visit.t),
        fault=fault,
        typed=typed,
        most=f"{COMMENT_LIMIT:,}",
        done=visit.request.query.get("done", ""),
        v=request_view(visit, one),
    )


def decided(
    visit: Visit, one: Whole, who: Decider, form: dict[str, str], approvals: Approvals
) -> HttpResponse | Outcome:
    """What becomes of a form: the page again with what is wrong, the page that asks to confirm, or the outcome."""
    event, comment = form.get("event", ""), form.get("comment", "").replace("\r\n", "\n").strip()
    possible = _BY_PEOPLE if "confirmed" in form else {option.event for option in options(one, visit.t)}
    if event not in possible:
        return request_page(visit, one, who, status=HTTPStatus.BAD_REQUEST, fault="choose_first", form=form)
    fault = comment_fault(event, comment)
    if fault:
        return request_page(visit, one, who, status=HTTPStatus.BAD_REQUEST, fault=fault, form=form)
    if "confirmed" not in form:
        return _confirmation(visit, one, who, Event(event), comment)
    version = int(form["version"]) if _VERSION.fullmatch(form.get("version", "")) else 0
    choice = Choice(
        request_id=one.record.request_id,
        event=Event(event),
        person=who.person,
        level=_level(one, version, form.get("level", "")),
        comment=comment,
        version=version,
        known=who.known,
    )
    return approvals.decide(choice, visit.t.language)


def _level(one: Whole, version: int, confirmed: str) -> Level | None:
    """The level that decides. A form that is sent twice names the one of its page, so that it is the same step."""
    if version == one.record.version:
        return one.record.level
    return Level(confirmed) if confirmed in set(Level) else None


def _confirmation(visit: Visit, one: Whole, who: Decider, event: Event, comment: str) -> HttpResponse:
    return page(
        visit,
        "confirm",
        one=one,
        record=one.record,
        headline=headline(one, visit.t),
        who=who,
        event=event.value,
        event_word=visit.t(f"event.{event}"),
        will=will(one, event, visit.t),
        comment=comment,
    )


def did_not_count(visit: Visit, one: Whole, outcome: Outcome, look: str) -> HttpResponse:
    """A page that says why a decision did not count: what happened meanwhile, or the reason of a refusal.

    `one` is the request as it stands now, `look` leads to it.
    """
    t = visit.t
    last = happened(one.record.history[-1], one, t) if one.record.history else None
    if outcome.status == "conflict" and last is not None:
        title = t("decide.conflict_title")
        text = t("decide.conflict", event=last.what, person=last.who, time=moment(last.at))
    else:
        title, text = t("decide.refused_title"), t("decide.refused", reason=outcome.reason)
    return page(visit, "not_counted", status=HTTPStatus.CONFLICT, title=title, text=text, look=look)
