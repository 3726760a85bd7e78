# SPDX-License-Identifier: Apache-2.0
"""Traces in a SQL database: a row for each series that a request belongs to."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import Connection, Delete, delete, insert, select
from sqlalchemy.exc import IntegrityError

from approvals.domain.canonical import rfc3339
from approvals.domain.traces import TRACES_GIVEN, Trace, decode_trace, encode_trace, newest_first
from approvals.store.sql.database import SqlDatabase
from approvals.store.sql.tables import TRACES
from approvals.telemetry import get_logger

_log = get_logger(__name__)
_COLUMN = TRACES.c


class SqlTraces:
    """The traces of one database. Safe with any number of processes: a trace is committed before others are read."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

    def add(self, owns: Sequence[Trace], since: datetime) -> list[Sequence[Trace]]:
        """Keep traces, then the others of each one's series: a transaction each. What cannot be read is left out."""
        listed = [own for own in owns if own.series]
        if not listed:
            return [() for _ in owns]
        self.put(*listed)
        names = dict.fromkeys(series for own in listed for series in own.series)
        most = TRACES_GIVEN + len(owns)
        found = self._database.read(
            lambda connection: {one: _newest(connection, one, since, most) for one in names}
        )
        newest = {series: _readable(rows) for series, rows in found.items()}
        given: list[Sequence[Trace]] = []
        hidden = {own.request_id for own in owns}
        for own in owns:  # as if they came one after the other
            others: dict[str, Trace] = {}
            for series in own.series:
                visible = [trace for trace in newest[series] if trace.request_id not in hidden]
                others.update({trace.request_id: trace for trace in visible[:TRACES_GIVEN]})
            given.append(newest_first(others.values()))
            hidden.discard(own.request_id)
        return given

    def put(self, *owns: Trace) -> None:
        """Keep traces in place of older ones of their requests."""

        def unit(connection: Connection) -> bool:
            return _replaced(connection, owns)

        if not self._database.write(unit):
            self._database.write(
                unit
            )  # another process has put the rows meanwhile: now they are there to replace

    def forget(self, own: Trace) -> None:
        """Remove a request's trace from its series."""
        gone = _of(own.request_id).where(_COLUMN.series.in_(own.series))
        if own.series:
            self._database.write(lambda connection: connection.execute(gone))


def _replaced(connection: Connection, owns: Sequence[Trace]) -> bool:
    """False when another process put a row first; the transaction is then good for nothing else."""
    kept = select(_COLUMN.request_id, _COLUMN.series, _COLUMN.body).where(
        _COLUMN.request_id.in_([own.request_id for own in owns])
    )
    known: dict[str, dict[str, str]] = {}
    for request_id, series, body in connection.execute(kept):
        known.setdefault(request_id, {})[series] = body
    rows = []
    for own in owns:
        body = encode_trace(own).decode()
        before = known.get(own.request_id)
        if before == dict.fromkeys(own.series, body):
            continue
        if before:  # only then, as MySQL locks the gap where it finds nothing to delete
            connection.execute(_of(own.request_id))
        rows += [
            {"series": one, "request_id": own.request_id, "at": rfc3339(own.at), "body": body}
            for one in own.series
        ]
    if not rows:
        return True
    try:
        connection.execute(insert(TRACES), rows)
    except IntegrityError:
        return False
    return True


def _newest(connection: Connection, series: str, since: datetime, most: int) -> Sequence[tuple[str, str]]:
    statement = (
        select(_COLUMN.request_id, _COLUMN.body)
        .where(_COLUMN.series == series, _COLUMN.at >= rfc3339(since))
        .order_by(_COLUMN.at.desc(), _COLUMN.request_id.desc())
        .limit(most)
    )
    return [(request_id, body) for request_id, body in connection.execute(statement)]


def _readable(rows: Sequence[tuple[str, str]]) -> Sequence[Trace]:
    traces = []
    for request_id, body in rows:
        try:
            traces.append(decode_trace(body))
        except ValidationError:
            _log.error("trace_unreadable", request_id=request_id)
    return traces


def _of(request_id: str) -> Delete:
    return delete(TRACES).where(_COLUMN.request_id == request_id)
