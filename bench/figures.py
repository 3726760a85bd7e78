# SPDX-License-Identifier: Apache-2.0
"""Figures of one cell (who, how many in flight) in one round, and their median over the rounds."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figures:
    """One window of steady load. Milliseconds; CPU of the process measured, per call that ended in the window."""

    calls: int
    per_second: float
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: float
    errors: int

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> "Figures":
        """From what a peer or a plugin run reports: `seconds`, `cpu_seconds`, `taken`, `errors`.

        A window in which nothing ended has infinite latencies.
        """
        taken = sorted(1000 * each for each in raw["taken"])
        calls = len(taken)
        return cls(
            calls=calls,
            per_second=calls / raw["seconds"],
            mean_ms=statistics.fmean(taken) if taken else math.inf,
            p50_ms=percentile(taken, 50),
            p95_ms=percentile(taken, 95),
            p99_ms=percentile(taken, 99),
            cpu_ms=1000 * raw["cpu_seconds"] / calls if calls else math.inf,
            errors=sum(raw["errors"].values()),
        )


def percentile(ordered: Sequence[float], part: int) -> float:
    """By the nearest rank: the smallest value that at least `part` per cent do not exceed."""
    return ordered[math.ceil(len(ordered) * part / 100) - 1] if ordered else math.inf


def median_of(rounds: Sequence[Figures]) -> Figures:
    """Each figure's median over the rounds; calls and errors are summed."""
    columns = {name: [asdict(each)[name] for each in rounds] for name in asdict(rounds[0])}
    merged = {name: statistics.median(values) for name, values in columns.items()}
    return Figures(**{**merged, "calls": sum(columns["calls"]), "errors": sum(columns["errors"])})
