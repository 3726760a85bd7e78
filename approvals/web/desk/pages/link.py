# SPDX-License-Identifier: Apache-2.0
"""A person-bound link: shows one request to one person, who can decide there; and says why a link no longer works."""

from http import HTTPStatus

from approvals.domain.records import LedgerEntry
from approvals.text.names import same_to_a_reader
from approvals.web.desk.approvals import Whole
from approvals.web.desk.pages.request_view import request_view
from approvals.web.desk.pages.route import name_of
from approvals.web.desk.rendering import page
from approvals.web.desk.visit import Visit
from approvals.web.http import HttpResponse
from approvals.web.links import Link, standing_version


def is_current(link: Link, one: Whole) -> bool:
    """True while nothing has happened to the request since the link was made."""
    return link.version == standing_version(one.record)


def spent(visit: Visit, link: Link, one: Whole) -> HttpResponse:
    """Says that the link was used, or is out of date, and where the request stands."""
    entry = _used(link, one)
    return page(
        visit,
        "link_over",
        status=HTTPStatus.GONE,
        kind="used" if entry else "outdated",
        entry=entry,
        entry_by=name_of(one, entry.actor) if entry else "",
        done=visit.request.query.get("done", ""),
        event_word=visit.t(f"event.{entry.event}") if entry else "",
        v=request_view(visit, one),
    )


def unusable(visit: Visit, kind: str, time: object = "") -> HttpResponse:
    """Says that a link is `foreign` or `expired`."""
    t = visit.t
    text = t(f"link.{kind}", time=time)
    return page(
        visit,
        "problem",
        status=HTTPStatus.NOT_FOUND if kind == "foreign" else HTTPStatus.GONE,
        title=t(f"link.{kind}_title"),
        text=text,
    )


def _used(link: Link, one: Whole) -> LedgerEntry | None:
    """What this person did with the link: their own entry right after the version that it was made for."""
    for before, step in zip((None, *one.record.history), one.record.history, strict=False):
        if before is None or before.answer.version != link.version:
            continue
        entry = step.entry
        mine = same_to_a_reader(entry.actor, one.person) or same_to_a_reader(entry.actor, link.person)
        return entry if mine else None
    return None
