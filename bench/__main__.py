# SPDX-License-Identifier: Apache-2.0
"""`python -m bench [what …]`: measures, and writes docs/benchmarks. Without a word: speed, limits and cost.

What was not asked for keeps the results of its last run. BENCH_QUICK=1 is a trial of half a minute that leaves
the docs alone. `checks`, `store`, `start`, `history`, `batch`, `records`, `channel`, `neighbours` and
`workflows` are programs of their own, which take the words that follow.
"""

import argparse
import runpy
import sys
from collections.abc import Callable, Collection, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import report
from bench.cost import measure_cost
from bench.inference import Section, measure_clients, measure_plugins
from bench.limiter import measure_limiter
from bench.machine import this_machine
from bench.overhead import measure_overhead
from bench.plan import Plan, plan
from bench.samples import ROOT
from bench.targets import verdicts

Measure = Callable[[Plan, Progress], Section]

SECTIONS: dict[str, Measure] = {
    "clients": measure_clients,
    "plugins": measure_plugins,
    "overhead": measure_overhead,
    "limiter": measure_limiter,
    "cost": measure_cost,
}
WORDS = {
    "all": tuple(SECTIONS),
    "inference": ("clients", "plugins", "overhead"),
    **{name: (name,) for name in SECTIONS},
}


PROGRAMS = ("checks", "store", "start", "history", "batch", "records", "channel", "neighbours", "workflows")


def main(arguments: Sequence[str]) -> None:
    """Measure what is asked for."""
    if arguments and arguments[0] in PROGRAMS:
        sys.argv = list(arguments)
        runpy.run_module(f"bench.{arguments[0]}", run_name="__main__")
        return
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="*", help=f"any of {', '.join(WORDS)}; or one of {', '.join(PROGRAMS)}")
    words = parser.parse_args(arguments).what or ["all"]
    if unknown := set(words) - set(WORDS):
        parser.error(f"{', '.join(sorted(unknown))}: not among {', '.join(WORDS)}")
    measure_and_write({name for word in words for name in WORDS[word]})


def measure_and_write(wanted: Collection[str]) -> None:
    """Measure these sections, and write them down beside those that were measured before."""
    console, chosen = Console(), plan()
    results = report.read(chosen.folder)
    columns = (TextColumn("{task.description:<40}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        for name, measure in SECTIONS.items():
            if name in wanted:
                told = this_machine()
                results[name] = {**measure(chosen, progress), "machine": told}
    page = report.write(results, chosen.folder)
    console.print(page.read_text(encoding="utf-8"), markup=False, highlight=False, soft_wrap=True)
    missed = sum(not verdict.is_met for verdict in verdicts(results))
    console.print(f"Written to {page.parent.relative_to(ROOT)}. Targets that were missed: {missed}.")


if __name__ == "__main__":
    main(sys.argv[1:])
