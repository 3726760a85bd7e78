# SPDX-License-Identifier: Apache-2.0
"""A store in memory, with or without the version check, and what eight threads make of it."""

import random
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from approvals.clock import SystemClock
from approvals.domain.records import ApprovalRecord
from approvals.errors import ApprovalError, ErrorCode
from devkit.history.checker import History
from devkit.history.journal import Journal, read_journals
from devkit.history.play import Player
from devkit.history.run import close_requests, create_requests, whole_records


class MemoryStore:
    """The part of a store that a history needs."""

    def __init__(self, *, checks_version: bool = True) -> None:
        self._records: dict[str, ApprovalRecord] = {}
        self._policies: dict[str, Mapping[str, Any]] = {}
        self._checks_version = checks_version
        self._lock = threading.Lock()
        self._random = random.Random(1)

    def create(self, record: ApprovalRecord, *, fresh: bool = False) -> None:
        self._records[record.request_id] = record

    def put_policy(self, digest: str, document: Mapping[str, Any]) -> None:
        self._policies[digest] = document

    def policy(self, digest: str) -> Mapping[str, Any] | None:
        return self._policies.get(digest)

    def load(self, request_id: str) -> ApprovalRecord:
        record = self._records[request_id]
        time.sleep(self._random.uniform(0, 0.002))  # so that others come between load and save
        return record

    def save(self, record: ApprovalRecord, expected_version: int) -> None:
        with self._lock:
            if self._checks_version and self._records[record.request_id].version != expected_version:
                raise ApprovalError(ErrorCode.VERSION_CONFLICT, "another write was first")
            self._records[record.request_id] = record


def history_of(store: MemoryStore, folder: Path) -> History:
    """What eight threads were told, and what the store holds in the end."""
    requests = create_requests(store, 20, "r")  # type: ignore[arg-type]
    journal = Journal(folder / "w.jsonl")
    Player(store, requests, journal, SystemClock(), "seed").play(1_600, threads=8)  # type: ignore[arg-type]
    journal.close()
    close_requests(store, requests, folder / "closer.jsonl")  # type: ignore[arg-type]
    records = whole_records(store, requests)  # type: ignore[arg-type]
    ledgers = {request_id: record.ledger for request_id, record in records.items()}
    return History(read_journals(sorted(folder.glob("*.jsonl"))), records, ledgers)
