# SPDX-License-Identifier: Apache-2.0
"""Builds the statements that search for records, each so that one index answers it."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, or_, select

from approvals.domain.canonical import rfc3339, text_digest
from approvals.domain.terms import State
from approvals.store.cursor import Position
from approvals.store.protocol import Query
from approvals.store.sql.tables import APPROVALS

_RECORD = APPROVALS.c


class Row(NamedTuple):
    """A stored record, and its position in the order of the statement that found it."""

    at: str
    request_id: str
    body: str

    @property
    def position(self) -> Position:
        """The position after which the next page begins."""
        return Position(self.at, self.request_id)


def due_rows(now: datetime, after: Position | None) -> Select[Any]:
    """Select a `Row` for each record that is due, the most overdue first, beginning after a position."""
    tests: list[ColumnElement[bool]] = [_RECORD.due_at <= rfc3339(now)]
    if after is not None:
        later = or_(_RECORD.due_at > after.at, _RECORD.request_id > after.request_id)
        tests.append(and_(_RECORD.due_at >= after.at, later))
    found = select(_RECORD.due_at, _RECORD.request_id, _RECORD.body).where(*tests)
    return found.order_by(_RECORD.due_at, _RECORD.request_id)


def matching_rows(query: Query, position: Position | None) -> Select[Any]:
    """Select a `Row` for each record that `query_filter.matches`, newest first, beginning after `position`.

    A requester narrows the search most, then being overdue. In these cases the other columns are hidden from the
    planner: a database without statistics would read through all open requests, newest first.
    """
    by_requester = bool(query.requester)
    by_deadline = query.overdue_at is not None and not by_requester
    state = _column("state", indexed=not (by_requester or by_deadline))
    level = _column("level", indexed=not (by_requester or by_deadline))
    due_at = _column("due_at", indexed=not by_requester)
    created_at = _column("created_at", indexed=not by_deadline)
    tests: list[ColumnElement[bool]] = []
    if by_requester:
        tests.append(_RECORD.requester == text_digest(query.requester))
    if query.state is not None:
        tests.append(state == query.state.value)
    if query.closed is not None:
        tests.append(state.in_([one.value for one in State if one.final is query.closed]))
    if query.level is not None:
        tests.append(level == query.level.value)
    if query.overdue_at is not None:
        tests.append(due_at <= rfc3339(query.overdue_at))
    if position is not None:
        # Written out, because MySQL uses no index to compare pairs.
        older = or_(created_at < position.at, _RECORD.request_id < position.request_id)
        tests.append(and_(created_at <= position.at, older))
    found = select(_RECORD.created_at, _RECORD.request_id, _RECORD.body).where(*tests)
    return found.order_by(created_at.desc(), _RECORD.request_id.desc())


def _column(name: str, *, indexed: bool) -> ColumnElement[str]:
    """A column, or the same text as an expression that no index covers."""
    column: ColumnElement[str] = _RECORD[name]
    return column if indexed else column.concat("")
