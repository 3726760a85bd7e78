# SPDX-License-Identifier: Apache-2.0
"""Records and policies as bytes and back: JSON text, bounded in size.

A record is `{"schema": 1, "record": {…}}`. It names its policy by digest; the policy is stored once, as its canonical
JSON (RFC 8785), so that the sha256 of its bytes is its digest. Records written by earlier versions hold their policy
and are read, and written again, as they are.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from approvals.domain.canonical import canonical
from approvals.domain.records import ApprovalRecord
from approvals.domain.retention import Tombstone
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.store.envelope import UnreadableError, read_stored

SCHEMA = 1
# Hex doubles a value on its way to Dify, where a message over 1 MB is asking for trouble and one over 5 MB kills.
MAX_RECORD_BYTES = 450_000

_OPENING = b'{"schema":%d,"record":' % SCHEMA
_REMOVED = b'{"schema":%d,"removed":' % SCHEMA
_to_json: Final = TypeAdapter(ApprovalRecord).serializer.to_json
_LARGE_PARTS = ("request", "policy", "analysis", "history", "next_revision", "past_revisions")
_POLICY = {"policy"}


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="forbid")

    written_as: Literal[1] = Field(alias="schema")
    record: ApprovalRecord


class _Removed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    written_as: Literal[1] = Field(alias="schema")
    removed: Tombstone


def encode_record(record: ApprovalRecord) -> bytes:
    """The record's UTF-8 bytes. Raises `bad_parameter`, naming its largest part, when they are too many."""
    without = _POLICY if record.policy is None else None
    raw = b"%b%b}" % (_OPENING, _to_json(record, exclude=without))
    if len(raw) <= MAX_RECORD_BYTES:
        return raw
    sizes = {part: len(_to_json(record, include={part})) for part in _LARGE_PARTS}
    largest = max(sizes, key=lambda part: sizes[part])
    raise ApprovalError(
        ErrorCode.BAD_PARAMETER,
        f"request {shown(record.request_id)} takes {len(raw):,} bytes and may take {MAX_RECORD_BYTES:,}; "
        f"its {largest} alone takes {sizes[largest]:,}: make that shorter",
    )


def decode_record(raw: bytes) -> ApprovalRecord:
    """The record in `raw`. Raises `UnreadableError` (`store_unavailable`) for what this version cannot read."""
    return read_stored(_Envelope, raw, "a record").record


def encode_tombstone(left: Tombstone) -> bytes:
    """What stands in the place of a removed record: `{"schema": 1, "removed": {…}}`."""
    return b"%b%b}" % (_REMOVED, left.model_dump_json().encode())


def decode_kept(raw: bytes) -> ApprovalRecord | Tombstone:
    """The record in `raw`, or what is left of it. Raises `UnreadableError` as `decode_record` does."""
    if raw.startswith(_REMOVED):
        return read_stored(_Removed, raw, "what is left of a record").removed
    return decode_record(raw)


def encode_policy(document: Mapping[str, Any]) -> bytes:
    """A policy's canonical JSON. Raises `bad_parameter` when it is too large to be stored."""
    raw = canonical(dict(document))
    if len(raw) <= MAX_RECORD_BYTES:
        return raw
    raise ApprovalError(
        ErrorCode.BAD_PARAMETER,
        f"the policy takes {len(raw):,} bytes and may take {MAX_RECORD_BYTES:,}: give it fewer rules or people",
    )


def decode_policy(raw: bytes, digest: str) -> Mapping[str, Any]:
    """The policy in `raw`, which is stored under `digest`. Raises `UnreadableError` when it is not a JSON object."""
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise UnreadableError(f"policy {digest}", "it is not a JSON object", damaged=True)
    return document
