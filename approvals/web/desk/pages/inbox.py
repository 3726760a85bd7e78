# SPDX-License-Identifier: Apache-2.0
"""The inbox: what waits for me, what is open, overdue, decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from approvals.web.desk.approvals import Approvals, Show, Summary
from approvals.web.desk.rendering import page
from approvals.web.desk.visit import Visit
from approvals.web.desk.wording import Wording
from approvals.web.http import HttpResponse

TABS: Final = (Show.MINE, Show.OPEN, Show.OVERDUE, Show.DECIDED)
_MINE_AT_ONCE: Final = 100
_AT_ONCE: Final = 25


class Due(NamedTuple):
    """Until when a request must be decided: the moment, and how far away it is in words."""

    at: str
    words: str
    late: bool


class Row(NamedTuple):
    """One request in the list."""

    request_id: str
    what: str
    about: str
    requester: str
    amount: str
    risk: str
    risk_word: str
    state: str
    state_word: str
    title: str
    due: Due | None
    updated_at: str


def inbox(visit: Visit, approvals: Approvals) -> HttpResponse:
    """The list that `?show=` names; at first what waits for whoever is signed in."""
    asked = visit.request.query.get("show", "")
    show = Show(asked) if asked in set(TABS) else Show.MINE
    limit = _MINE_AT_ONCE if show is Show.MINE else _AT_ONCE
    cursor = visit.request.query.get("cursor", "")
    listing = approvals.list(show, visit.person, cursor=cursor, limit=limit)
    rows = [row_of(one, visit.t, visit.now) for one in listing.found]
    return page(
        visit,
        "inbox",
        tabs=TABS,
        show=show,
        rows=_by_due(rows) if show is Show.MINE else rows,
        listing=listing,
        unlisted=show is Show.MINE and not listing.person,
        cursor=cursor,
    )


def row_of(one: Summary, t: Wording, now: datetime) -> Row:
    """A request as the list shows it."""
    return Row(
        request_id=one.request_id,
        what=what_of(one.request_type, one.vendor, t),
        about=one.summary,
        requester=one.requester,
        amount=t.money(one.amount, one.currency),
        risk=one.risk_level,
        risk_word=risk_word(one.risk_level, t),
        state=one.state.value,
        state_word=t.words.states[one.state],
        title=one.title or (t.words.titles[one.level] if one.level else ""),
        due=due_of(one.deadline_at, t, now),
        updated_at=one.updated_at,
    )


def what_of(request_type: str, vendor: str, t: Wording) -> str:
    """What is asked for, in a word or two."""
    kind = t.or_else(f"kind.{request_type}", request_type) if request_type else str(t("kind.none"))
    return f"{kind} · {vendor}" if vendor else kind


def risk_word(risk: str, t: Wording) -> str:
    """A risk in words; "" where there is none."""
    return next((word for level, word in t.words.risks.items() if level == risk), "")


def due_of(deadline_at: str, t: Wording, now: datetime) -> Due | None:
    """How far away a deadline is; None where there is none."""
    if not deadline_at:
        return None
    left = datetime.fromisoformat(deadline_at) - now
    late = left.total_seconds() < 0
    words = t("inbox.late" if late else "inbox.left", time=t.duration(abs(left)))
    return Due(deadline_at, str(words), late)


def _by_due(rows: Sequence[Row]) -> Sequence[Row]:
    """What is due first comes first."""
    return sorted(rows, key=lambda row: row.due.at if row.due else "9")
