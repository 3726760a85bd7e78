# SPDX-License-Identifier: Apache-2.0
"""The limiter as a section of the results: simulated hours in one process, and four processes over a real Redis."""

from dataclasses import asdict
from typing import Any

from rich.progress import Progress

from approvals.llm.rate_limit.limits import Limits
from bench.limiter_hour import SCENARIOS, measure
from bench.limiter_redis import SHAPES, measure_shared
from bench.plan import Plan

LIMITS = Limits(rpm=3_000, tpm=500_000)
"""The defaults of the plugin's credentials."""


def measure_limiter(plan: Plan, progress: Progress) -> dict[str, Any]:
    """Every scenario: what was used of the limits, and the worst that was taken beyond them."""
    task = progress.add_task("limiter", total=len(SCENARIOS) + len(SHAPES))
    rows = []
    for scenario in SCENARIOS:
        progress.update(task, description=f"limiter: {scenario.name}")
        result = measure(scenario, LIMITS, plan.limiter_seconds)
        rows.append({**asdict(result), "utilisation": result.utilisation})
        progress.advance(task)
    progress.update(task, description="limiter: four processes over Redis")
    shared = measure_shared(plan.shared_seconds)
    progress.advance(task, len(SHAPES))
    return {
        "rows": rows,
        "shared": shared,
        "rpm": LIMITS.rpm,
        "tpm": LIMITS.tpm,
        "seconds": plan.limiter_seconds,
    }
