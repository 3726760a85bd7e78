# SPDX-License-Identifier: Apache-2.0
"""The client alone and the whole plugin over stdio, beside others in the same run, against one loopback endpoint.

Every round goes through all cells in turn, so that what else the machine does hits everyone alike; the figures are
medians over the rounds.
"""

from collections import Counter
from contextlib import ExitStack
from typing import Any

from rich.progress import Progress

from bench.figures import Figures
from bench.peer_process import PEERS, PeerProcess
from bench.plan import LATENCY_MS, Plan
from bench.plugin_load import OURS, PLAIN, hold
from bench.rows import Cells
from bench.samples import KEY, credentials, parameters, payload, plain_parameters, routine_purchases
from devkit.host import PluginHost
from devkit.llm_stub import StubProcess

_PAYLOADS = 64
_WARM_UP_SECONDS = 1.0
"""Of a plugin that has just been started, before anything is measured."""

Section = dict[str, Any]


def measure_clients(plan: Plan, progress: Progress) -> Section:
    """Every client in a process of its own, at every number of calls in flight."""
    cells = Cells()
    variants = {module: peer.modules for peer in PEERS for module in peer.modules}
    task = progress.add_task("clients", total=plan.rounds * len(plan.in_flight) * len(variants))
    with ExitStack() as stack:
        stub = stack.enter_context(StubProcess(latency_ms=LATENCY_MS, api_key=KEY))
        payloads = [payload(purchase) for purchase in routine_purchases()[:_PAYLOADS]]
        setup = {"base_url": stub.base_url, "api_key": KEY, "payloads": payloads}
        running = [stack.enter_context(PeerProcess(module, setup)) for module in variants]
        for number in range(1, plan.rounds + 1):
            for in_flight in plan.in_flight:
                for process in running:
                    progress.update(task, description=f"round {number}: {process.module} at {in_flight}")
                    if not cells.is_beaten(process.module, variants[process.module], in_flight):
                        raw = process.hold(in_flight, plan.seconds)
                        cells.add(process.module, in_flight, Figures.of(raw))
                    progress.advance(task)
        versions = {process.module: process.versions for process in running}
    rows = {peer.name: cells.row(peer.label, peer.modules, plan.in_flight) for peer in PEERS}
    return {"rows": rows, "versions": versions}


def measure_plugins(plan: Plan, progress: Progress) -> Section:
    """Our plugin and the plain one, each behind stdio with a host that plays Dify's daemon and its storage."""
    cells, shares = Cells(), dict[str, dict[str, float]]()
    plugins = (OURS, PLAIN)
    task = progress.add_task("plugins", total=plan.plugin_rounds * len(plan.in_flight) * len(plugins))
    purchases = routine_purchases()
    asked = {
        OURS.name: [parameters(purchase) for purchase in purchases],
        PLAIN.name: [plain_parameters(purchase) for purchase in purchases],
    }
    violations: Counter[str] = Counter()
    with StubProcess(latency_ms=LATENCY_MS, api_key=KEY) as stub:
        given = credentials(stub.base_url, KEY, max(plan.in_flight))
        for number in range(1, plan.plugin_rounds + 1):
            # Anew for each round: more approvals than one round makes would fill the storage that Dify grants.
            with ExitStack() as stack:
                hosts = {
                    plugin.name: stack.enter_context(PluginHost(cwd=plugin.folder)) for plugin in plugins
                }
                for plugin in plugins:
                    hold(
                        hosts[plugin.name],
                        plugin,
                        asked[plugin.name],
                        given,
                        in_flight=max(plan.in_flight),
                        seconds=_WARM_UP_SECONDS,
                    )
                for in_flight in plan.in_flight:
                    for plugin in plugins:
                        progress.update(task, description=f"round {number}: {plugin.label} at {in_flight}")
                        before = stub.stats()["count"]
                        raw = hold(
                            hosts[plugin.name],
                            plugin,
                            asked[plugin.name],
                            given,
                            in_flight=in_flight,
                            seconds=plan.seconds,
                        )
                        cells.add(plugin.name, in_flight, Figures.of(raw))
                        calls = stub.stats()["count"] - before
                        shares[f"{plugin.name} at {in_flight}"] = {
                            "host_cpu": raw["host_cpu_seconds"] / raw["seconds"],
                            "model_calls_per_answer": calls / raw["answers"],
                        }
                        progress.advance(task)
                violations.update({name: len(host.violations) for name, host in hosts.items()})
    return {
        "rows": {plugin.name: cells.row(plugin.label, [plugin.name], plan.in_flight) for plugin in plugins},
        "last_round": shares,
        "protocol_violations": dict(violations),
    }
