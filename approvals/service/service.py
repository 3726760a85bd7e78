# SPDX-License-Identifier: Apache-2.0
"""All use cases over one store, one analyst and one clock."""

from collections.abc import Callable, Iterator

from approvals.analysis.analyst import Analyst
from approvals.clock import Clock
from approvals.domain.decisions import Decision
from approvals.domain.ledger_keys import UNKEYED, LedgerKeys
from approvals.errors import ApprovalError
from approvals.service.analyzing import Analyzing
from approvals.service.answers import (
    AnalyzeAnswer,
    AnalyzeOrder,
    FindOrder,
    FindResult,
    ReplayResult,
    RouteResult,
    SweepResult,
)
from approvals.service.batch_answers import BatchLine, BatchOrder, BatchSummary
from approvals.service.batching import Batching
from approvals.service.deciding import Deciding
from approvals.service.finding import Finding
from approvals.service.heavy_work import HeavyWork
from approvals.service.notifying import UNNOTIFIED, Notifier
from approvals.service.observing import UNOBSERVED, Observer
from approvals.service.replaying import Replaying
from approvals.service.reporting import StoreReport, report
from approvals.service.sweeping import Sweeping
from approvals.store.protocol import ApprovalStore


class ApprovalService:
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
        ledger_keys: LedgerKeys = UNKEYED,
        observe_overhead: Callable[[float], None] = lambda _seconds: None,
        observer: Observer = UNOBSERVED,
        notifier: Notifier = UNNOTIFIED,
        heavy_work: HeavyWork | None = None,
    ) -> None:
        self._analyzing = Analyzing(
            store,
            analyst,
            clock,
            default_model=default_model,
            deadline_seconds=deadline_seconds,
            new_id=new_id,
            observe_overhead=observe_overhead,
            observer=observer,
            heavy_work=heavy_work,
        )
        self._store = store
        self._analyst = analyst
        self._clock = clock
        self._call_seconds = deadline_seconds
        self._max_concurrency = max_concurrency
        self._ledger_keys = ledger_keys
        self._observer = observer
        self._notifier = notifier

    @property
    def _deciding(self) -> Deciding:
        return self._deciding_with(self._notifier)

    def _deciding_with(self, notifier: Notifier) -> Deciding:
        return Deciding(self._store, self._clock, self._ledger_keys, self._observer, notifier)

    def analyze(self, order: AnalyzeOrder) -> AnalyzeAnswer:
        """Store a request, have it read, store what was found. See `Analyzing.analyze`."""
        return self._analyzing.analyze(order)

    def analyze_batch(self, order: BatchOrder) -> Iterator[BatchLine | BatchSummary]:
        """The same for many requests, line by line, then the figures. See `Batching.run`."""
        batching = Batching(
            self._analyzing,
            self._analyst,
            self._clock,
            call_seconds=self._call_seconds,
            max_concurrency=self._max_concurrency,
        )
        return batching.run(order)

    def route(self, request_id: str, decision: Decision, message_id: str = "") -> RouteResult:
        """Carry out one event, once. See `Deciding.decide` and `Deciding.decide_as_told`."""
        if message_id:
            return self._deciding.decide_as_told(request_id, decision, message_id)
        return self._deciding.decide(request_id, decision)

    def misstated(self, request_id: str, error: ApprovalError) -> RouteResult:
        """Where a request stands, for an event that could not be read. See `Deciding.misstated`."""
        return self._deciding.misstated(request_id, error)

    def find(self, order: FindOrder) -> FindResult:
        """The records that are asked for. See `Finding.find`."""
        return Finding(self._store, self._clock, self._ledger_keys).find(order)

    def sweep(self, limit: int) -> SweepResult:
        """Move on what is overdue. See `Sweeping.sweep`."""
        notifier = self._notifier.deferred()
        return Sweeping(self._store, self._deciding_with(notifier), self._clock, notifier).sweep(limit)

    def replay(self, limit: int, request_id: str = "") -> ReplayResult:
        """Try failed analyses again. See `Replaying.replay`."""
        return Replaying(self._store, self._analyzing, self._clock).replay(limit, request_id)

    def report(self) -> StoreReport:
        """How many requests are open, and what waits. See `reporting.report`."""
        return report(self._store, self._clock)
