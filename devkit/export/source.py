# SPDX-License-Identifier: Apache-2.0
"""Where a record comes from: a database, or what `find_approvals` answered for one request."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from approvals.clock import SystemClock
from approvals.domain.records import ApprovalRecord, Refusal
from approvals.errors import ApprovalError


@dataclass(frozen=True, slots=True)
class Exported:
    """A whole record, and the decisions on it that were refused, oldest first.

    `stored_faults` say where the store keeps something else beside the record.
    """

    record: ApprovalRecord
    refusals: Sequence[Refusal] = ()
    stored_faults: Sequence[str] = ()


class ExportError(ValueError):
    """There is no such record to export."""


def record_from_store(store_url: str, request_id: str) -> Exported:
    """What the database at `store_url` keeps of a request. Raises `ExportError`."""
    from approvals.store.sql.factory import open_sql_store  # noqa: PLC0415 - loads what only it needs

    try:
        store = open_sql_store(store_url, SystemClock())
        return Exported(store.load(request_id), store.refusals(request_id), store.stored_faults(request_id))
    except ApprovalError as error:
        raise ExportError(str(error)) from None


def record_from_answer(text: str, request_id: str) -> Exported:
    """The record, with its refusals, in the JSON that `find_approvals` answered when it was given this `request_id`.

    Any JSON around it will do, such as a node's whole output. Raises `ExportError`.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ExportError(f"the file is not JSON: {error}") from None
    for candidate in _records_in(document):
        try:
            found = Exported(
                ApprovalRecord.model_validate(candidate["record"]),
                [Refusal.model_validate(one) for one in candidate.get("refusals", ())],
            )
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            path = ".".join(map(str, fault["loc"]))
            raise ExportError(f"the record is damaged at {path}: {fault['msg']}") from None
        if found.record.request_id == request_id:
            return found
    raise ExportError(
        f"the file holds no whole record of request {request_id!r}; save what find_approvals answers when it is "
        "given that request_id"
    )


def _records_in(document: Any) -> Iterator[dict[str, Any]]:
    """Every part of an answer that holds a record."""
    if isinstance(document, dict):
        if "record" in document:
            yield document
        for value in document.values():
            yield from _records_in(value)
    elif isinstance(document, list):
        for value in document:
            yield from _records_in(value)
