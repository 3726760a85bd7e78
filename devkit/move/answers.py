# SPDX-License-Identifier: Apache-2.0
"""Reads requests from saved answers, for those who cannot reach the files of Dify's storage, as on Dify Cloud."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from approvals.domain.canonical import text_digest
from approvals.domain.notices import Notice
from approvals.domain.records import ApprovalRecord
from approvals.domain.retention import Tombstone
from approvals.domain.traces import Trace
from approvals.store.dify.budget_book import KeptBudgets
from approvals.store.protocol import DeadLetter
from devkit.export.source import ExportError, exported, records_in
from devkit.move.source import Claim, Kept, KeptPolicy, MoveError, Spent, Unreadable

_MESSAGE = "message "  # begins the idempotency key of a signed event, which holds for all requests


class SavedAnswers:
    """A `Source`: answers of `find_approvals` for one request each, or of `GET /v1/approvals/<request_id>`.

    Dead letters, notices, budgets and what was spent today are not in them.
    """

    def __init__(self, path: Path) -> None:
        """`path` is a JSON file, or a folder of them. Raises `MoveError` when there is none."""
        self._files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not self._files:
            raise MoveError(
                f"{path} holds no .json file; save one answer of find_approvals for each request there"
            )
        self._claims: list[Claim] = []

    def policies(self) -> Iterator[KeptPolicy | Unreadable]:
        """None of their own: each whole record holds its policy."""
        yield from ()

    def requests(self) -> Iterator[Kept | Unreadable]:
        """Every request with its record; a file without one is unreadable."""
        for file in self._files:
            try:
                found = list(records_in(json.loads(file.read_text(encoding="utf-8"))))
            except OSError as error:
                raise MoveError(f"{file} cannot be read ({error.strerror})") from None
            except (ValueError, RecursionError):
                yield Unreadable(str(file), "it is not JSON")
                continue
            if not found:
                yield Unreadable(str(file), "it holds no whole record; ask find_approvals for one request_id")
            for one in found:
                yield self._read(file, one)

    def tombstones(self) -> Iterator[Tombstone]:
        """None: answers are about requests that are there."""
        yield from ()

    def dead_letters(self) -> Iterator[DeadLetter | Unreadable]:
        """None: answers do not hold them."""
        yield from ()

    def claims(self) -> Iterator[Claim | Unreadable]:
        """The idempotency keys in the records that `requests` has given."""
        yield from self._claims

    def notices(self) -> Iterator[Notice | Unreadable]:
        """None: answers do not hold them."""
        yield from ()

    def spends(self) -> Iterator[Spent | Unreadable]:
        """None: answers do not hold them."""
        yield from ()

    def traces(self) -> Iterator[Trace | Unreadable]:
        """None: answers do not hold them."""
        yield from ()

    def budgets(self) -> Iterator[KeptBudgets | Unreadable]:
        """None: answers do not hold them."""
        yield from ()

    def others(self) -> Iterator[Unreadable]:
        """Nothing."""
        yield from ()

    def _read(self, file: Path, found: Mapping[str, Any]) -> Kept | Unreadable:
        try:
            one = exported(found)
        except ExportError as error:
            return Unreadable(str(found.get("request_id") or file), str(error))
        self._claims += _claims_of(one.record)
        return Kept(one.record, one.refusals)


def _claims_of(record: ApprovalRecord) -> Iterator[Claim]:
    """The keys that no other request may use: an id that is made of its key needs none."""
    key = record.idempotency_key
    if key and record.request_id != f"req_{text_digest(key)[:32]}":
        yield Claim(text_digest(key), record.request_id)
    for step in record.history:
        if step.idempotency_key.startswith(_MESSAGE):
            yield Claim(text_digest(step.idempotency_key), record.request_id)
