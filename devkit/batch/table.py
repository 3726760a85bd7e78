# SPDX-License-Identifier: Apache-2.0
"""The CSV with the analyses: every column of the file as it was, and what was found beside it."""

import csv
from pathlib import Path

from devkit.batch.run import Outcome

_ANALYSIS = (
    "status",
    "request_id",
    "risk_level",
    "suggested_level",
    "stages",
    "reason",
    "checks",
    "auto_approve_eligible",
    "confidence",
    "summary",
    "flags",
    "tokens_used",
    "cost_usd",
    "error_code",
    "error_message",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_table(outcome: Outcome, file: Path) -> None:
    """One line for each row, in their order."""
    originals = list(dict.fromkeys(str(name) for row in outcome.rows for name in row.original))
    taken = {name: f"analysis_{name}" if name in originals else name for name in _ANALYSIS}
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, [*originals, *taken.values()])
        writer.writeheader()
        for row, result in zip(outcome.rows, outcome.results, strict=True):
            told = {**result, "checks": [finding["code"] for finding in result["findings"]]}
            found = {column: _cell(told.get(name, "")) for name, column in taken.items()}
            writer.writerow({**row.original, **found})


def _cell(value: object) -> object:
    """A value as a cell; what a model wrote must not be a formula in somebody's spreadsheet."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
