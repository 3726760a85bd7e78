# SPDX-License-Identifier: Apache-2.0
"""Removes decided requests from Dify's storage when their retention ends."""

import hashlib
from datetime import datetime

from approvals.domain.canonical import rfc3339
from approvals.domain.records import ApprovalRecord
from approvals.domain.retention import Tombstone, claimed_keys
from approvals.store.dify.index import Buckets
from approvals.store.dify.index_keys import RETENTION, Place, just_after
from approvals.store.dify.listed_documents import DEAD_LETTERS
from approvals.store.dify.records import DifyRecords
from approvals.store.dify.refusals import refusals_key
from approvals.store.dify.storage import KeyValue
from approvals.store.dify.workspace import WorkspaceState
from approvals.store.protocol import Page


class DifyRetention:
    """The decided requests of one workspace by the end of their retention.

    What is left of a request takes the place of its record first, and its listings go when the list of ends is walked
    again: after a crash anywhere the next walk finishes the work.
    """

    def __init__(
        self, storage: KeyValue, state: WorkspaceState, buckets: Buckets, records: DifyRecords
    ) -> None:
        self._storage = storage
        self._state = state
        self._buckets = buckets
        self._records = records

    def removable(self, now: datetime, limit: int) -> Page:
        """Records whose retention has ended, the oldest first. Takes those that were removed off the lists."""
        walk = self._buckets.walk([RETENTION], before=just_after(rfc3339(now)))
        look = self._records.look_at_kept()
        found: list[ApprovalRecord] = []
        gone: list[tuple[Place, str]] = []
        for sighting, kept in look.follow(walk):
            if isinstance(kept, Tombstone):
                gone.append((Place(kept.state, rfc3339(kept.created_at)), kept.request_id))
            elif kept is not None and look.true(sighting, kept):
                found.append(kept)
            if len(found) == limit:
                break
        self._buckets.forget(gone)
        self._buckets.clean(look.untrue, walk.missing)
        return Page(found, unreadable=tuple(look.unreadable))

    def remove(self, record: ApprovalRecord, left: Tombstone) -> None:
        """Removes what belongs to a record, then the record. Raises `version_conflict` or `not_found`."""
        request_id = record.request_id
        self._delete(refusals_key(request_id))
        self._state.refusals.drop(request_id)
        self._delete(DEAD_LETTERS.key(request_id))
        self._state.letters.drop(request_id)
        for key in claimed_keys(record):
            self._release(claim_key(key), request_id)
        self._records.remove(record, left)
        self._state.usage.room_was_made()

    def _delete(self, key: str) -> None:
        if self._storage.exists(key):
            self._storage.delete(key)

    def _release(self, key: str, request_id: str) -> None:
        """Gives an idempotency key back, if this request holds it."""
        with self._state.locks.hold(key):
            if self._storage.exists(key) and self._storage.get(key) == request_id.encode():
                self._storage.delete(key)
                self._state.claims.drop(key)


def claim_key(idempotency_key: str) -> str:
    """Where the holder of an idempotency key is stored."""
    return f"idem/{hashlib.sha256(idempotency_key.encode()).hexdigest()}"
