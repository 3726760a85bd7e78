# SPDX-License-Identifier: Apache-2.0
"""Input and output types of `analyze_batch`."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from approvals.errors import ApprovalError
from approvals.llm import Spend
from approvals.service.answers import AnalyzeAnswer, AnalyzeOrder

type Item = AnalyzeOrder | ApprovalError
"""A request to be read, or what is wrong with it."""


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """Requests to be read, taken one by one. `max_concurrency`: calls at the same time; None is the setting's."""

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
