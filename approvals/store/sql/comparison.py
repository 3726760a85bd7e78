# SPDX-License-Identifier: Apache-2.0
"""Compares a record with what the tables keep beside it.

Searches read the columns beside a record, and the ledger table holds every entry a second time. Whoever changes only
one of the two leaves a difference.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from approvals.domain.canonical import rfc3339, text_digest
from approvals.domain.records import ApprovalRecord, LedgerEntry
from approvals.errors import shown
from approvals.store.record_codec import encode_record


class LedgerRow(NamedTuple):
    """A row of the ledger table; `entry` is JSON."""

    sequence: int
    previous_hash: str
    hash: str
    entry: str


def columns_of(record: ApprovalRecord) -> dict[str, Any]:
    """What is kept in the columns beside a record's body, for searches."""
    deadline = record.deadline_at if record.state.has_deadline else None
    return {
        "version": record.version,
        "state": record.state.value,
        "level": record.level.value if record.level else "",
        "requester": text_digest(record.request.requester),
        "created_at": rfc3339(record.created_at),
        "updated_at": rfc3339(record.updated_at),
        "due_at": rfc3339(deadline) if deadline else None,
    }


def row_of(record: ApprovalRecord) -> dict[str, Any]:
    """A record as the columns of its row, all but the id."""
    return {**columns_of(record), "body": encode_record(record).decode()}


def ledger_row_of(entry: LedgerEntry) -> LedgerRow:
    """A ledger entry as the columns of its row, all but the request's id."""
    return LedgerRow(entry.sequence, entry.previous_hash, entry.hash, entry.model_dump_json())


def column_faults(record: ApprovalRecord, columns: Mapping[str, Any]) -> Iterator[str]:
    """Where a column is not what the record says."""
    for name, value in columns_of(record).items():
        if columns[name] != value:
            yield f"the column {name} is {shown(str(columns[name]))}, but the record says {shown(str(value))}"


def retention_faults(record: ApprovalRecord, remove_at: str | None) -> Iterator[str]:
    """Where the retention table would have a record removed at another time than the record says."""
    ends = rfc3339(record.remove_at) if record.remove_at else None
    if remove_at != ends:
        in_table, in_record = shown(str(remove_at)), shown(str(ends))
        yield f"the retention table says {in_table} for its removal, but the record says {in_record}"


def ledger_faults(record: ApprovalRecord, rows: Sequence[LedgerRow]) -> Iterator[str]:
    """Where the ledger table is not what the record's own ledger says."""
    found = {row.sequence: row for row in rows}
    for entry in record.ledger:
        name = f"entry {entry.sequence} ({entry.event})"
        row = found.pop(entry.sequence, None)
        if row is None:
            yield f"{name} is missing in the ledger table"
        elif _entry_in(row.entry) != entry:
            yield f"{name} differs in the ledger table"
        elif (row.previous_hash, row.hash) != (entry.previous_hash, entry.hash):
            yield f"the hashes beside {name} in the ledger table differ from it"
    for sequence in sorted(found):
        yield f"the ledger table has an entry {sequence} that the record lacks"


def _entry_in(text: str) -> LedgerEntry | None:
    try:
        return LedgerEntry.model_validate_json(text)
    except ValidationError:
        return None
