# SPDX-License-Identifier: Apache-2.0
"""Counts and times for one credential, as Prometheus reads them. One registry each: no workspace sees another's.

Counted in plain numbers and put into prometheus-client's words when somebody asks: its own counters take three
functions and a lock for every one of the ten that a call changes.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import accumulate
from threading import Lock
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

ANSWERED: Final = "answered"
OTHER_MODELS: Final = "(other)"
"""What counts the models beyond `MOST_MODELS`: a builder may name any, and memory must not grow with them."""
MOST_MODELS: Final = 256

_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 240.0)
_OVERHEAD_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class _Times:
    """How many took up to so many seconds, by these bounds, and how long they took together."""

    __slots__ = ("_bounds", "_counts", "total")

    def __init__(self, bounds: tuple[float, ...] = _SECONDS) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self.total += seconds

    def buckets(self) -> list[tuple[str, float]]:
        return list(zip((*map(str, self._bounds), "+Inf"), accumulate(self._counts), strict=True))


@dataclass(slots=True)
class _Model:
    """The counts of one model."""

    in_flight: int = 0
    wait: _Times = field(default_factory=_Times)
    calls: dict[str, _Times] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    unpriced: int = 0


class CallMetrics(Collector):
    """What happened to the calls of one credential to its models."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._models: dict[str, _Model] = {}
        self._fallbacks = 0
        self._budget: tuple[Decimal, Decimal] | None = None
        self._budget_refusals = 0
        self._openness: dict[str, float] = {}
        self._overhead = _Times(_OVERHEAD_SECONDS)
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def _of(self, model: str) -> _Model:
        found = self._models.get(model)
        if found is None:
            name = model if len(self._models) < MOST_MODELS else OTHER_MODELS
            found = self._models.setdefault(name, _Model())
        return found

    def started(self, model: str) -> None:
        """A call began."""
        with self._lock:
            self._of(model).in_flight += 1

    def attempted(self, model: str, outcome: str, waited: float) -> None:
        """An attempt ended after `waited` seconds of waiting; `outcome` is `answered` or the kind of failure."""
        with self._lock:
            of = self._of(model)
            of.wait.observe(waited)
            of.attempts[outcome] = of.attempts.get(outcome, 0) + 1

    def finished(  # noqa: PLR0913 - a call has this many sides
        self,
        model: str,
        outcome: str,
        seconds: float,
        *,
        prompt_tokens: int,
        completion_tokens: int,
        cost_usd: float,
        cost_known: bool,
    ) -> None:
        """A call ended."""
        with self._lock:
            of = self._of(model)
            of.in_flight -= 1
            if outcome not in of.calls:
                of.calls[outcome] = _Times()
            of.calls[outcome].observe(seconds)
            of.prompt_tokens += prompt_tokens
            of.completion_tokens += completion_tokens
            of.cost_usd += cost_usd
            of.unpriced += not cost_known

    def breaker(self, model: str, openness: float) -> None:
        """The state of a model's breaker: 0 closed, 0.5 half-open, 1 open."""
        self._openness[model] = openness

    def limiter_alone(self, *, alone: bool) -> None:
        """Redis went away, and this process counts an equal share by itself; or it came back."""
        self._fallbacks += alone

    def budget(self, limit_usd: Decimal, spent_usd: Decimal) -> None:
        """The day's budget, and what is counted as spent of it."""
        self._budget = limit_usd, spent_usd

    def budget_refused(self) -> None:
        """A call was not made, because the day's budget does not allow it."""
        self._budget_refusals += 1

    def overhead(self, seconds: float) -> None:
        """An analysis took so many seconds besides its waits for the model and the rate limit."""
        with self._lock:
            self._overhead.observe(seconds)

    def collect(self) -> Iterator[Metric]:
        """Everything, as prometheus-client wants it."""
        with self._lock:
            yield from _families(self._models)
            overhead = HistogramMetricFamily(
                "approvals_analysis_overhead_seconds",
                "Seconds of an analysis that were spent neither at the model nor waiting for the rate limit.",
            )
            overhead.add_metric((), self._overhead.buckets(), self._overhead.total)
            yield overhead
        fallbacks = "Times that the shared limiter was lost."
        yield CounterMetricFamily("approvals_limiter_fallbacks", fallbacks, self._fallbacks)
        yield from self._budget_families()
        openness = GaugeMetricFamily(
            "approvals_llm_breaker_open", "1 open, 0.5 half-open, 0 closed.", labels=("model",)
        )
        for model, value in list(self._openness.items()):
            openness.add_metric((model,), value)
        yield openness

    def _budget_families(self) -> Iterator[Metric]:
        """What a daily budget comes to; nothing where there is none."""
        if self._budget is None:
            return
        limit, spent = map(float, self._budget)
        yield GaugeMetricFamily("approvals_budget_limit_usd", "US dollars a day that may be spent.", limit)
        counted = "US dollars that are counted as spent on the day (UTC) of the last call."
        yield GaugeMetricFamily("approvals_budget_spent_usd", counted, spent)
        refused = "Calls that the day's budget did not allow."
        yield CounterMetricFamily("approvals_budget_refused_calls", refused, self._budget_refusals)

    def text(self) -> str:
        """The metrics in Prometheus's text format."""
        return generate_latest(self._registry).decode()


def _families(models: dict[str, _Model]) -> list[Metric]:
    by_outcome, by_model = ("model", "outcome"), ("model",)
    calls = HistogramMetricFamily(
        "approvals_llm_call_seconds", "Seconds that a call took, retries included.", labels=by_outcome
    )
    waits = HistogramMetricFamily(
        "approvals_llm_wait_seconds",
        "Seconds that an attempt waited for the limiter and a lane.",
        labels=by_model,
    )
    attempts = CounterMetricFamily("approvals_llm_attempts", "Attempts.", labels=by_outcome)
    tokens = CounterMetricFamily(
        "approvals_llm_tokens", "Tokens that were reported.", labels=("model", "kind")
    )
    cost = CounterMetricFamily(
        "approvals_llm_cost_usd", "US dollars, where the price is known.", labels=by_model
    )
    unpriced = CounterMetricFamily(
        "approvals_llm_unpriced_calls", "Calls whose cost is not known.", labels=by_model
    )
    in_flight = GaugeMetricFamily("approvals_llm_in_flight", "Calls under way.", labels=by_model)
    for name, of in models.items():
        for outcome, times in of.calls.items():
            calls.add_metric((name, outcome), times.buckets(), times.total)
        for outcome, count in of.attempts.items():
            attempts.add_metric((name, outcome), count)
        waits.add_metric((name,), of.wait.buckets(), of.wait.total)
        tokens.add_metric((name, "prompt"), of.prompt_tokens)
        tokens.add_metric((name, "completion"), of.completion_tokens)
        cost.add_metric((name,), of.cost_usd)
        unpriced.add_metric((name,), of.unpriced)
        in_flight.add_metric((name,), of.in_flight)
    return [calls, waits, attempts, tokens, cost, unpriced, in_flight]
