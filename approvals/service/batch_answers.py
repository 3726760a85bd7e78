# SPDX-License-Identifier: Apache-2.0
"""Input and output types of `analyze_batch`, and how its results are put in order and counted."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from approvals.analysis.batch_calls import BatchCalls
from approvals.analysis.prompt import SYSTEM
from approvals.domain.terms import Flag
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.llm import Spend, estimate_tokens
from approvals.service.answers import AnalyzeAnswer, AnalyzeOrder

_INSTRUCTIONS = estimate_tokens(SYSTEM)

type Item = AnalyzeOrder | ApprovalError
"""A request to be read, or what is wrong with it."""


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """Requests to be read, gone through twice, one by one. `max_concurrency`: calls at once; None is the setting's."""

    items: Iterable[Item]
    total: int
    model: str = ""
    max_concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class BatchLine:
    """What became of the request at `index` (from 0): an answer, or why there is none; None: it was not begun.

    `stored_as` is the id of a stored request without an answer; empty when it was not stored.
    """

    index: int
    outcome: AnalyzeAnswer | ApprovalError | None
    stored_as: str = ""


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Milliseconds, by the nearest rank: the smallest value that at least so many per cent do not exceed."""

    average: float
    p50: int
    p95: int
    p99: int

    @classmethod
    def of(cls, values: Iterable[int]) -> "Percentiles":
        """All 0 where there is nothing to measure."""
        ordered = sorted(values)
        average = sum(ordered) / len(ordered) if ordered else 0.0
        return cls(average, *(nearest_rank(ordered, part) for part in (50, 95, 99)))


def nearest_rank(ordered: Sequence[int], part: int) -> int:
    """The value at `part` per cent of an ordered sequence, one that is in it; 0 for an empty one."""
    return ordered[math.ceil(len(ordered) * part / 100) - 1] if ordered else 0


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """The figures of a whole batch. `tokens_saved` is an estimate: the instructions that were not sent again."""

    total: int
    succeeded: int
    failed: int
    not_started: int
    spend: Spend
    tokens_saved: int
    per_call: Percentiles
    per_request: Percentiles
    seconds: float
    first_error: ApprovalError | None


def once_each(items: Iterable[Item]) -> Iterator[Item]:
    """The items, with a refusal in the place of one whose id or key an earlier one has."""
    first_with: dict[tuple[str, str], int] = {}
    for index, item in enumerate(items):
        yield item if isinstance(item, ApprovalError) else _unless_repeated(item, index, first_with)


def _unless_repeated(item: AnalyzeOrder, index: int, first_with: dict[tuple[str, str], int]) -> Item:
    named = (("request_id", item.request.request_id), ("idempotency_key", item.idempotency_key))
    for name, value in named:
        first = first_with.setdefault((name, value), index) if value else index
        if first != index:
            return ApprovalError(
                ErrorCode.BAD_PARAMETER,
                f"{name} {shown(value)} is already that of the request at index {first}; give each request its own, "
                "or leave it out",
            )
    return item


class InOrder:
    """Gives lines in the order of their indexes, whatever order they come in."""

    def __init__(self) -> None:
        self._next = 0
        self._early: dict[int, BatchLine] = {}

    def put(self, lines: Iterable[BatchLine]) -> None:
        """Keep lines until it is their turn."""
        self._early.update({line.index: line for line in lines})

    def ready(self) -> Iterator[BatchLine]:
        """Those whose turn it is."""
        while (line := self._early.pop(self._next, None)) is not None:
            self._next += 1
            yield line

    def __repr__(self) -> str:
        return f"InOrder({self._next} given, {len(self._early)} kept)"


class Tally:
    """Counts the lines of a batch."""

    def __init__(self) -> None:
        self.succeeded = 0
        self._failed = 0
        self._not_started = 0
        self._readings = 0
        self._latencies_ms: list[int] = []
        self._first_error: ApprovalError | None = None

    def add(self, line: BatchLine) -> None:
        """One more line."""
        match line.outcome:
            case None:
                self._not_started += 1
            case ApprovalError() as error:
                self._failed += 1
                self._first_error = self._first_error or error
            case AnalyzeAnswer() as answer:
                self._answered(answer)

    def _answered(self, answer: AnalyzeAnswer) -> None:
        analysis = answer.analysis
        if not answer.replayed:
            self._latencies_ms.append(analysis.latency_ms)
        if analysis.usable:
            self.succeeded += 1
            self._readings += 0 if answer.replayed else 2 if Flag.SECOND_OPINION in analysis.flags else 1
        else:
            self._failed += 1
            self._first_error = self._first_error or answer.error

    def summary(self, calls: BatchCalls, seconds: float) -> BatchSummary:
        """The figures, once every line was added."""
        return BatchSummary(
            total=self.succeeded + self._failed + self._not_started,
            succeeded=self.succeeded,
            failed=self._failed,
            not_started=self._not_started,
            spend=calls.spend,
            tokens_saved=max(0, self._readings - calls.answered) * _INSTRUCTIONS,
            per_call=Percentiles.of(calls.latencies_ms),
            per_request=Percentiles.of(self._latencies_ms),
            seconds=seconds,
            first_error=self._first_error,
        )
