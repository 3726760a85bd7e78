# SPDX-License-Identifier: Apache-2.0
"""A batch in a process patched as the Dify SDK patches a plugin, over Dify's store in memory; `bench.batch` starts it.

It reads one JSON document from stdin (where the endpoint is, the requests, calls at once, rounds) and prints what
each round took: of the calls alone, as the article's client makes them, and of a whole batch.
"""

# isort: off
from gevent import monkey

monkey.patch_all(sys=True)

import gc  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from typing import Any  # noqa: E402

from approvals.analysis.batch_calls import BatchCalls  # noqa: E402
from approvals.analysis.packing import packed  # noqa: E402
from approvals.clock import SystemClock  # noqa: E402
from approvals.domain.records import Analysis  # noqa: E402
from approvals.errors import ApprovalError  # noqa: E402
from approvals.llm import Deadline  # noqa: E402
from approvals.service import AnalyzeOrder, BatchOrder, BatchSummary, ApprovalService  # noqa: E402
from approvals.service.batch_answers import Percentiles  # noqa: E402
from approvals.dify.channel.plugin import YOUNG_OBJECTS  # noqa: E402
from approvals.dify.orders import batch_order  # noqa: E402
from approvals.settings import Settings  # noqa: E402
from approvals.store.dify.store import DifyStore  # noqa: E402
from approvals.store.dify.workspace import WorkspaceState  # noqa: E402
from approvals.wiring import Wiring  # noqa: E402
from devkit.memory_storage import MemoryStorage  # noqa: E402


def calls_alone(wiring: Wiring, settings: Settings, order: BatchOrder) -> dict[str, Any]:
    """The calls of a batch, from its first request to the last checked reply; nothing is stored or compared."""
    clock, analyst = SystemClock(), wiring.resources(settings).analyst
    calls, deadline = BatchCalls(analyst.client, clock, settings.deadline_seconds), Deadline.after(clock, 200)

    def ask(pack: Sequence[AnalyzeOrder]) -> int:
        requests = [item.request for item in pack]
        outcomes = analyst.analyze_together(requests, pack[0].policy.policy, deadline, client=calls)
        return sum(isinstance(outcome, Analysis) for outcome in outcomes)

    began, cpu = time.perf_counter(), time.process_time()
    items = [item for item in order.items if not isinstance(item, ApprovalError)]
    with ThreadPoolExecutor(settings.max_concurrency) as pool:
        analysed = sum(pool.map(ask, packed(items, lambda item: item.request)))
    if analysed != order.total:
        raise RuntimeError(f"{analysed} of {order.total} requests were analysed")
    return _took(began, cpu, calls.spend.attempts, Percentiles.of(calls.latencies_ms))


def whole_batch(wiring: Wiring, settings: Settings, order: BatchOrder) -> dict[str, Any]:
    """One batch from its first request to its summary: each request is stored, compared, checked and stored again."""
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
    return _took(began, cpu, summary.spend.attempts, summary.per_call)


def _took(began: float, cpu: float, calls: int, per_call: Percentiles) -> dict[str, Any]:
    return {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu,
        "calls": calls,
        "p95_ms": per_call.p95,
        "p50_ms": per_call.p50,
    }


def _of_round(name: str, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The requests with ids of their own, so that nothing is remembered of them from another round."""
    return [{**each, "request_id": f"{name}-{each['request_id']}"} for each in requests]


def main() -> None:
    """Play every round, the first to warm up."""
    setup = json.loads(sys.stdin.readline())
    gc.freeze()  # as the plugin does
    gc.set_threshold(YOUNG_OBJECTS)
    wiring, settings = Wiring(SystemClock()), Settings.from_credentials(setup["credentials"])
    played: dict[str, list[dict[str, Any]]] = {"calls": [], "batch": []}
    for number in range(setup["rounds"] + 1):
        for name, play in (("calls", calls_alone), ("batch", whole_batch)):
            requests = _of_round(f"{name}-{number}", setup["requests"])
            played[name].append(play(wiring, settings, batch_order({"requests": requests})))
    print(json.dumps({name: rounds[1:] for name, rounds in played.items()}))


if __name__ == "__main__":
    main()
