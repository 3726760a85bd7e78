# SPDX-License-Identifier: Apache-2.0
"""`python -m bench [what …]`: measures, and writes docs/benchmarks. Without a word, everything.

What was not asked for keeps the results of its last run. BENCH_QUICK=1 is a trial of half a minute that leaves
the docs alone.
"""

import argparse
import sys
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import report
from bench.cost import measure_cost
from bench.inference import Section, measure_clients, measure_plugins
from bench.limiter import measure_limiter
from bench.machine import this_machine
from bench.plan import Plan, plan
from bench.targets import verdicts

Measure = Callable[[Plan, Progress], Section]

SECTIONS: dict[str, Measure] = {
    "clients": measure_clients,
    "plugins": measure_plugins,
    "limiter": measure_limiter,
    "cost": measure_cost,
}
WORDS = {"all": tuple(SECTIONS), "inference": ("clients", "plugins"), **{name: (name,) for name in SECTIONS}}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; 0 when every target that was measured is met, else 1."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="*", help=f"any of {', '.join(WORDS)}")
    words = parser.parse_args(arguments).what or ["all"]
    if unknown := set(words) - set(WORDS):
        parser.error(f"{', '.join(sorted(unknown))}: not among {', '.join(WORDS)}")
    wanted = {name for word in words for name in WORDS[word]}
    console, chosen = Console(), plan()
    results = report.read(chosen.folder)
    columns = (TextColumn("{task.description:<40}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        for name, measure in SECTIONS.items():
            if name in wanted:
                told = this_machine()
                results[name] = {**measure(chosen, progress), "machine": told}
    page = report.write(results, chosen.folder)
    console.print(Markdown(page.read_text(encoding="utf-8")))
    return 0 if all(verdict.is_met for verdict in verdicts(results)) else 1


if __name__ == "__main__":
    sys.exit(main())
