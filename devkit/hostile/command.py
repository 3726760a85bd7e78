# SPDX-License-Identifier: Apache-2.0
"""`devkit hostile`: measures, and prints the table of the documents."""

import multiprocessing
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from rich.console import Console

from devkit.hostile.report import (
    Row,
    amounts_rows,
    attacks_rows,
    orders_rows,
    parsers_rows,
    patterns_rows,
    secrets_rows,
)

PARTS: Final[Mapping[str, Sequence[Callable[[], list[Row]]]]] = {
    "attacks": [attacks_rows],
    "orders": [orders_rows],
    "amounts": [amounts_rows],
    "growth": [patterns_rows, parsers_rows],
    "secrets": [secrets_rows],
}


def hostile(parts: Sequence[str]) -> int:
    """Measure these parts, or all, and print a Markdown table. Gives 1 when a row is not as it should be."""
    console = Console(soft_wrap=True, highlight=False, markup=False)
    started = time.monotonic()
    rows = _measured([measure for name in parts or PARTS for measure in PARTS[name]])
    console.print("| what | measured | |\n| --- | --- | --- |")
    for row in rows:
        console.print(f"| {row.name} | {row.found} | {'ok' if row.as_it_should_be else 'NOT OK'} |")
    for row in rows:
        for detail in row.details:
            console.print(f"\n{row.name}: {detail}")
    console.print(f"\nMeasured in {time.monotonic() - started:.0f} s.")
    return 0 if all(row.as_it_should_be for row in rows) else 1


def _measured(measures: Sequence[Callable[[], list[Row]]]) -> list[Row]:
    """The rows of all, in this order, measured on as many cores as there are: time is CPU time."""
    processes = min(len(measures), os.cpu_count() or 1)
    # A process that starts anew has no threads of this one, which a forked one would wait for.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        return [row for rows in pool.map(_rows_of, measures) for row in rows]


def _rows_of(measure: Callable[[], list[Row]]) -> list[Row]:
    return measure()
