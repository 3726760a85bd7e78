# SPDX-License-Identifier: Apache-2.0
"""Decided requests whose retention ends, and what is left of those that were removed."""

from datetime import datetime

from sqlalchemy import Connection, Select, and_, delete, insert, select, update

from approvals.domain.canonical import text_digest
from approvals.domain.records import ApprovalRecord
from approvals.domain.retention import Tombstone, claimed_keys
from approvals.store.cursor import Position
from approvals.store.sql import row_times
from approvals.store.sql.tables import (
    APPROVALS,
    CLAIMS,
    DEAD_LETTERS,
    LEDGER,
    REFUSALS,
    REMINDERS,
    RETENTION,
    TRACES,
)

OF = RETENTION.c


def note_end(connection: Connection, record: ApprovalRecord) -> None:
    """Write down when a record may be removed, if ever: once, in the transaction that keeps it."""
    if record.remove_at is not None:
        row_times.note(connection, OF.remove_at, record.request_id, record.remove_at)


def ended_rows(now: datetime, after: Position | None) -> Select[tuple[str, str, str]]:
    """What may be removed, the oldest first, from what comes after a position: a `Row` each."""
    return row_times.rows_until(OF.remove_at, now, after)


def replace(connection: Connection, record: ApprovalRecord, left: Tombstone) -> bool:
    """Put `left` in the place of a record and all that belongs to it. False when it has another version or is gone."""
    request_id = record.request_id
    same = and_(APPROVALS.c.request_id == request_id, APPROVALS.c.version == record.version)
    if connection.execute(delete(APPROVALS).where(same)).rowcount != 1:
        return False
    for key in claimed_keys(record):
        held = and_(CLAIMS.c.key_digest == text_digest(key), CLAIMS.c.request_id == request_id)
        connection.execute(delete(CLAIMS).where(held))
    remove_all(connection, left)
    return True


def remove_all(connection: Connection, left: Tombstone) -> None:
    """Keep what is left of a request, and nothing else of it but idempotency keys."""
    for table in (APPROVALS, LEDGER, REFUSALS, DEAD_LETTERS, REMINDERS, TRACES):
        connection.execute(delete(table).where(table.c.request_id == left.request_id))
    values = {"remove_at": None, "tombstone": left.model_dump_json()}
    same = update(RETENTION).where(OF.request_id == left.request_id).values(values)
    if connection.execute(same).rowcount == 0:
        connection.execute(insert(RETENTION).values(request_id=left.request_id, **values))


def tombstone_of(connection: Connection, request_id: str) -> Tombstone | None:
    """What is left of a request; None when nothing was removed under this id."""
    text = connection.execute(select(OF.tombstone).where(OF.request_id == request_id)).scalar()
    return None if text is None else Tombstone.model_validate_json(text)
