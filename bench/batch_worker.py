# SPDX-License-Identifier: Apache-2.0
"""A batch in a process patched as the Dify SDK patches a plugin, over Dify's store in memory; `bench.batch` starts it.

It reads one JSON document from stdin (where the endpoint is, the requests, calls at once, rounds) and prints what
each round took.
"""

# isort: off
from gevent import monkey

monkey.patch_all(sys=True)

import gc  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from typing import Any  # noqa: E402

from approvals.clock import SystemClock  # noqa: E402
from approvals.service import BatchOrder, BatchSummary, ApprovalService  # noqa: E402
from approvals.dify.channel.plugin import YOUNG_OBJECTS  # noqa: E402
from approvals.dify.orders import batch_order  # noqa: E402
from approvals.settings import Settings  # noqa: E402
from approvals.store.dify.store import DifyStore  # noqa: E402
from approvals.store.dify.workspace import WorkspaceState  # noqa: E402
from approvals.wiring import Wiring  # noqa: E402
from bench.memory_storage import MemoryStorage  # noqa: E402


def one_round(wiring: Wiring, settings: Settings, order: BatchOrder) -> dict[str, Any]:
    """One batch from its first request to its summary."""
    clock = SystemClock()
    service = ApprovalService(
        DifyStore(MemoryStorage(), WorkspaceState("b" * 32, clock), clock),
        wiring.resources(settings).analyst,
        clock,
        default_model=settings.model,
        deadline_seconds=settings.deadline_seconds,
        max_concurrency=settings.max_concurrency,
        new_id=lambda: "",
    )
    began, cpu = time.perf_counter(), time.process_time()
    *_, summary = service.analyze_batch(order)
    if not isinstance(summary, BatchSummary) or summary.succeeded != order.total:
        raise RuntimeError(f"not every request was analysed: {summary}")
    return {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu,
        "calls": summary.spend.attempts,
        "p95_ms": summary.per_call.p95,
        "p50_ms": summary.per_call.p50,
    }


def _of_round(number: int, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The requests with ids of their own, so that nothing is remembered of them from another round."""
    return [{**each, "request_id": f"{number}-{each['request_id']}"} for each in requests]


def main() -> None:
    """Play every round, the first to warm up."""
    setup = json.loads(sys.stdin.readline())
    gc.freeze()  # as the plugin does
    gc.set_threshold(YOUNG_OBJECTS)
    wiring, settings = Wiring(SystemClock()), Settings.from_credentials(setup["credentials"])
    rounds = [
        one_round(wiring, settings, batch_order({"requests": _of_round(number, setup["requests"])}))
        for number in range(setup["rounds"] + 1)
    ]
    print(json.dumps(rounds[1:]))


if __name__ == "__main__":
    main()
