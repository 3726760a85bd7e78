# SPDX-License-Identifier: Apache-2.0
"""A record as bytes and back: JSON in an envelope that says how it was written, bounded in size."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from approvals.domain.records import ApprovalRecord
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.store.stored import read_stored

SCHEMA = 1
# Hex doubles a value on its way to Dify, where a message over 1 MB is asking for trouble and one over 5 MB kills.
MAX_RECORD_BYTES = 450_000

_OPENING = b'{"schema":%d,"record":' % SCHEMA
_RECORD: Final = TypeAdapter(ApprovalRecord)
_LARGE_PARTS = ("request", "policy", "analysis", "history")


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="forbid")

    written_as: Literal[1] = Field(alias="schema")
    record: ApprovalRecord


def encode_record(record: ApprovalRecord) -> bytes:
    """The record's UTF-8 bytes. Raises `bad_parameter`, naming its largest part, when they are too many."""
    raw = b"%b%b}" % (_OPENING, _RECORD.dump_json(record))
    if len(raw) <= MAX_RECORD_BYTES:
        return raw
    sizes = {part: len(_RECORD.dump_json(record, include={part})) for part in _LARGE_PARTS}
    largest = max(sizes, key=lambda part: sizes[part])
    raise ApprovalError(
        ErrorCode.BAD_PARAMETER,
        f"request {shown(record.request_id)} takes {len(raw):,} bytes and may take {MAX_RECORD_BYTES:,}; "
        f"its {largest} alone takes {sizes[largest]:,}: make that shorter",
    )


def decode_record(raw: bytes) -> ApprovalRecord:
    """The record in `raw`. Raises `UnreadableError` (`store_unavailable`) for what this version cannot read."""
    return read_stored(_Envelope, raw, "a record").record
