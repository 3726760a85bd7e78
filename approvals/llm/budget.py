# SPDX-License-Identifier: Apache-2.0
"""A budget of US dollars a day: a call's estimate is counted before it is made, and put right by what it cost.

Whatever is not known counts as the estimate, never as nothing. The day is UTC's.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Final, Protocol

from approvals.clock import Clock
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.llm.chat import ChatReply, ChatRequest, Spend, TokenUsage, estimate_tokens
from approvals.llm.deadline import Deadline
from approvals.llm.failures import FailureKind, LlmError
from approvals.llm.pricing import Prices
from approvals.telemetry import CallMetrics, get_logger

NANO: Final = 1_000_000_000
"""Counters hold whole billionths of a dollar, which every store adds up exactly. One token may cost 10."""
_WARN_AT: Final = Decimal("0.8")

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a counter answered: whether the amount was counted, and what stands there now, in billionths."""

    counted: bool
    total: int


class SpendCounter(Protocol):
    """What was spent on each day, kept where a restart does not forget it. Amounts in billionths of a dollar.

    Both methods raise `store_unavailable`.
    """

    def take(self, day: date, amount: int, limit: int) -> Taken:
        """Count `amount`, unless the day's total would pass `limit`."""
        ...

    def correct(self, day: date, difference: int) -> int:
        """Add to a day's total, or take away; the total."""
        ...


class CallClient(Protocol):
    """What a call goes through."""

    def complete(self, request: ChatRequest, deadline: Deadline) -> ChatReply:
        """One answered call. Raises `LlmError` with what was spent on the way."""
        ...


class BudgetedCalls:
    """A client whose calls stop when the day's budget is spent, and go on with the next day.

    Safe to share between greenlets as far as its parts are.
    """

    def __init__(
        self,
        client: CallClient,
        counter: SpendCounter,
        *,
        limit_usd: Decimal,
        prices: Prices,
        clock: Clock,
        metrics: CallMetrics,
    ) -> None:
        self._client = client
        self._counter = counter
        self._limit = _nano(limit_usd)
        self._limit_usd = limit_usd
        self._prices = prices
        self._clock = clock
        self._metrics = metrics

    def complete(self, request: ChatRequest, deadline: Deadline) -> ChatReply:
        """The client's answer. Raises `LlmError`, with `budget_exceeded` and nothing sent where the budget is spent."""
        estimate = self._estimate(request)
        day = self._clock.now().date()
        self._take(day, estimate)
        try:
            reply = self._client.complete(request, deadline)
        except LlmError as failure:
            self._settle(day, estimate, failure.spend)
            raise
        self._settle(day, estimate, reply.spend)
        return reply

    def _estimate(self, request: ChatRequest) -> int:
        """The most that one attempt can cost, by the price of its model."""
        prompt = sum(estimate_tokens(message.content) for message in request.messages)
        cost = self._prices.cost(request.model, TokenUsage(prompt, request.max_output_tokens), None)
        if cost is None:
            raise self._refused(
                f"daily_budget_usd is set, and nobody knows what model {shown(request.model)} costs, so that it cannot "
                "be counted. Nothing was sent, and a person decides. Write its price into the setting prices, or "
                "choose another model"
            )
        return _nano(cost)

    def _take(self, day: date, estimate: int) -> None:
        try:
            taken = self._counter.take(day, estimate, self._limit)
        except ApprovalError as error:
            raise self._refused(
                f"what was spent of daily_budget_usd cannot be looked up, so that nothing was sent ({error.message}). "
                "A person decides"
            ) from None
        self._tell(taken.total, estimate if taken.counted else 0)
        if not taken.counted:
            spent, most = _usd(taken.total), _usd(estimate)
            raise self._refused(
                f"daily_budget_usd is {self._limit_usd:f} USD: {spent} are spent today (UTC), and this call may cost "
                f"{most}. Nothing was sent, and a person decides. Analyses go on at {_next_day(day)}; "
                "replay_dead_letters then makes up for this one. Raise daily_budget_usd to go on now"
            )

    def _settle(self, day: date, estimate: int, spend: Spend) -> None:
        """Put right what was counted. What a store does not take stays counted as the estimate."""
        cost = _nano(spend.cost_usd)
        if not spend.cost_known:
            cost += estimate * max(spend.attempts, 1)
        if cost == estimate:
            return
        try:
            self._tell(self._counter.correct(day, cost - estimate), cost - estimate)
        except ApprovalError as error:
            _log.warning("budget_not_settled", error=error.message)

    def _tell(self, total: int, added: int) -> None:
        self._metrics.budget(self._limit_usd, Decimal(total) / NANO)
        mark = self._limit * _WARN_AT
        if total - added < mark <= total:
            _log.warning(
                "budget_nearly_spent", spent_usd=_usd(total), daily_budget_usd=f"{self._limit_usd:f}"
            )

    def _refused(self, message: str) -> LlmError:
        self._metrics.budget_refused()
        return LlmError(FailureKind.DAILY_BUDGET, ErrorCode.BUDGET_EXCEEDED, message, Spend.none())

    def __repr__(self) -> str:
        return f"BudgetedCalls({self._limit_usd:f} USD a day)"


def _nano(usd: Decimal) -> int:
    return int((usd * NANO).to_integral_value(ROUND_CEILING))


def _usd(nano: int) -> str:
    """To the hundredth of a cent, for messages."""
    return f"{Decimal(nano) / NANO:.4f}"


def _next_day(day: date) -> str:
    return datetime.combine(day + timedelta(days=1), time()).isoformat() + "Z"
