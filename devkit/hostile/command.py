# SPDX-License-Identifier: Apache-2.0
"""`devkit hostile`: measures, and prints the table of the documents."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rich.console import Console

from devkit.hostile.report import Row, amounts_rows, attacks_rows, growth_rows, orders_rows, secrets_rows

PARTS: Final[Mapping[str, Callable[[], list[Row]]]] = {
    "attacks": attacks_rows,
    "orders": orders_rows,
    "amounts": amounts_rows,
    "growth": growth_rows,
    "secrets": secrets_rows,
}


def hostile(parts: Sequence[str]) -> int:
    """Measure these parts, or all, and print a Markdown table. Gives 1 when a row is not as it should be."""
    console = Console(soft_wrap=True, highlight=False, markup=False)
    rows = []
    started = time.monotonic()
    for name in parts or PARTS:
        rows += PARTS[name]()
    console.print("| what | measured | |\n| --- | --- | --- |")
    for row in rows:
        console.print(f"| {row.name} | {row.found} | {'ok' if row.as_it_should_be else 'NOT OK'} |")
    for row in rows:
        for detail in row.details:
            console.print(f"\n{row.name}: {detail}")
    console.print(f"\nMeasured in {time.monotonic() - started:.0f} s.")
    return 0 if all(row.as_it_should_be for row in rows) else 1
