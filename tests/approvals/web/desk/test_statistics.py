# SPDX-License-Identifier: Apache-2.0
from decimal import Decimal
from typing import Any

from approvals.domain.terms import Level, State
from approvals.web.desk.approvals import Decided, Summary
from approvals.web.desk.charts import LEAST, WIDTH, bars
from approvals.web.desk.statistics import figures_of


def a_summary(*decisions: tuple[str, str, float], **changes: Any) -> Summary:
    """An approved purchase of 100 USD from Acme, changed as asked."""
    given: dict[str, Any] = {
        "request_id": "r", "state": State.APPROVED, "vendor": "Acme", "amount": "100", "currency": "USD",
        "risk_level": "low", "created_at": "2026-03-02T09:00:00Z", "updated_at": "2026-03-02T09:00:00Z",
        "cost_usd": 0.0001, "cost_known": True,
        "decisions": [Decided(event=event, level=level, seconds=seconds) for event, level, seconds in decisions],
    }  # fmt: skip
    return Summary(**{**given, **changes})


FOUND = [
    a_summary(("approve", "manager", 60)),
    a_summary(
        ("approve", "manager", 5), ("approve", "director", 7_200), risk_level="high", amount="900", vendor="Brio"
    ),
    a_summary(("reject", "manager", 20), state=State.REJECTED, risk_level="high"),
    a_summary(amount="50", currency="EUR", created_at="2026-02-01T09:00:00Z", cost_usd="", cost_known=False),
    a_summary(state=State.UNDER_REVIEW, amount="", risk_level=""),
]  # fmt: skip
FIGURES = figures_of(FOUND)


def test_spend_is_counted_for_what_was_approved_by_the_level_that_signed_last() -> None:
    usd, eur = FIGURES.spend

    assert (usd.currency, usd.total) == ("USD", 1_000)
    assert list(usd.by_level) == [("director", Decimal(900)), ("manager", Decimal(100))]
    assert list(usd.by_vendor) == [("Brio", Decimal(900)), ("Acme", Decimal(100))]
    assert (eur.currency, list(eur.by_level)) == ("EUR", [("", Decimal(50))])


def test_each_level_is_told_how_it_decides() -> None:
    manager, director = FIGURES.reading[:2]

    assert (manager.level, manager.decisions, manager.approved, manager.seconds) == (Level.MANAGER, 3, 2, 20)
    assert (manager.high_risk, manager.at_a_glance) == (2, 1)
    assert (director.decisions, director.seconds, director.at_a_glance) == (1, 7_200, 0)


def test_times_risks_and_costs_are_counted() -> None:
    assert list(FIGURES.within) == [3, 1, 0, 0, 0]
    assert [(one.risk, one.requests, one.decided, one.approved) for one in FIGURES.risk] == [
        ("high", 2, 2, 1), ("medium", 0, 0, 0), ("low", 2, 2, 2), ("", 1, 0, 0),
    ]  # fmt: skip
    assert [(one.month, one.requests, one.unknown) for one in FIGURES.months] == [
        ("2026-02", 1, 1),
        ("2026-03", 4, 0),
    ]
    assert (FIGURES.requests, FIGURES.decided, FIGURES.approved, FIGURES.cost_known) == (5, 4, 3, 4)


def test_of_nothing_there_are_no_figures_and_no_error() -> None:
    figures = figures_of([])
    assert (figures.requests, figures.seconds, list(figures.spend), list(figures.months)) == (0, None, [], [])


def test_many_suppliers_are_told_together() -> None:
    (spend,) = figures_of([a_summary(vendor=f"v{n}", amount=str(n)) for n in range(1, 13)]).spend
    assert (len(spend.by_vendor), spend.others) == (8, 1 + 2 + 3 + 4)


def test_the_largest_amount_has_the_whole_width_and_the_smallest_can_be_seen() -> None:
    chart = bars([("a", "", 1_000_000), ("b", "", 1), ("c", "", 0)], [500_000, 1, 0])
    assert [(bar.length, bar.filled) for bar in chart.bars] == [(WIDTH, WIDTH / 2), (LEAST, LEAST), (0, 0)]
