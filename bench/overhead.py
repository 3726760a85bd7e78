# SPDX-License-Identifier: Apache-2.0
"""What each adds to a call when nothing else is under way: its time less that of a bare call to the same endpoint.

Of a plugin it is the time from the frame that asks to the frame that ends the answer. Windows of bare calls stand
before and after each window, and are what that window is compared with.
"""

import itertools
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

from rich.progress import Progress

from bench.bare_call import BareCaller
from bench.inference import Section
from bench.litellm_proxy import LiteLlmProxy
from bench.peer_process import PEERS, PeerProcess
from bench.plan import LATENCY_MS, Plan
from bench.plugin_load import APP, OURS, PLAIN, PluginUnderTest
from bench.samples import (
    KEY,
    Parameters,
    credentials,
    parameters,
    payload,
    plain_parameters,
    routine_purchases,
)
from devkit.host import PluginHost
from devkit.llm_stub import StubProcess

_PURCHASES: Final = 64
_WARM_UP_CALLS: Final = 20

type Window = Callable[[float], Sequence[float]]
"""Makes calls one after another for so many seconds; the seconds that each took."""


@dataclass(slots=True)
class Row:
    """One who is measured: what it added in each round, in milliseconds."""

    label: str
    window: Window
    rounds: list[float]


def measure_overhead(plan: Plan, progress: Progress) -> Section:
    """What the plugins, the clients and LiteLLM's proxy add to one call at a time."""
    purchases = routine_purchases()[:_PURCHASES]
    payloads = [payload(purchase) for purchase in purchases]
    with ExitStack() as stack:
        stub = stack.enter_context(StubProcess(latency_ms=LATENCY_MS, api_key=KEY))
        bare = _bare(stub.base_url, KEY, payloads[0])
        said: list[float] = []
        rows = {
            OURS.name: Row(
                OURS.label, _plugin(stack, OURS, [parameters(p) for p in purchases], stub, said), []
            ),
            PLAIN.name: Row(
                PLAIN.label, _plugin(stack, PLAIN, [plain_parameters(p) for p in purchases], stub), []
            ),
        }
        setup = {"base_url": stub.base_url, "api_key": KEY, "payloads": payloads}
        versions: dict[str, str] = {}
        for peer in PEERS:
            process = stack.enter_context(PeerProcess(peer.modules[0], setup))
            versions[process.module] = process.versions
            rows[peer.name] = Row(peer.label, _peer(process), [])
        proxy = stack.enter_context(LiteLlmProxy(stub.base_url, KEY, payloads[0]))
        rows["litellm_proxy"] = Row("LiteLLM's proxy", _bare(proxy.base_url, proxy.api_key, payloads[0]), [])
        bare_ms = _rounds(rows, bare, plan, progress)
    return {
        "bare_ms": statistics.median(bare_ms),
        "rows": {name: _figures(row) for name, row in rows.items()},
        "own_word_ms": statistics.median(said),
        "versions": versions,
    }


def _rounds(rows: Mapping[str, Row], bare: Window, plan: Plan, progress: Progress) -> list[float]:
    """Fill the rows; gives the medians of the bare windows."""
    task = progress.add_task("overhead", total=plan.overhead_rounds * len(rows))
    for row in rows.values():
        row.window(plan.overhead_seconds)  # a warm-up
    bare_ms = [_median_ms(bare(plan.overhead_seconds))]
    for number in range(1, plan.overhead_rounds + 1):
        for row in rows.values():
            progress.update(task, description=f"round {number}: overhead of {row.label}")
            taken = _median_ms(row.window(plan.overhead_seconds))
            bare_ms.append(_median_ms(bare(plan.overhead_seconds)))
            row.rounds.append(taken - (bare_ms[-2] + bare_ms[-1]) / 2)
            progress.advance(task)
    return bare_ms


def _bare(base_url: str, api_key: str, body: Parameters) -> Window:
    """On a connection for each window, as servers hang up on those that are silent between two."""

    def window(seconds: float) -> Sequence[float]:
        with BareCaller(base_url, api_key, body) as caller:
            caller.seconds()
            return _repeated(caller.seconds, seconds)

    return window


def _peer(process: PeerProcess) -> Window:
    def window(seconds: float) -> Sequence[float]:
        raw = process.hold(1, seconds)
        if raw["errors"]:
            raise RuntimeError(f"{process.module}: {raw['errors']}")
        taken: list[float] = raw["taken"]
        return taken

    return window


def _plugin(
    stack: ExitStack,
    plugin: PluginUnderTest,
    asked: Sequence[Parameters],
    stub: StubProcess,
    said: list[float] | None = None,
) -> Window:
    """`said` gets what the plugin itself says that a call took of its own, in milliseconds."""
    host = stack.enter_context(PluginHost(cwd=plugin.folder))
    given = credentials(stub.base_url, KEY, 1)
    turn = itertools.cycle(asked)

    def once() -> float:
        answer = host.invoke_tool(
            plugin.tool, next(turn), provider=plugin.provider, credentials=given, app_id=APP
        )
        if not plugin.is_right(answer):
            raise RuntimeError(f"{plugin.label}: {answer.error or answer.variables}")
        if said is not None:
            said.append(float(answer.variables["overhead_ms"]))
        return answer.seconds

    for _ in range(_WARM_UP_CALLS):
        once()
    return lambda seconds: _repeated(once, seconds)


def _repeated(call: Callable[[], float], seconds: float) -> list[float]:
    end = time.perf_counter() + seconds
    taken = [call()]
    while time.perf_counter() < end:
        taken.append(call())
    return taken


def _median_ms(taken: Sequence[float]) -> float:
    return 1000 * statistics.median(taken)


def _figures(row: Row) -> dict[str, Any]:
    low, middle, high = (
        statistics.quantiles(row.rounds, n=4, method="inclusive") if len(row.rounds) > 1 else row.rounds * 3
    )
    return {"label": row.label, "median_ms": middle, "quartiles_ms": [low, high], "rounds_ms": row.rounds}
