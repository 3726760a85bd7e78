# SPDX-License-Identifier: Apache-2.0
"""What each replaced part of the SDK's channel brings: `make bench ARGS=channel`, into docs/benchmarks/channel.md.

In every round each variant (all parts but one, and the SDK untouched) runs beside the plugin with all its parts, each
in a new process. A figure is the median over the rounds of variant ÷ all parts in the same round.
"""

import argparse
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from approvals.dify.channel.plugin import ALL_PARTS, Part
from bench.figures import Figures
from bench.machine import this_machine
from bench.plan import DOCS, LATENCY_MS, TRIAL
from bench.plugin_load import OURS, hold
from bench.samples import KEY, ROOT, credentials, parameters, routine_purchases
from devkit.host import PluginHost
from devkit.llm_stub import StubProcess

_WARM_UP_SECONDS = 1.0
_ALL = "all parts"
_VARIANTS: dict[str, Part] = {
    _ALL: ALL_PARTS,
    "without the writer of frames": ALL_PARTS & ~Part.WRITER,
    "without reverse calls": ALL_PARTS & ~Part.REVERSE_CALLS,
    "tool calls by way of the SDK's queue and pool": ALL_PARTS & ~Part.TOOL_CALLS,
    "stdin read in a thread": ALL_PARTS & ~Part.READING,
    "the collector looks at everything": ALL_PARTS & ~Part.FROZEN_MODULES,
    "the SDK untouched": Part(0),
}


def measure(rounds: int, seconds: float, in_flight: Sequence[int]) -> dict[str, dict[int, list[Figures]]]:
    """Figures of every round, by variant and calls in flight."""
    asked = [parameters(purchase) for purchase in routine_purchases()]
    found: dict[str, dict[int, list[Figures]]] = {name: {n: [] for n in in_flight} for name in _VARIANTS}
    with StubProcess(latency_ms=LATENCY_MS, api_key=KEY) as stub:
        for number in range(rounds):
            # Every other round backwards, so that no variant always has the same neighbour.
            for name, parts in list(_VARIANTS.items())[:: 1 if number % 2 == 0 else -1]:
                print(f"round {number + 1} of {rounds}: {name}", flush=True)
                command = (
                    sys.executable,
                    "-m",
                    "bench.channel_plugin",
                    ",".join(p.name or "" for p in parts),
                )
                with PluginHost(command, cwd=ROOT) as host:
                    for n in in_flight:
                        given = credentials(stub.base_url, KEY, max(in_flight))
                        hold(host, OURS, asked, given, in_flight=n, seconds=_WARM_UP_SECONDS)
                        raw = hold(host, OURS, asked, given, in_flight=n, seconds=seconds)
                        found[name][n].append(Figures.of(raw))
    return found


def page(found: dict[str, dict[int, list[Figures]]], rounds: int, seconds: float) -> str:
    """The page, in Markdown."""
    in_flight = list(found[_ALL])
    counts = " | ".join(f"requests/s at {n} | CPU at {n}" for n in in_flight)
    rows = [f"| variant ÷ all parts | {counts} |", f"|---|{'---|' * (2 * len(in_flight))}"]
    for name, cells in found.items():
        if name == _ALL:
            continue
        ratios = []
        for n in in_flight:
            pairs = list(zip(cells[n], found[_ALL][n], strict=True))
            ratios.append(f"{statistics.median(a.per_second / b.per_second for a, b in pairs):.2f}")
            ratios.append(f"{statistics.median(a.cpu_ms / b.cpu_ms for a, b in pairs):.2f}")
        rows.append(f"| {name} | {' | '.join(ratios)} |")
    machine = this_machine()
    how = (
        f"Measured by `make bench ARGS=channel` on {machine['date']}, {machine['cpu']}, {machine['versions']}. "
        f"{rounds} rounds; in each, every variant runs {seconds:g} s at each number of calls in flight, against a "
        f"loopback endpoint of {LATENCY_MS:g} ms. A figure is the median of the rounds' ratios. A part stays while "
        "leaving it out costs 10 % or more of the requests per second or of the CPU time of a call."
    )
    return "\n".join(["# What the parts of the channel bring", "", how, "", *rows, ""])


def main() -> None:
    """Measure and write the page. BENCH_QUICK=1 is a trial that leaves the docs alone."""
    quick = os.environ.get("BENCH_QUICK") == "1"
    parser = argparse.ArgumentParser(prog="python -m bench channel", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1 if quick else 7)
    parser.add_argument("--seconds", type=float, default=0.5 if quick else 2.0)
    asked = parser.parse_args()
    found = measure(asked.rounds, asked.seconds, (100,) if quick else (10, 100))
    text = page(found, asked.rounds, asked.seconds)
    folder: Path = TRIAL if quick else DOCS
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "channel.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
