# SPDX-License-Identifier: Apache-2.0
"""`python -m bench records`: every store under load and under kills, written to docs/benchmarks/store.md."""

import io
import json
import runpy
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from typing import Any

from bench.machine import this_machine
from bench.record_bytes import AMOUNTS, bytes_of_decided
from bench.samples import KEY, ROOT, credentials
from devkit.host import PluginHost
from devkit.llm_stub import StubProcess

STORES = ("postgres", "mariadb", "sqlite")
PAGE = ROOT / "docs" / "benchmarks" / "store.md"


def main() -> None:
    """Measure all stores in turn and write the page."""
    machine = this_machine()
    speeds = [_figures("bench.store", "--store", store) for store in STORES]
    histories = [_figures("bench.history", "--store", store) for store in STORES]
    with tempfile.TemporaryDirectory() as folder:
        dify = json.loads(_printed("tests.approvals.store.greenlets", folder, "20000"))
    sizes = _sizes()
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(_page(speeds, histories, dify, sizes, machine), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


def _figures(module: str, *arguments: str) -> dict[str, Any]:
    """What a benchmark prints as JSON in one of its lines."""
    lines = _printed(module, *arguments).splitlines()
    figures: dict[str, Any] = json.loads(next(line for line in lines if line.startswith("{")))
    return figures


def _printed(module: str, *arguments: str) -> str:
    print(f"{module} {' '.join(arguments)} …", file=sys.stderr)
    before, sys.argv = sys.argv, [module, *arguments]
    output = io.StringIO()
    try:
        with redirect_stdout(output):
            runpy.run_module(module, run_name="__main__")
    except SystemExit as ended:
        if ended.code:
            raise
    finally:
        sys.argv = before
    return output.getvalue()


def _page(
    speeds: Sequence[dict[str, Any]],
    histories: Sequence[dict[str, Any]],
    dify: dict[str, Any],
    sizes: Mapping[str, float],
    machine: dict[str, str],
) -> str:
    looks = [
        f"| {one['store']} | {name} | {took['first']} | {took['p50']} | {took['p95']} |"
        for one in speeds
        for name, took in one["look-ups"].items()
    ]
    rates = [
        f"| {one['store']} | {rate['processes']} x {rate['greenlets']} | {rate['per second']} "
        f"| {rate['p50']} | {rate['p95']} |"
        for one in speeds
        for rate in one["decisions"]
    ]
    told = [
        f"| {one['store']} | {one['events']:,} | {one['decisions']:,} | {one['killed processes']} "
        f"| {one['unanswered events']} | {one['seconds']} | {one['faults']} |"
        for one in histories
    ]
    return "\n".join(
        [
            "# Records: speed, and what survives",
            "",
            "Written by `make bench ARGS=records`. The servers run on the same machine with their default durability.",
            "",
            f"## Look-ups with {speeds[0]['open']:,} open requests, 100 of them due",
            "",
            "Asked for: `due` under 20 ms, the first page of a search under 50 ms.",
            "",
            "| store | look-up | first call, ms | p50 ms | p95 ms |",
            "|---|---|---|---|---|",
            *looks,
            "",
            "## Decisions",
            "",
            "Four on each request, each one load, one check and one write. Asked for: 400 a second on PostgreSQL.",
            "",
            "| store | processes x greenlets | a second | p50 ms | p95 ms |",
            "|---|---|---|---|---|",
            *rates,
            "",
            "## Histories",
            "",
            "Eight processes of four greenlets each send random events, repeats among them, to 200 requests, and are",
            "killed at random. A checker then holds the stores to what was answered: every version once, one final",
            "event for each request, every acknowledged event in its ledger once, every ledger verifies.",
            "",
            "| store | events | decisions | kills | unanswered | seconds | faults |",
            "|---|---|---|---|---|---|---|",
            *told,
            "",
            _dify_line(dify),
            "",
            *_size_lines(sizes),
            f"Measured: {', '.join(machine.values())}.",
            "",
        ]
    )


def _sizes() -> dict[str, float]:
    """Bytes of a decided request in Dify's storage, by how it was decided."""
    print("bench.record_bytes …", file=sys.stderr)
    with StubProcess(latency_ms=1, api_key=KEY) as stub:
        given = credentials(stub.base_url, KEY, 4)
        with PluginHost((sys.executable, "-m", "main"), cwd=ROOT, credentials=given) as plugin:
            return {name: bytes_of_decided(plugin, amount) for name, amount in AMOUNTS.items()}


def _size_lines(sizes: Mapping[str, float]) -> list[str]:
    return [
        "## Bytes in Dify's storage",
        "",
        (
            "A routine request, all of its keys and values together: record with ledger, lists, idempotency key. "
            "Policies are stored"
        ),
        "once for all requests. Asked for: at most 2,500.",
        "",
        "| decided | bytes |",
        "|---|---|",
        *(f"| {name} | {size:,.0f} |" for name, size in sizes.items()),
        "",
    ]


def _dify_line(dify: dict[str, Any]) -> str:
    events, decisions, deaths = (dify[name] for name in ("events", "decisions", "deaths"))
    return (
        "Dify's storage, one process with 64 greenlets, old answers and killed calls among them: "
        f"{events:,} events, {decisions:,} decisions, {deaths} calls killed, {len(dify['faults'])} faults."
    )


if __name__ == "__main__":
    main()
