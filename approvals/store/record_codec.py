# SPDX-License-Identifier: Apache-2.0
"""A record as bytes and back: JSON in an envelope that says how it was written, bounded in size."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from approvals.domain.records import ApprovalRecord
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.store.envelope import read_stored

SCHEMA = 1
# Hex doubles a value on its way to Dify, where a message over 1 MB is asking for trouble and one over 5 MB kills.
MAX_RECORD_BYTES = 450_000

_OPENING = b'{"schema":%d,"record":' % SCHEMA
_to_json: Final = TypeAdapter(ApprovalRecord).serializer.to_json
_LARGE_PARTS = ("request", "policy", "analysis", "history")
_POLICY = {"policy"}
_POLICIES_KEPT = 256

_policies: dict[str, tuple[Mapping[str, Any], bytes]] = {}
"""By digest: a policy, and how it stands in a record. It is half of most records, and the same in nearly all."""


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="forbid")

    written_as: Literal[1] = Field(alias="schema")
    record: ApprovalRecord


def encode_record(record: ApprovalRecord) -> bytes:
    """The record's UTF-8 bytes. Raises `bad_parameter`, naming its largest part, when they are too many."""
    rest = _to_json(record, exclude=_POLICY)
    raw = b"%b%b,%b}}" % (_OPENING, rest[:-1], _encoded_policy(record))
    if len(raw) <= MAX_RECORD_BYTES:
        return raw
    sizes = {part: len(_to_json(record, include={part})) for part in _LARGE_PARTS}
    largest = max(sizes, key=lambda part: sizes[part])
    raise ApprovalError(
        ErrorCode.BAD_PARAMETER,
        f"request {shown(record.request_id)} takes {len(raw):,} bytes and may take {MAX_RECORD_BYTES:,}; "
        f"its {largest} alone takes {sizes[largest]:,}: make that shorter",
    )


def _encoded_policy(record: ApprovalRecord) -> bytes:
    """The member `"policy":…` of a record."""
    digest = record.policy_digest
    known = _policies.get(digest)
    # The digest is what the record says, and it may be wrong.
    if known is not None and known[0] == record.policy:
        return known[1]
    encoded = _to_json(record, include=_POLICY)[1:-1]
    if len(_policies) >= _POLICIES_KEPT:
        _policies.clear()
    _policies[digest] = record.policy, encoded
    return encoded


def decode_record(raw: bytes) -> ApprovalRecord:
    """The record in `raw`. Raises `UnreadableError` (`store_unavailable`) for what this version cannot read."""
    return read_stored(_Envelope, raw, "a record").record
