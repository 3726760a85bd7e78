# SPDX-License-Identifier: Apache-2.0
"""Stores records in a SQL database. The version column decides between two writers; ledger entries have a table."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection, Select, delete, insert, select, update

from approvals.clock import Clock
from approvals.domain.budgets import BudgetEntry
from approvals.domain.canonical import rfc3339, text_digest
from approvals.domain.notices import Notice
from approvals.domain.records import ApprovalRecord, LedgerEntry, Refusal
from approvals.domain.retention import Tombstone
from approvals.domain.traces import Trace
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.store.cursor import Position, cursor_after, position_in
from approvals.store.envelope import UnreadableError
from approvals.store.faults import already_exists, id_of_removed, not_found, removed, version_conflict
from approvals.store.protocol import REFUSALS_KEPT, DeadLetter, NoticeCounts, Page, Query, Usage
from approvals.store.query_filter import is_to_remind
from approvals.store.record_codec import decode_record
from approvals.store.sql import reminders, retention
from approvals.store.sql.budgets import SqlBudgets
from approvals.store.sql.comparison import (
    LedgerRow,
    column_faults,
    ledger_faults,
    ledger_row_of,
    retention_faults,
    row_of,
)
from approvals.store.sql.database import SqlDatabase, inserted
from approvals.store.sql.notices import SqlNotices
from approvals.store.sql.policies import SqlPolicies
from approvals.store.sql.search import Row, due_rows, matching_rows
from approvals.store.sql.spend import SqlSpend
from approvals.store.sql.tables import APPROVALS, CLAIMS, DEAD_LETTERS, ID_LENGTH, LEDGER, REFUSALS
from approvals.store.sql.traces import SqlTraces
from approvals.telemetry import get_logger

_log = get_logger(__name__)
_RECORD = APPROVALS.c
_OLDEST_LETTERS = select(DEAD_LETTERS.c.body).order_by(DEAD_LETTERS.c.buried_at, DEAD_LETTERS.c.request_id)


class SqlStore:
    """`ApprovalStore` on PostgreSQL, MySQL, MariaDB or SQLite. Safe with any number of processes."""

    def __init__(self, database: SqlDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._policies = SqlPolicies(database, clock)
        self._notices = SqlNotices(database)
        self._traces = SqlTraces(database)
        self._budgets = SqlBudgets(database)

    def __repr__(self) -> str:
        return f"<SqlStore on {self._database!r}>"

    def create(self, record: ApprovalRecord, *, fresh: bool = False) -> None:
        """Keep a new record. Raises `already_exists`, or `bad_parameter` for what cannot be kept."""
        request_id = record.request_id
        if not _storable(request_id):
            raise ApprovalError(
                ErrorCode.BAD_PARAMETER,
                f"request_id {shown(request_id)} cannot be kept; use 1 to {ID_LENGTH} characters without NUL",
            )
        first = insert(APPROVALS).values(request_id=request_id, **row_of(record))

        def unit(connection: Connection) -> bool:
            if not inserted(connection, first):
                return False
            left = None if fresh else retention.tombstone_of(connection, request_id)
            if left is not None:
                raise id_of_removed(left)
            _append(connection, record, after_version=0)
            retention.note_end(connection, record)
            reminders.note_next(connection, record)
            return True

        if not self._database.write(unit):
            raise already_exists(request_id)

    def load(self, request_id: str) -> ApprovalRecord:
        """The newest version of a record. Raises `not_found`."""
        found = self._bodies(
            select(_RECORD.body).where(_RECORD.request_id == request_id), wanted=[request_id]
        )
        if not found:
            raise self._gone(request_id)
        return decode_record(found[0].encode())

    def save(self, record: ApprovalRecord, expected_version: int) -> None:
        """Replace the record that has `expected_version`. Raises `version_conflict` or `not_found`."""
        request_id = record.request_id
        if record.version <= expected_version:
            raise ValueError(f"version {record.version} does not follow version {expected_version}")
        same_id = _RECORD.request_id == request_id
        replace = update(APPROVALS).where(same_id, _RECORD.version == expected_version).values(row_of(record))

        def unit(connection: Connection) -> int | None:
            if connection.execute(replace).rowcount != 1:
                return connection.execute(select(_RECORD.version).where(same_id)).scalar()
            _append(connection, record, after_version=expected_version)
            retention.note_end(connection, record)
            reminders.note_next(connection, record)
            return expected_version

        version = self._database.write(unit) if _storable(request_id) else None
        if version is None:
            raise self._gone(request_id)
        if version != expected_version:
            raise version_conflict(request_id, expected_version, version)

    def due(self, now: datetime, limit: int) -> Page:
        """Records in review whose deadline is at or before `now`, the most overdue first."""
        return self._first(lambda last: due_rows(now, last), limit)

    def to_remind(self, now: datetime, limit: int) -> Page:
        """Open records whose next reminder is due at `now`, the earliest first."""
        while True:
            page = self._first(lambda last: reminders.rows_until(now, last), limit)
            stale = [record for record in page.records if not is_to_remind(record, now)]
            if not stale:
                return page
            self._database.write(lambda connection: reminders.forget(connection, stale, now))  # noqa: B023

    def usage(self) -> Usage | None:
        """None: a database has no bound that is known here."""
        return None

    def removable(self, now: datetime, limit: int) -> Page:
        """Decided records whose `remove_at` is at or before `now`, the oldest first."""
        return self._first(lambda last: retention.ended_rows(now, last), limit)

    def remove(self, record: ApprovalRecord, left: Tombstone) -> None:
        """Remove a decided record with all that belongs to it. Raises `version_conflict` or `not_found`."""
        if not self._database.write(lambda connection: retention.replace(connection, record, left)):
            found = self.load(record.request_id)
            raise version_conflict(record.request_id, record.version, found.version)

    def _first(self, rows_after: Callable[[Position | None], Select[Any]], limit: int) -> Page:
        """The first `limit` records of an order that can be read."""
        records: list[ApprovalRecord] = []
        unreadable: list[str] = []
        last: Position | None = None
        # Records that cannot be read stay in the table, and must not keep others from being found.
        while len(records) < limit:
            rows = self._rows(rows_after(last).limit(limit))
            read, failed = _read(rows)
            records += read
            unreadable += failed
            if len(rows) < limit:
                break
            last = rows[-1].position
        return Page(records[:limit], unreadable=unreadable)

    def search(self, query: Query, cursor: str, limit: int) -> Page:
        """Records that match, newest first. Raises `bad_parameter` for a cursor that was not given out."""
        position = position_in(cursor)
        if position and not _storable(position.request_id):
            raise ApprovalError(
                ErrorCode.BAD_PARAMETER,
                f"cursor names {shown(position.request_id)}, which is not an id; leave it empty for the first page",
            )
        rows = self._rows(matching_rows(query, position).limit(limit + 1))
        found, unreadable = _read(rows[:limit])
        more = len(rows) > limit
        return Page(found, cursor_after(rows[limit - 1].position) if more else "", unreadable)

    def ledger(self, request_id: str) -> Sequence[LedgerEntry]:
        """A request's entries in the ledger table, oldest first. The record holds them, too."""
        statement = (
            select(LEDGER.c.entry).where(LEDGER.c.request_id == request_id).order_by(LEDGER.c.sequence)
        )
        return [_parsed(LedgerEntry, text) for text in self._bodies(statement, wanted=[request_id])]

    def stored_faults(self, request_id: str) -> Sequence[str]:
        """Where the columns, the ledger table or the retention table differ from the record.

        Nothing when there is no record.
        """
        row = self._row(request_id)
        ends = select(retention.OF.remove_at).where(retention.OF.request_id == request_id)
        while row is not None:
            record = decode_record(row["body"].encode())
            rows = self._ledger_rows(request_id)
            remove_at = next(iter(self._bodies(ends)), None)
            faults = [
                *column_faults(record, row),
                *ledger_faults(record, rows),
                *retention_faults(record, remove_at),
            ]
            newer = self._row(request_id) if faults else row
            if newer is None or newer["version"] == row["version"]:
                return faults
            row = newer  # an event was kept between the reads
        return ()

    def put_policy(self, digest: str, document: Mapping[str, Any]) -> None:
        """Keep a policy under its digest, once."""
        self._policies.put(digest, document)

    def policy(self, digest: str) -> Mapping[str, Any] | None:
        """The policy that was kept under a digest; None when there is none."""
        return self._policies.find(digest)

    def note_refusal(self, request_id: str, refusal: Refusal) -> None:
        """Keep a refused decision beside its record, and drop what is older than the last `REFUSALS_KEPT`."""
        first = insert(REFUSALS).values(request_id=request_id, body=refusal.model_dump_json())
        of_request = REFUSALS.c.request_id == request_id
        numbers = select(REFUSALS.c.number).where(of_request).order_by(REFUSALS.c.number.desc())

        def unit(connection: Connection) -> None:
            connection.execute(first)
            oldest_kept = connection.execute(numbers.offset(REFUSALS_KEPT - 1).limit(1)).scalar()
            if oldest_kept is not None:
                connection.execute(delete(REFUSALS).where(of_request, REFUSALS.c.number < oldest_kept))

        if _storable(request_id):
            self._database.write(unit)

    def refusals(self, request_id: str) -> Sequence[Refusal]:
        """The refused decisions on a request, oldest first."""
        statement = (
            select(REFUSALS.c.body).where(REFUSALS.c.request_id == request_id).order_by(REFUSALS.c.number)
        )
        return [_parsed(Refusal, text) for text in self._bodies(statement, wanted=[request_id])]

    def put_dead_letter(self, letter: DeadLetter) -> None:
        """Keep a dead letter, in place of an older one for the same request."""
        values = {"buried_at": rfc3339(letter.buried_at), "body": letter.model_dump_json()}
        replace = update(DEAD_LETTERS).where(DEAD_LETTERS.c.request_id == letter.request_id).values(values)
        first = insert(DEAD_LETTERS).values(request_id=letter.request_id, **values)

        def unit(connection: Connection) -> bool:
            return connection.execute(replace).rowcount == 1 or inserted(connection, first)

        if not self._database.write(unit):
            self._database.write(unit)  # another process has inserted the row meanwhile

    def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        """The oldest dead letters that can be read, at most `limit`."""
        letters: list[DeadLetter] = []
        for text in self._bodies(_OLDEST_LETTERS.limit(limit)):
            try:
                letters.append(_parsed(DeadLetter, text))
            except ApprovalError as error:
                _log.error("dead_letter_unreadable", error=error.message)
        return letters

    def remove_dead_letter(self, request_id: str) -> None:
        """Remove a request's dead letter; nothing happens when there is none."""
        statement = delete(DEAD_LETTERS).where(DEAD_LETTERS.c.request_id == request_id)
        if _storable(request_id):
            self._database.write(lambda connection: connection.execute(statement))

    def put_notice(self, notice: Notice) -> None:
        """Keep a notice until it was delivered."""
        self._notices.put(notice)

    def due_notices(self, now: datetime, limit: int) -> Sequence[Notice]:
        """Notices whose next attempt is due, the oldest first."""
        return self._notices.due(now, limit)

    def remove_notice(self, notice_id: str) -> None:
        """Forget a notice; nothing happens when there is none."""
        self._notices.remove(notice_id)

    def count_notices(self, limit: int) -> NoticeCounts:
        """How many notices wait, and how many were given up."""
        return self._notices.count(limit)

    def trace(self, owns: Sequence[Trace], since: datetime) -> Sequence[Sequence[Trace]]:
        """Keep traces, then give the others of each one's series, newest first."""
        return self._traces.add(owns, since)

    def forget_trace(self, own: Trace) -> None:
        """Remove a request's trace."""
        self._traces.forget(own)

    def enter_budgets(self, entries: Sequence[BudgetEntry]) -> Sequence[Mapping[str, Decimal]]:
        """Keep what open requests take of budgets; then what others take of the accounts of each."""
        return self._budgets.enter(entries)

    def settle_budgets(self, request_id: str) -> None:
        """Count for good what a request takes."""
        self._budgets.settle(request_id)

    def leave_budgets(self, request_id: str) -> None:
        """Count no longer what an open request takes."""
        self._budgets.leave(request_id)

    def claim(self, idempotency_key: str, request_id: str) -> str:
        """The request that holds the key: `request_id` if it was free, else the one that took it first."""
        key = text_digest(idempotency_key)
        take = insert(CLAIMS).values(
            key_digest=key, request_id=request_id, claimed_at=rfc3339(self._clock.now())
        )
        if self._database.write(lambda connection: inserted(connection, take)):
            return request_id
        return self._bodies(select(CLAIMS.c.request_id).where(CLAIMS.c.key_digest == key))[0]

    def spend_of(self, account: str) -> SqlSpend:
        """A counter of what an account spends, in the same database."""
        return SqlSpend(self._database, account)

    def close(self) -> None:
        """Close the idle connections."""
        self._database.close()

    def _row(self, request_id: str) -> Mapping[str, Any] | None:
        """All columns of a record's row; None when there is none."""
        if not _storable(request_id):
            return None
        statement = select(APPROVALS).where(_RECORD.request_id == request_id)
        found = self._database.read(lambda connection: connection.execute(statement).mappings().first())
        return None if found is None else {str(name): value for name, value in found.items()}

    def _ledger_rows(self, request_id: str) -> Sequence[LedgerRow]:
        """A request's rows of the ledger table, oldest first."""
        columns = [LEDGER.c[name] for name in LedgerRow._fields]
        statement = select(*columns).where(LEDGER.c.request_id == request_id).order_by(LEDGER.c.sequence)
        return self._database.read(
            lambda connection: [LedgerRow(*found) for found in connection.execute(statement)]
        )

    def _gone(self, request_id: str) -> ApprovalError:
        """Why there is no record: there never was one, or retention removed it."""
        if not _storable(request_id):
            return not_found(request_id)
        left = self._database.read(lambda connection: retention.tombstone_of(connection, request_id))
        return not_found(request_id) if left is None else removed(left)

    def _rows(self, statement: Select[Any]) -> Sequence[Row]:
        return self._database.read(
            lambda connection: [Row(*found) for found in connection.execute(statement).all()]
        )

    def _bodies(self, statement: Select[Any], wanted: Sequence[str] = ()) -> Sequence[str]:
        """The one column of what a statement finds: nothing, when an id that it wants can be in no column."""
        if not all(map(_storable, wanted)):
            return []
        return self._database.read(lambda connection: connection.execute(statement).scalars().all())


def _read(rows: Sequence[Row]) -> tuple[list[ApprovalRecord], list[str]]:
    """The records in some rows, and the ids of those that cannot be read."""
    records: list[ApprovalRecord] = []
    unreadable: list[str] = []
    for row in rows:
        try:
            records.append(decode_record(row.body.encode()))
        except UnreadableError as error:
            _log.error("request_unreadable", request_id=row.request_id, error=error.message)
            unreadable.append(row.request_id)
    return records, unreadable


def _append(connection: Connection, record: ApprovalRecord, after_version: int) -> None:
    """Add the entries of the steps that made the versions after `after_version`."""
    rows = [
        {"request_id": record.request_id, **ledger_row_of(step.entry)._asdict()}
        for step in record.history
        if step.answer.version > after_version
    ]
    if rows:
        connection.execute(insert(LEDGER), rows)


def _parsed[T: BaseModel](model: type[T], text: str) -> T:
    try:
        return model.model_validate_json(text)
    except ValidationError:
        pass  # the error holds the text, which may be confidential
    raise UnreadableError("a row", f"it is not a {model.__name__}", damaged=True)


def _storable(request_id: str) -> bool:
    return 0 < len(request_id) <= ID_LENGTH and "\0" not in request_id
