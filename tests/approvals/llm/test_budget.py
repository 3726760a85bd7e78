# SPDX-License-Identifier: Apache-2.0
"""Calls stop at the day's budget, whatever they turn out to cost, and what is not known never counts as nothing."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.errors import ApprovalError, ErrorCode
from approvals.llm import (
    ChatMessage,
    ChatReply,
    ChatRequest,
    Deadline,
    FailureKind,
    LlmError,
    Prices,
    Spend,
    TokenUsage,
)
from approvals.llm.budget import NANO, BudgetedCalls, Taken
from approvals.llm.pricing import ModelPrice
from approvals.telemetry import CallMetrics
from tests.approvals.llm.callers import StillClock

PRICE = ModelPrice(input=Decimal(100), output=Decimal(1000))  # USD per million: a call is estimated at 0.51
ESTIMATE = Decimal("0.51")


class Counter:
    """A `SpendCounter` in a dictionary."""

    def __init__(self) -> None:
        self.days: dict[date, int] = {}
        self.away = False

    def take(self, day: date, amount: int, limit: int) -> Taken:
        self._look()
        total = self.days.get(day, 0)
        if total + amount > limit:
            return Taken(counted=False, total=total)
        self.days[day] = total + amount
        return Taken(counted=True, total=total + amount)

    def correct(self, day: date, difference: int) -> int:
        self._look()
        self.days[day] = self.days.get(day, 0) + difference
        return self.days[day]

    def _look(self) -> None:
        if self.away:
            raise ApprovalError(ErrorCode.STORE_UNAVAILABLE, "the store could not count: away")


class Model:
    """Costs what it is told to, or fails with that cost."""

    def __init__(self, *outcomes: Spend | LlmError) -> None:
        self.outcomes = list(outcomes)
        self.calls = 0

    def complete(self, request: ChatRequest, deadline: Deadline) -> ChatReply:
        self.calls += 1
        outcome = self.outcomes.pop(0) if self.outcomes else cost("0.01")
        if isinstance(outcome, LlmError):
            raise outcome
        return ChatReply("{}", request.model, outcome, 1)


def cost(usd: str) -> Spend:
    return Spend.priced_attempt(TokenUsage(1, 1), Decimal(usd))


def failed(spend: Spend) -> LlmError:
    return LlmError(FailureKind.TIMEOUT, ErrorCode.MODEL_UNAVAILABLE, "gone", spend)


class World:
    """A budget of so many dollars a day over a scripted model."""

    def __init__(self, limit: str, *outcomes: Spend | LlmError) -> None:
        self.clock, self.counter, self.model = StillClock(), Counter(), Model(*outcomes)
        self.metrics = CallMetrics()
        self.calls = BudgetedCalls(
            self.model,
            self.counter,
            limit_usd=Decimal(limit),
            prices=Prices({"m": PRICE}),
            clock=self.clock,
            metrics=self.metrics,
        )

    def ask(self, model: str = "m") -> str:
        """Gives "ok", or the code of the error."""
        request = ChatRequest(model, (ChatMessage("user", "x" * 300),), None, 500, "r-1")
        try:
            self.calls.complete(request, Deadline(self.clock, 10))
        except LlmError as error:
            self.message = error.message
            return error.code.value
        return "ok"

    @property
    def spent(self) -> Decimal:
        return Decimal(self.counter.days.get(self.clock.now().date(), 0)) / NANO


def test_a_call_counts_as_what_it_cost() -> None:
    world = World("1", cost("0.02"), cost("0.30"))

    assert [world.ask(), world.ask()] == ["ok", "ok"]
    assert world.spent == Decimal("0.32")


def test_calls_stop_when_the_budget_may_not_suffice_and_go_on_the_next_day() -> None:
    world = World("1", cost("0.50"))

    assert [world.ask(), world.ask()] == ["ok", "budget_exceeded"]
    assert world.model.calls == 1
    assert (
        "daily_budget_usd is 1 USD: 0.5000 are spent today (UTC), and this call may cost 0.5100"
        in world.message
    )
    assert "go on at 2026-03-02T00:00:00Z" in world.message

    world.clock.sleep(timedelta(hours=12).total_seconds())
    assert world.ask() == "ok"
    assert world.spent == Decimal("0.01")


def test_a_call_over_midnight_counts_on_the_day_it_began() -> None:
    world = World("1")
    began = world.clock.now().date()
    world.model.complete = lambda *_: (  # type: ignore[method-assign]
        world.clock.sleep(timedelta(hours=12).total_seconds()) or ChatReply("{}", "m", cost("0.02"), 1)  # type: ignore[func-returns-value]
    )
    world.ask()

    assert world.counter.days == {began: 20_000_000}


@pytest.mark.parametrize(
    ("spend", "counted"),
    [
        (Spend.free_attempt(), "0"),
        (Spend.none(), "0"),
        (Spend.unknown_attempt(), "0.51"),
        (Spend.unknown_attempt() + Spend.unknown_attempt(), "1.02"),
        (cost("0.02") + Spend.unknown_attempt(), "1.04"),
    ],
)
def test_what_is_not_known_counts_as_the_estimate_of_every_attempt(spend: Spend, counted: str) -> None:
    world = World("5", failed(spend))

    assert world.ask() == "model_unavailable"
    assert world.spent == Decimal(counted)


def test_a_model_whose_price_nobody_knows_is_not_asked() -> None:
    world = World("1")

    assert world.ask("no-such-model") == "budget_exceeded"
    assert world.model.calls == 0
    assert "nobody knows what model 'no-such-model' costs" in world.message
    assert "setting prices" in world.message


def test_where_nothing_can_be_counted_nothing_is_spent() -> None:
    world = World("1")
    world.counter.away = True

    assert world.ask() == "budget_exceeded"
    assert world.model.calls == 0
    assert "cannot be looked up" in world.message


def test_what_cannot_be_put_right_stays_counted_as_estimated() -> None:
    world = World("1", cost("0.02"))
    take = world.counter.take

    def take_and_go_away(day: date, amount: int, limit: int) -> Taken:
        taken = take(day, amount, limit)
        world.counter.away = True
        return taken

    world.counter.take = take_and_go_away  # type: ignore[method-assign]

    assert world.ask() == "ok"
    assert world.spent == ESTIMATE


def test_the_metrics_tell_the_budget_what_is_spent_and_what_was_refused() -> None:
    world = World("0.52", cost("0.50"))
    world.ask()
    world.ask()

    shown = world.metrics.text()
    assert "approvals_budget_limit_usd 0.52" in shown
    assert "approvals_budget_spent_usd 0.5" in shown
    assert "approvals_budget_refused_calls_total 1.0" in shown
    assert "approvals_budget" not in CallMetrics().text()


@given(
    st.lists(
        st.tuples(
            st.decimals(0, 1, places=6), st.booleans(), st.sampled_from(["answered", "failed", "lost"])
        ),
        max_size=40,
    ),
    st.decimals("0.01", 20, places=2),
)
def test_known_costs_are_never_counted_too_low_and_no_call_begins_over_the_limit(
    calls: list[tuple[Decimal, bool, str]], limit: Decimal
) -> None:
    spends = [cost(str(usd)) if known else Spend.unknown_attempt() for usd, known, _ in calls]
    outcomes = [
        spend if how == "answered" else failed(spend)
        for spend, (_, _, how) in zip(spends, calls, strict=True)
    ]
    world = World(str(limit), *outcomes)
    floor = Decimal(0)
    for spend in spends:
        before, made = world.spent, world.model.calls
        answer = world.ask()
        if world.model.calls > made:
            assert before + ESTIMATE <= limit
            floor += spend.cost_usd if spend.cost_known else ESTIMATE
        else:
            assert answer == "budget_exceeded"
            assert before + ESTIMATE > limit
            break
        assert world.spent == floor
