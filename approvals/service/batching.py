# SPDX-License-Identifier: Apache-2.0
"""Reads many requests: packed into calls, several calls at a time, each request stored before its call is made."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from typing import NamedTuple

from approvals.analysis.analyst import AnalysisFailedError, Analyst
from approvals.analysis.batch_calls import BatchCalls
from approvals.analysis.packing import packed
from approvals.clock import SHORTEST_SLEEP, Clock
from approvals.domain.records import ApprovalRecord
from approvals.domain.traces import Trace, trace_of
from approvals.errors import ApprovalError
from approvals.llm import Deadline
from approvals.service.analyzing import Analyzing
from approvals.service.answers import AnalyzeOrder
from approvals.service.batch_answers import BatchLine, BatchOrder, BatchSummary, InOrder, Tally, once_each
from approvals.service.listed import InList, Listed

BATCH_SECONDS = 200.0  # the platform gives a tool call minutes at most
_START_UNTIL = 0.85  # of them: a call that starts later would hardly come to its end


@dataclass(frozen=True, slots=True)
class _Numbered:
    index: int
    order: AnalyzeOrder


class _Opened(NamedTuple):
    """A request that is stored and waits for its analysis."""

    place: int
    record: ApprovalRecord
    listed: InList | None


@dataclass(slots=True)
class _Run:
    """One batch under way. `halted` is a failure that every other call would meet too."""

    order: BatchOrder
    calls: BatchCalls
    deadline: Deadline
    starts: Deadline
    lines: InOrder
    listed: Listed
    made_ids: Mapping[int, str]
    """Of the requests that state none, by their places in the list."""
    halted: ApprovalError | None = None

    @property
    def may_start(self) -> bool:
        return self.halted is None and not self.starts.expired


class Batching:
    """The use case behind `analyze_batch`."""

    def __init__(
        self,
        analyzing: Analyzing,
        analyst: Analyst,
        clock: Clock,
        *,
        call_seconds: float,
        max_concurrency: int,
        batch_seconds: float = BATCH_SECONDS,
    ) -> None:
        self._analyzing = analyzing
        self._analyst = analyst
        self._clock = clock
        self._call_seconds = call_seconds
        self._max_concurrency = max_concurrency
        self._batch_seconds = batch_seconds

    def run(self, order: BatchOrder) -> Iterator[BatchLine | BatchSummary]:
        """A line for each request, in their order and as early as can be, then the summary.

        Whatever befalls one request is in its line. A failure that only the admin can mend (a refused key, an unknown
        model) halts the batch: what was begun is stored, the rest is not started.
        """
        started = self._clock.monotonic()
        made_ids: dict[int, str] = {}
        run = _Run(
            order,
            BatchCalls(self._analyst.client, self._clock, self._call_seconds),
            Deadline.after(self._clock, self._batch_seconds),
            Deadline.after(self._clock, self._batch_seconds * _START_UNTIL),
            InOrder(),
            Listed(self._traces(order, made_ids)),
            made_ids,
        )
        tally = Tally()
        for line in self._lines(run):
            tally.add(line)
            yield line
        yield tally.summary(run.calls, self._clock.monotonic() - started)

    def _lines(self, run: _Run) -> Iterator[BatchLine]:
        at_once = min(self._max_concurrency, run.order.max_concurrency or self._max_concurrency)
        in_flight: set[Future[list[BatchLine]]] = set()
        with ThreadPoolExecutor(at_once) as pool:
            for pack in packed(self._good(run), lambda item: item.order.request):
                if len(in_flight) >= at_once:
                    in_flight = self._next_done(run, in_flight)
                if run.may_start:
                    in_flight.add(pool.submit(copy_context().run, self._read, run, pack))
                else:
                    run.lines.put(BatchLine(item.index, None) for item in pack)
                yield from run.lines.ready()
            while in_flight:
                in_flight = self._next_done(run, in_flight)
                yield from run.lines.ready()
        yield from run.lines.ready()

    def _traces(self, order: BatchOrder, made_ids: dict[int, str]) -> Iterator[tuple[int, Trace]]:
        """What the requests are compared with each other by; puts the ids that are made for them into `made_ids`."""
        now = self._clock.now()
        for index, item in enumerate(once_each(order.items)):
            if isinstance(item, ApprovalError) or item.revision_of:
                continue
            policy = item.policy.policy
            if policy.checks.duplicates is None and policy.checks.splitting is None:
                continue
            request_id = self._analyzing.id_for(item)
            if not (item.request.request_id or item.idempotency_key):
                made_ids[index] = request_id
            yield index, trace_of(policy, item.request.model_copy(update={"request_id": request_id}), now)

    def _good(self, run: _Run) -> Iterator[_Numbered]:
        """The requests that can be read; what is wrong with the others is in their lines at once."""
        for index, item in enumerate(once_each(run.order.items)):
            if isinstance(item, ApprovalError):
                run.lines.put([BatchLine(index, item)])
                continue
            made = run.made_ids.get(index)
            if made is None:
                yield _Numbered(index, item)
            else:
                request = item.request.model_copy(update={"request_id": made})
                yield _Numbered(index, item._replace(request=request, fresh=True))

    def _next_done(self, run: _Run, in_flight: set[Future[list[BatchLine]]]) -> set[Future[list[BatchLine]]]:
        """Wait until a call has ended; those that are still under way."""
        done, running = wait(in_flight, return_when=FIRST_COMPLETED)
        for future in done:
            run.lines.put(future.result())
        return running

    def _read(self, run: _Run, pack: Sequence[_Numbered]) -> list[BatchLine]:
        """Store the requests of one call, have them read, store what was found."""
        lines: list[BatchLine] = []
        waiting: dict[str, list[_Opened]] = {}
        for item in pack:
            try:
                record = self._analyzing.open(item.order)
                if record.analysis is not None:
                    lines.append(BatchLine(item.index, self._analyzing.repeated(record, record.analysis)))
                    continue
                self._analyzing.policy_of(record)
            except ApprovalError as error:
                lines.append(BatchLine(item.index, error))
                continue
            # One that was stored before may have come under another policy.
            same = record.policy_digest == item.order.policy.digest
            opened = _Opened(item.index, record, run.listed.at(item.index) if same else None)
            waiting.setdefault(record.policy_digest, []).append(opened)
        for together in waiting.values():
            lines += self._settled(run, together)
        return lines

    def _settled(self, run: _Run, together: Sequence[_Opened]) -> list[BatchLine]:
        model, policy = run.order.model, self._analyzing.policy_of(together[0].record)
        requests = [one.record.request for one in together]
        outcomes = self._analyst.analyze_together(requests, policy, run.deadline, model, run.calls)
        compared = self._analyzing.compared(
            [one.record for one in together], [one.listed for one in together]
        )
        lines = []
        for (index, record, _), outcome, others in zip(together, outcomes, compared, strict=True):
            self._clock.sleep(
                SHORTEST_SLEEP
            )  # other calls, of this batch and of others, may have been answered
            try:
                answer = self._analyzing.settle(record, outcome, others, model)
            except ApprovalError as error:
                # Nobody can be read until someone mends the settings.
                if isinstance(error, AnalysisFailedError):
                    run.halted = error
                lines.append(BatchLine(index, error, record.request_id))
            else:
                lines.append(BatchLine(index, answer, record.request_id))
        return lines
