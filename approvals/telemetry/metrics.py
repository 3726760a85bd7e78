# SPDX-License-Identifier: Apache-2.0
"""Counts and times for one credential, as Prometheus reads them. One registry each: no workspace sees another's."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 240.0)
ANSWERED = "answered"


class CallMetrics:
    """What happened to the calls of one credential to its models."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        registry = self._registry
        self._latency = Histogram(
            "approvals_llm_call_seconds",
            "Seconds that a call took, retries included.",
            ["model", "outcome"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._wait = Histogram(
            "approvals_llm_wait_seconds",
            "Seconds that an attempt waited for the limiter and a lane.",
            ["model"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._attempts = Counter(
            "approvals_llm_attempts", "Attempts.", ["model", "outcome"], registry=registry
        )
        self._tokens = Counter(
            "approvals_llm_tokens", "Tokens that were reported.", ["model", "kind"], registry=registry
        )
        self._cost = Counter(
            "approvals_llm_cost_usd", "US dollars, where the price is known.", ["model"], registry=registry
        )
        self._unpriced = Counter(
            "approvals_llm_unpriced_calls", "Calls whose cost is not known.", ["model"], registry=registry
        )
        self._in_flight = Gauge("approvals_llm_in_flight", "Calls under way.", ["model"], registry=registry)
        self._fallbacks = Counter(
            "approvals_limiter_fallbacks", "Times that the shared limiter was lost.", registry=registry
        )
        self._breaker = Gauge(
            "approvals_llm_breaker_open", "1 open, 0.5 half-open, 0 closed.", registry=registry
        )

    def started(self, model: str) -> None:
        """A call began."""
        self._in_flight.labels(model).inc()

    def waited(self, model: str, seconds: float) -> None:
        """An attempt waited for its turn."""
        self._wait.labels(model).observe(seconds)

    def attempted(self, model: str, outcome: str) -> None:
        """An attempt ended; `outcome` is `answered` or the kind of failure."""
        self._attempts.labels(model, outcome).inc()

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
        self._in_flight.labels(model).dec()
        self._latency.labels(model, outcome).observe(seconds)
        self._tokens.labels(model, "prompt").inc(prompt_tokens)
        self._tokens.labels(model, "completion").inc(completion_tokens)
        self._cost.labels(model).inc(cost_usd)
        if not cost_known:
            self._unpriced.labels(model).inc()

    def breaker(self, openness: float) -> None:
        """The breaker's state: 0 closed, 0.5 half-open, 1 open."""
        self._breaker.set(openness)

    def limiter_alone(self, *, alone: bool) -> None:
        """Redis went away, and this process counts an equal share by itself; or it came back."""
        if alone:
            self._fallbacks.inc()

    def text(self) -> str:
        """The metrics in Prometheus's text format."""
        return generate_latest(self._registry).decode()
