# SPDX-License-Identifier: Apache-2.0
"""What is typed at the demo's prompt, and its table at every usual width."""

from decimal import Decimal

import pytest
from rich.console import Console

from devkit.demo.play import Played
from devkit.demo.scenario import read_cases
from devkit.demo.show import chosen, results

CHOICES = ["approve", "reject", "escalate", "return", "nobody"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("a", "approve"), ("approve", "approve"), ("APPROVE", "approve"), (" Rej ", "reject"), ("", "escalate")],
)
def test_a_choice_is_typed_in_any_way(typed: str, meant: str) -> None:
    assert chosen(typed, CHOICES, "escalate") == meant


@pytest.mark.parametrize("typed", ["re", "x", "approved"])
def test_what_is_none_or_two_of_them_is_asked_again(typed: str) -> None:
    assert chosen(typed, CHOICES, "escalate") == ""


@pytest.mark.parametrize("columns", [60, 80, 100, 130, 200])
def test_no_amount_is_cut_at_any_width(columns: int) -> None:
    played = [
        Played(
            case=case,
            path=("pending", "under_review @manager", "escalated @director", "approved"),
            outputs={"state": "approved", "risk_level": "medium", "approver_level": "manager"},
            tokens=400,
            cost_usd=0.0002,
            seconds=1.0,
        )
        for case in read_cases()
    ]
    console = Console(width=columns, record=True, file=None)
    with console.capture() as capture:
        console.print(results(played, columns))
    printed = capture.get()

    assert all(f"{one.case.amount:,.2f}" in printed for one in played)
    assert f"{sum((one.case.amount for one in played), Decimal(0)):,.2f}" in printed
    assert max(map(len, printed.splitlines())) <= columns
