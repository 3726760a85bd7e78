# SPDX-License-Identifier: Apache-2.0
"""How much is measured, and where the results go."""

import os
from dataclasses import dataclass
from pathlib import Path

from bench.samples import ROOT

LATENCY_MS = 38.0
"""What the loopback endpoint takes to answer: the best of the reference article's measurements."""

DOCS = ROOT / "docs" / "benchmarks"
TRIAL = ROOT / "dist" / "bench"


@dataclass(frozen=True, slots=True)
class Plan:
    """So many rounds, each with one window of `seconds` per cell; the windows of one round are interleaved.

    Plugins have more rounds: what else a machine does comes and goes within seconds, and both must meet it. No window
    may be shorter than the slowest calls, or these would never count.
    """

    in_flight: tuple[int, ...]
    rounds: int
    seconds: float
    plugin_rounds: int
    overhead_rounds: int
    overhead_seconds: float
    limiter_seconds: float
    shared_seconds: float
    purchases: int
    folder: Path


WHOLE = Plan(
    (10, 50, 100, 200),
    rounds=3,
    seconds=2.0,
    plugin_rounds=9,
    overhead_rounds=15,
    overhead_seconds=1.0,
    limiter_seconds=3_600,
    shared_seconds=8,
    purchases=500,
    folder=DOCS,
)
QUICK = Plan(
    (10, 200),
    rounds=1,
    seconds=0.5,
    plugin_rounds=1,
    overhead_rounds=2,
    overhead_seconds=0.3,
    limiter_seconds=300,
    shared_seconds=2,
    purchases=20,
    folder=TRIAL,
)


def plan() -> Plan:
    """The whole, or with BENCH_QUICK=1 just enough to see that everything runs; that leaves the docs alone."""
    return QUICK if os.environ.get("BENCH_QUICK") == "1" else WHOLE
