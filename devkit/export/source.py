# SPDX-License-Identifier: Apache-2.0
"""Where records come from: a database, or what `find_approvals` answered for one request or several."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import ValidationError

from approvals.clock import SystemClock
from approvals.domain.records import ApprovalRecord, Refusal
from approvals.errors import ApprovalError, ErrorCode
from approvals.service.policies import Policies


@dataclass(frozen=True, slots=True)
class Exported:
    """A whole record, and the decisions on it that were refused, oldest first.

    `stored_faults` say where the store keeps something else beside the record.
    """

    record: ApprovalRecord
    refusals: Sequence[Refusal] = ()
    stored_faults: Sequence[str] = ()


class ExportError(ValueError):
    """What was asked for cannot be exported."""


class Source(Protocol):
    """Where records come from."""

    def find(self, request_id: str) -> Exported | None:
        """A request's record; None when there is none. Raises `ExportError` when it cannot be read."""
        ...


class StoreSource:
    """The database at `store_url`. Raises `ExportError`."""

    def __init__(self, store_url: str) -> None:
        from approvals.store.sql.factory import open_sql_store  # noqa: PLC0415 - loads what only it needs

        try:
            self._store = open_sql_store(store_url, SystemClock(), read_only=True)
        except ApprovalError as error:
            raise ExportError(str(error)) from None

    def find(self, request_id: str) -> Exported | None:
        """What the database keeps of a request; None when it keeps nothing."""
        store = self._store
        try:
            ((record, missing),) = Policies(store).whole([store.load(request_id)], afresh=True)
            faults = [*store.stored_faults(request_id), *([missing] if missing else [])]
            return Exported(record, store.refusals(request_id), faults)
        except ApprovalError as error:
            if error.code is ErrorCode.NOT_FOUND:
                return None
            raise ExportError(str(error)) from None


class AnswerSource:
    """The JSON that `find_approvals` answered when it was given one `request_id`, or a list of such answers.

    Any JSON around it will do, such as a node's whole output. Raises `ExportError`.
    """

    def __init__(self, text: str) -> None:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ExportError(f"the file is not JSON: {error}") from None
        self._found = {one.record.request_id: one for one in map(exported, records_in(document))}
        if not self._found:
            raise ExportError(
                "the file holds no whole record; save what find_approvals answers when it is given one request_id"
            )

    def find(self, request_id: str) -> Exported | None:
        """What the answer holds of a request; None when it holds nothing."""
        return self._found.get(request_id)


def exported(found: Mapping[str, Any]) -> Exported:
    """The record in a part of an answer. Raises `ExportError` when it cannot be read."""
    try:
        return Exported(
            ApprovalRecord.model_validate(found["record"]),
            [Refusal.model_validate(one) for one in found.get("refusals", ())],
        )
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        path = ".".join(map(str, fault["loc"]))
        raise ExportError(f"the record is damaged at {path}: {fault['msg']}") from None


def records_in(document: Any) -> Iterator[dict[str, Any]]:
    """Every part of an answer that holds a record."""
    if isinstance(document, dict):
        if "record" in document:
            yield document
        for value in document.values():
            yield from records_in(value)
    elif isinstance(document, list):
        for value in document:
            yield from records_in(value)
