# SPDX-License-Identifier: Apache-2.0
"""Compares requests with those that came before them, as the plugin does it: its own code over a store in memory."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from heapq import merge
from typing import Final

from approvals.domain.checks import (
    DUPLICATE_DOCUMENT,
    NOTHING_FOUND,
    POSSIBLE_DUPLICATE,
    SPLITTING,
    Comparison,
)
from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRecord, ApprovalRequest
from approvals.service.comparing import Comparing, follow
from approvals.store.dify.store import DifyStore
from approvals.store.dify.workspace import WorkspaceState
from devkit.memory_storage import MemoryStorage

_WORKSPACE: Final = "0" * 32
_CHECKS: Final = {DUPLICATE_DOCUMENT: "duplicates", POSSIBLE_DUPLICATE: "duplicates", SPLITTING: "splitting"}
"""Which check of the policy names another request with each code."""


class _Then:
    """The clock of a replay: it stands where the last event was."""

    def __init__(self) -> None:
        self.time = datetime.fromtimestamp(0, UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def sleep(self, seconds: float) -> None:
        """Nothing waits: each event has its time."""


class Past:
    """What came before a moment, under one policy. Time only goes on: an earlier request comes first."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._clock = _Then()
        self._store = DifyStore(MemoryStorage(), WorkspaceState(_WORKSPACE, self._clock), self._clock)

    def add(self, request: ApprovalRequest, at: datetime) -> Comparison:
        """What the requests before it say of one that comes now; from now on it is among them."""
        self._clock.time = at
        record = _as_it_came(request, at)
        self._store.create(record)
        (found,) = Comparing(self._store, self._clock).compare((record,), self._policy)
        return found or NOTHING_FOUND

    def close(self, record: ApprovalRecord) -> None:
        """A request was decided: with an approval budgets count it for good, else nothing counts it any more."""
        self._clock.time = record.updated_at
        before = _as_it_came(record.request, record.created_at)
        follow(self._store, before, before.model_copy(update={"state": record.state}), self._policy)


def compared(policy: Policy, records: Sequence[ApprovalRecord]) -> tuple[Past, Mapping[str, Comparison]]:
    """The whole past of `records`, and what was known of each request when it came, by its id.

    A stored finding about a request that is not among `records` stands where the policy still makes its check.
    """
    past, known = Past(policy), {record.request_id for record in records}
    came = sorted(((record.created_at, 0, record.request_id, record) for record in records), key=_moment)
    gone = ((one.updated_at, 1, one.request_id, one) for one in records if one.state.final)
    found: dict[str, Comparison] = {}
    for at, closes, request_id, record in merge(came, sorted(gone, key=_moment), key=_moment):
        if closes:
            past.close(record)
        else:
            found[request_id] = _with_stored(policy, past.add(record.request, at), record, known)
    return past, found


def _moment(event: tuple[datetime, int, str, ApprovalRecord]) -> tuple[datetime, int, str]:
    return event[:3]


def _with_stored(policy: Policy, found: Comparison, record: ApprovalRecord, known: set[str]) -> Comparison:
    stored = [
        one
        for one in (record.analysis.findings if record.analysis else ())
        if one.other_request
        and one.other_request not in known
        and getattr(policy.checks, _CHECKS.get(one.code, ""), True)
        and one.code not in {each.code for each in found.findings}
    ]
    combined = found.combined
    if combined is None and record.analysis and any(one.code == SPLITTING for one in stored):
        combined = record.analysis.combined
    return found._replace(findings=(*found.findings, *stored), combined=combined)


def _as_it_came(request: ApprovalRequest, at: datetime) -> ApprovalRecord:
    return ApprovalRecord(request=request, policy_digest="", created_at=at, updated_at=at)
