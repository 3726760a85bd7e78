# SPDX-License-Identifier: Apache-2.0
"""Approvals kept in Dify's own storage for plugins: nothing to set up, made for one plugin process."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from approvals.clock import Clock
from approvals.domain.budgets import BudgetEntry
from approvals.domain.canonical import rfc3339
from approvals.domain.notices import Notice
from approvals.domain.records import ApprovalRecord, Refusal
from approvals.domain.retention import Tombstone
from approvals.domain.traces import Trace
from approvals.store.cursor import Position, cursor_after, position_in
from approvals.store.dify.budgets import DifyBudgets
from approvals.store.dify.index import Buckets
from approvals.store.dify.index_keys import DEAD, DUE, GIVEN_UP, OUT, REMIND, just_after, series_for
from approvals.store.dify.listed_documents import DEAD_LETTERS, NOTICES, ListedDocuments
from approvals.store.dify.policies import DifyPolicies
from approvals.store.dify.records import DifyRecords
from approvals.store.dify.refusals import DifyRefusals
from approvals.store.dify.retention import DifyRetention, claim_key
from approvals.store.dify.storage import KeyValue
from approvals.store.dify.traces import DifyTraces
from approvals.store.dify.usage import MeteredStorage
from approvals.store.dify.workspace import WorkspaceState
from approvals.store.protocol import DeadLetter, NoticeCounts, Page, Query, Usage
from approvals.store.query_filter import matches

# A page of a search reads no more records than this; it is then short, and its cursor goes on from there.
MAX_LOOKS = 500


class DifyStore:
    """`ApprovalStore` for one call. `storage` and `state` must belong to the same workspace."""

    def __init__(self, storage: KeyValue, state: WorkspaceState, clock: Clock) -> None:
        self._storage = storage = MeteredStorage(storage, state.usage)
        self._state = state
        self._buckets = Buckets(storage, state, clock)
        self._records = DifyRecords(storage, state, clock, self._buckets)
        self._letters = ListedDocuments(DEAD_LETTERS, storage, state, self._buckets)
        self._refusals = DifyRefusals(storage, state)
        self._policies = DifyPolicies(storage, state)
        self._notices = ListedDocuments(NOTICES, storage, state, self._buckets)
        self._traces = DifyTraces(storage, state)
        self._budgets = DifyBudgets(storage, state)
        self._retention = DifyRetention(storage, state, self._buckets, self._records)

    def create(self, record: ApprovalRecord, *, fresh: bool = False) -> None:
        """Keep a new record. Raises `already_exists`, `bad_parameter` for one that is too large."""
        self._records.create(record, fresh=fresh)

    def load(self, request_id: str) -> ApprovalRecord:
        """The newest version of a record. Raises `not_found`."""
        return self._records.load(request_id)

    def save(self, record: ApprovalRecord, expected_version: int) -> None:
        """Replace the record that has `expected_version`. Raises `version_conflict` or `not_found`."""
        self._records.save(record, expected_version)

    def due(self, now: datetime, limit: int) -> Page:
        """Records in review whose deadline is at or before `now`, the most overdue first."""
        walk = self._buckets.walk([DUE], before=just_after(rfc3339(now)))
        look = self._records.look()
        found = look.listed(walk, limit)
        self._buckets.clean(look.untrue, walk.missing)
        return Page(found, unreadable=tuple(look.unreadable))

    def to_remind(self, now: datetime, limit: int) -> Page:
        """Open records whose next reminder is due at `now`, the earliest first."""
        walk = self._buckets.walk([REMIND], before=just_after(rfc3339(now)))
        look = self._records.look()
        found = look.listed(walk, limit)
        self._buckets.clean(look.untrue, walk.missing)
        return Page(found, unreadable=tuple(look.unreadable))

    def usage(self) -> Usage | None:
        """How much of what Dify grants is used; None until something was written."""
        return self._state.usage.usage()

    def removable(self, now: datetime, limit: int) -> Page:
        """Decided records whose `remove_at` is at or before `now`, the oldest first."""
        return self._retention.removable(now, limit)

    def remove(self, record: ApprovalRecord, left: Tombstone) -> None:
        """Remove a decided record with all that belongs to it. Raises `version_conflict` or `not_found`."""
        self._retention.remove(record, left)

    def search(self, query: Query, cursor: str, limit: int) -> Page:
        """Records that match, newest first. A page may be short of `limit` and still have a next one."""
        walk = self._buckets.walk(series_for(query), before=position_in(cursor), newest_first=True)
        look = self._records.look()
        found: list[ApprovalRecord] = []
        last: Position | None = None
        sightings = iter(walk)
        for sighting, record in look.follow(islice(sightings, MAX_LOOKS)):
            last = sighting.position
            if record is not None and matches(query, record):
                found.append(record)
            if len(found) == limit:
                break
        more = next(sightings, None) is not None
        self._buckets.clean(look.untrue, walk.missing)
        return Page(found, cursor_after(last) if more and last else "", tuple(look.unreadable))

    def stored_faults(self, request_id: str) -> Sequence[str]:  # noqa: ARG002
        """Nothing: every search reads the record itself, and what its lists say is checked with each use."""
        return ()

    def put_policy(self, digest: str, document: Mapping[str, Any]) -> None:
        """Keep a policy under its digest, once."""
        self._policies.put(digest, document)

    def policy(self, digest: str) -> Mapping[str, Any] | None:
        """The policy that was kept under a digest; None when there is none."""
        return self._policies.find(digest)

    def note_refusal(self, request_id: str, refusal: Refusal) -> None:
        """Keep a refused decision beside its record."""
        self._refusals.note(request_id, refusal)

    def refusals(self, request_id: str) -> Sequence[Refusal]:
        """The refused decisions on a request, oldest first."""
        return self._refusals.of(request_id)

    def put_dead_letter(self, letter: DeadLetter) -> None:
        """Keep a dead letter, in place of an older one for the same request."""
        self._letters.put(letter)

    def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        """The oldest dead letters, at most `limit`."""
        walk = self._buckets.walk([DEAD])
        look = self._letters.look()
        found = look.listed(walk, limit)
        self._buckets.clean(look.untrue, walk.missing)
        return found

    def remove_dead_letter(self, request_id: str) -> None:
        """Remove a request's dead letter; nothing happens when there is none."""
        self._letters.remove(request_id)

    def put_notice(self, notice: Notice) -> None:
        """Keep a notice until it was delivered."""
        self._notices.put(notice)

    def due_notices(self, now: datetime, limit: int) -> Sequence[Notice]:
        """Notices whose next attempt is due, the oldest first."""
        walk = self._buckets.walk([OUT], before=just_after(rfc3339(now)))
        look = self._notices.look()
        found = look.listed(walk, limit)
        self._buckets.clean(look.untrue, walk.missing)
        return found

    def remove_notice(self, notice_id: str) -> None:
        """Forget a notice; nothing happens when there is none."""
        self._notices.remove(notice_id)

    def count_notices(self, limit: int) -> NoticeCounts:
        """How many notices wait, and how many were given up."""
        return NoticeCounts(self._count(OUT, limit), self._count(GIVEN_UP, limit))

    def _count(self, series: str, limit: int) -> int:
        walk, look = self._buckets.walk([series]), self._notices.look()
        count = len(look.listed(walk, limit))
        self._buckets.clean(look.untrue, walk.missing)
        return count

    def trace(self, owns: Sequence[Trace], since: datetime) -> Sequence[Sequence[Trace]]:
        """Keep traces, then give the others of each one's series, newest first."""
        return self._traces.add(owns, since)

    def forget_trace(self, own: Trace) -> None:
        """Remove a request's trace."""
        self._traces.forget(own)

    def enter_budgets(self, entries: Sequence[BudgetEntry]) -> Sequence[Mapping[str, Decimal]]:
        """Keep what open requests take of budgets; then what others take of the accounts of each."""
        return self._budgets.enter(entries)

    def settle_budgets(self, request_id: str) -> None:
        """Count for good what a request takes."""
        self._budgets.settle(request_id)

    def leave_budgets(self, request_id: str) -> None:
        """Count no longer what an open request takes."""
        self._budgets.leave(request_id)

    def claim(self, idempotency_key: str, request_id: str) -> str:
        """The request that holds the key: `request_id` if it was free, else the one that took it first."""
        key = claim_key(idempotency_key)
        with self._state.locks.hold(key):
            holder = self._state.claims.get(key) or self._claimed(key)
            if holder is None:
                self._records.in_room_of(request_id, lambda: self._storage.set(key, request_id.encode()))
                holder = request_id
            self._state.claims.put(key, holder)
            return holder

    def _claimed(self, key: str) -> str | None:
        raw = self._storage.get(key) if self._storage.exists(key) else None
        return None if raw is None else raw.decode()

    def __repr__(self) -> str:
        return f"DifyStore({self._state!r})"
