# SPDX-License-Identifier: Apache-2.0
from dataclasses import asdict, replace
from typing import Any

import pytest

from bench.workflows_page import Measured, page, verdicts

GOOD = Measured("approval.yml", 502, 0.007, 175_000, 0.18, 0.12)
STRAIGHT = Measured("deadline_sweep.yml", 1, 0.0, 0, 0.05, None)
MACHINE = {"date": "2026-11-29 08:23 UTC", "cpu": "2 cores", "load": "2.3", "system": "Linux"}


def results(*rows: Measured, before: tuple[Measured, ...] = ()) -> dict[str, Any]:
    part = {"machine": MACHINE, "engine": "graphon 0.8.0"}
    found: dict[str, Any] = {"now": {**part, "rows": [asdict(row) for row in rows], "rounds": 7}}
    if before:
        found["before"] = {**part, "rows": [asdict(row) for row in before], "commit": "0182041"}
    return found


def test_the_worst_file_is_held_against_each_bound() -> None:
    assert [one.is_met for one in verdicts(results(GOOD, STRAIGHT))] == [True, True, True]


@pytest.mark.parametrize(
    ("change", "number"),
    [({"paths": 1_501}, 0), ({"filter_seconds": 0.11}, 1), ({"pause_bytes": 1_200_000}, 2)],
)
def test_one_file_beyond_a_bound_misses_it(change: dict[str, Any], number: int) -> None:
    found = verdicts(results(STRAIGHT, replace(GOOD, **change)))

    assert [one.is_met for one in found] == [place != number for place in range(3)]
    assert "**not met**" in page(results(replace(GOOD, **change)))


def test_each_file_stands_beside_what_it_was() -> None:
    old = replace(
        GOOD,
        paths=81_654,
        filter_seconds=1.397,
        pause_bytes=53_380_000,
        start_seconds=1.66,
        click_seconds=0.97,
    )

    shown = page(results(GOOD, STRAIGHT, before=(old,)))

    assert (
        "| approval.yml | 502 (81,654) | 0.007 (1.397) | 175 (53,380) | 0.18 (1.66) | 0.12 (0.97) |" in shown
    )
    assert "| deadline_sweep.yml | 1 | 0.000 | – | – | – |" in shown
    assert "Before: commit 0182041" in shown
