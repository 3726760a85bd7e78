# SPDX-License-Identifier: Apache-2.0
"""Traces in a SQL database: a row for each series that a request belongs to."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import Connection, Delete, delete, insert, select
from sqlalchemy.exc import IntegrityError

from approvals.domain.canonical import rfc3339
from approvals.domain.traces import TRACES_GIVEN, Trace, newest_first
from approvals.store.sql.database import SqlDatabase
from approvals.store.sql.tables import TRACES
from approvals.telemetry import get_logger

_log = get_logger(__name__)
_COLUMN = TRACES.c


class SqlTraces:
    """The traces of one database. Safe with any number of processes: a trace is committed before others are read."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

    def add(self, own: Trace, since: datetime) -> Sequence[Trace]:
        """Keep a trace, then the others of its series: a transaction each. One that cannot be read is left out."""
        if not own.series:
            return ()
        self.put(own)
        found = self._database.read(
            lambda connection: [row for one in own.series for row in _others(connection, one, own, since)]
        )
        traces: dict[str, Trace] = {}
        for request_id, body in found:
            try:
                traces[request_id] = Trace.model_validate_json(body)
            except ValidationError:
                _log.error("trace_unreadable", request_id=request_id)
        return newest_first(traces.values())

    def put(self, own: Trace) -> None:
        """Keep a trace in place of an older one of its request."""

        def unit(connection: Connection) -> bool:
            return _replaced(connection, own)

        if not self._database.write(unit):
            self._database.write(
                unit
            )  # another process has put the rows meanwhile: now they are there to replace

    def forget(self, own: Trace) -> None:
        """Remove a request's trace from its series."""
        gone = _of(own.request_id).where(_COLUMN.series.in_(own.series))
        if own.series:
            self._database.write(lambda connection: connection.execute(gone))


def _replaced(connection: Connection, own: Trace) -> bool:
    """False when another process put a row first; the transaction is then good for nothing else."""
    body = own.model_dump_json(exclude_defaults=True)
    bodies = select(_COLUMN.series, _COLUMN.body).where(_COLUMN.request_id == own.request_id)
    known = {row.series: row.body for row in connection.execute(bodies)}
    if known == dict.fromkeys(own.series, body):
        return True
    if known:  # only then, as MySQL locks the gap where it finds nothing to delete
        connection.execute(_of(own.request_id))
    rows = [
        {"series": one, "request_id": own.request_id, "at": rfc3339(own.at), "body": body}
        for one in own.series
    ]
    try:
        connection.execute(insert(TRACES), rows)
    except IntegrityError:
        return False
    return True


def _others(connection: Connection, series: str, own: Trace, since: datetime) -> Sequence[tuple[str, str]]:
    statement = (
        select(_COLUMN.request_id, _COLUMN.body)
        .where(_COLUMN.series == series, _COLUMN.at >= rfc3339(since), _COLUMN.request_id != own.request_id)
        .order_by(_COLUMN.at.desc(), _COLUMN.request_id.desc())
        .limit(TRACES_GIVEN)
    )
    return [(request_id, body) for request_id, body in connection.execute(statement)]


def _of(request_id: str) -> Delete:
    return delete(TRACES).where(_COLUMN.request_id == request_id)
