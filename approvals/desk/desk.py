# SPDX-License-Identifier: Apache-2.0
"""The desk: every use case, over one store, one analyst and one clock."""

from collections.abc import Callable, Iterator

from approvals.analysis.analyst import Analyst
from approvals.clock import Clock
from approvals.desk.analyzing import Analyzing
from approvals.desk.answers import (
    AnalyzeAnswer,
    AnalyzeOrder,
    FindOrder,
    FindResult,
    ReplayResult,
    RouteResult,
    SweepResult,
)
from approvals.desk.batch_answers import BatchLine, BatchOrder, BatchSummary
from approvals.desk.batching import Batching
from approvals.desk.deciding import Deciding
from approvals.desk.finding import Finding
from approvals.desk.replaying import Replaying
from approvals.desk.sweeping import Sweeping
from approvals.domain.decisions import Decision
from approvals.domain.policy_reader import PolicyDocument
from approvals.store.protocol import ApprovalStore


class Desk:
    """One caller's view of the approvals. Cheap to make; made for every call."""

    def __init__(  # noqa: PLR0913 - what it works with, and the settings that bound it
        self,
        store: ApprovalStore,
        analyst: Analyst,
        clock: Clock,
        *,
        default_model: str,
        deadline_seconds: float,
        max_concurrency: int,
        new_id: Callable[[], str],
    ) -> None:
        self._analyzing = Analyzing(
            store,
            analyst,
            clock,
            default_model=default_model,
            deadline_seconds=deadline_seconds,
            new_id=new_id,
        )
        self._batching = Batching(
            self._analyzing,
            analyst,
            clock,
            call_seconds=deadline_seconds,
            max_concurrency=max_concurrency,
        )
        self._deciding = Deciding(store, clock)
        self._finding = Finding(store, clock)
        self._sweeping = Sweeping(store, self._deciding, clock)
        self._replaying = Replaying(store, self._analyzing, clock)

    def analyze(self, order: AnalyzeOrder) -> AnalyzeAnswer:
        """Store a request, have it read, store what was found. See `Analyzing.analyze`."""
        return self._analyzing.analyze(order)

    def analyze_batch(self, order: BatchOrder) -> Iterator[BatchLine | BatchSummary]:
        """The same for many requests, line by line, then the figures. See `Batching.run`."""
        return self._batching.run(order)

    def route(self, request_id: str, decision: Decision, policy: PolicyDocument | None) -> RouteResult:
        """Carry out one event, once. See `Deciding.decide`."""
        return self._deciding.decide(request_id, decision, policy)

    def find(self, order: FindOrder) -> FindResult:
        """The records that are asked for. See `Finding.find`."""
        return self._finding.find(order)

    def sweep(self, limit: int) -> SweepResult:
        """Move on what is overdue. See `Sweeping.sweep`."""
        return self._sweeping.sweep(limit)

    def replay(self, limit: int, request_id: str = "") -> ReplayResult:
        """Try failed analyses again. See `Replaying.replay`."""
        return self._replaying.replay(limit, request_id)
