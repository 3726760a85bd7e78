# SPDX-License-Identifier: Apache-2.0
"""Where a record is listed, so that a search and a sweep find it without reading every record.

A series lists records in the order of one time: those of a state by their creation, those that wait for
somebody by their deadline, decided ones by the end of their retention, dead letters by when they were put aside,
notices by their next attempt. A series is cut into slots of time.
"""

from typing import NamedTuple

from approvals.domain.canonical import rfc3339
from approvals.domain.notices import Notice
from approvals.domain.records import ApprovalRecord
from approvals.domain.retention import Tombstone
from approvals.domain.terms import State
from approvals.store.cursor import Position
from approvals.store.protocol import DeadLetter, Query

DUE = "due"
DEAD = "dead"
OUT = "out"
GIVEN_UP = "given_up"
RETENTION = "retention"
REMIND = "remind"

_MONTH = len("2026-03")
_DAY = len("2026-03-02")
_HOUR = len("2026-03-02T09")


class Place(NamedTuple):
    """A place in a series. `at` is RFC 3339 text in UTC."""

    series: str
    at: str

    @property
    def slot(self) -> str:
        """The part of the series: the hour of a deadline, so that a sweep reads no more than that; else the day."""
        return self.at[: _HOUR if self.series in {DUE, OUT, REMIND} else _DAY]


def month_of(slot: str) -> str:
    """The month of a slot, or of anything that begins with one."""
    return slot[:_MONTH]


def places_of(record: ApprovalRecord | Tombstone) -> frozenset[Place]:
    """Where a record must be listed; what is left of one, nowhere."""
    if isinstance(record, Tombstone):
        return frozenset()
    by_state = Place(record.state, rfc3339(record.created_at))
    if record.remove_at is not None:
        return frozenset({by_state, Place(RETENTION, rfc3339(record.remove_at))})
    if record.state.has_deadline and record.deadline_at is not None:
        due = Place(DUE, rfc3339(record.deadline_at))
        next_reminder = (Place(REMIND, rfc3339(at)) for at in record.remind_at[:1])
        return frozenset({by_state, due, *next_reminder})
    return frozenset({by_state})


def place_of(letter: DeadLetter) -> Place:
    """Where a dead letter must be listed."""
    return Place(DEAD, rfc3339(letter.buried_at))


def place_of_notice(notice: Notice) -> Place:
    """Where a notice must be listed: until it is delivered by its next attempt, once given up by its event."""
    if notice.next_at is None:
        return Place(GIVEN_UP, rfc3339(notice.at))
    return Place(OUT, rfc3339(notice.next_at))


def series_for(query: Query) -> tuple[str, ...]:
    """The series that can hold what a query looks for."""
    if query.state is not None:
        return (query.state,)

    def can_hold(state: State) -> bool:
        if query.level is not None:  # only a request in review has somebody who must sign
            return state.in_review
        return state.has_deadline or query.overdue_at is None

    return tuple(state for state in State if can_hold(state) and query.closed in {None, state.final})


def final(series: str) -> bool:
    """True for a series that records leave only when they are removed."""
    return series not in {DUE, DEAD, OUT, GIVEN_UP, RETENTION, REMIND} and State(series).final


def just_after(at: str) -> Position:
    """The position behind everything of one moment; no id sorts after a tilde."""
    return Position(at, "~")
