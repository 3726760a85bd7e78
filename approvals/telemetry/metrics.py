# SPDX-License-Identifier: Apache-2.0
"""Counts and times for one credential, as Prometheus reads them. One registry each: no workspace sees another's."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 240.0)
_MOST_MODELS = 256
ANSWERED = "answered"


class _Model:
    """The metrics of one model. Looking one up by its labels costs more than counting, so it is done once."""

    def __init__(self, metrics: "CallMetrics", model: str) -> None:
        self.wait = metrics.wait_seconds.labels(model)
        self.prompt_tokens = metrics.tokens.labels(model, "prompt")
        self.completion_tokens = metrics.tokens.labels(model, "completion")
        self.cost = metrics.cost.labels(model)
        self.unpriced = metrics.unpriced.labels(model)
        self.in_flight = metrics.in_flight.labels(model)
        self.answered_attempts = metrics.attempts.labels(model, ANSWERED)
        self.answered_seconds = metrics.call_seconds.labels(model, ANSWERED)


class CallMetrics:
    """What happened to the calls of one credential to its models."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        registry = self._registry
        self.call_seconds = Histogram(
            "approvals_llm_call_seconds",
            "Seconds that a call took, retries included.",
            ["model", "outcome"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.wait_seconds = Histogram(
            "approvals_llm_wait_seconds",
            "Seconds that an attempt waited for the limiter and a lane.",
            ["model"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.attempts = Counter(
            "approvals_llm_attempts", "Attempts.", ["model", "outcome"], registry=registry
        )
        self.tokens = Counter(
            "approvals_llm_tokens", "Tokens that were reported.", ["model", "kind"], registry=registry
        )
        self.cost = Counter(
            "approvals_llm_cost_usd", "US dollars, where the price is known.", ["model"], registry=registry
        )
        self.unpriced = Counter(
            "approvals_llm_unpriced_calls", "Calls whose cost is not known.", ["model"], registry=registry
        )
        self.in_flight = Gauge("approvals_llm_in_flight", "Calls under way.", ["model"], registry=registry)
        self._fallbacks = Counter(
            "approvals_limiter_fallbacks", "Times that the shared limiter was lost.", registry=registry
        )
        self._breaker = Gauge(
            "approvals_llm_breaker_open", "1 open, 0.5 half-open, 0 closed.", registry=registry
        )
        self._models: dict[str, _Model] = {}

    def _of(self, model: str) -> _Model:
        found = self._models.get(model)
        if found is None:
            if len(self._models) >= _MOST_MODELS:
                self._models.clear()
            found = self._models[model] = _Model(self, model)
        return found

    def started(self, model: str) -> None:
        """A call began."""
        self._of(model).in_flight.inc()

    def waited(self, model: str, seconds: float) -> None:
        """An attempt waited for its turn."""
        self._of(model).wait.observe(seconds)

    def attempted(self, model: str, outcome: str) -> None:
        """An attempt ended; `outcome` is `answered` or the kind of failure."""
        answered = outcome == ANSWERED
        attempts = self._of(model).answered_attempts if answered else self.attempts.labels(model, outcome)
        attempts.inc()

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
        of = self._of(model)
        answered = outcome == ANSWERED
        (of.answered_seconds if answered else self.call_seconds.labels(model, outcome)).observe(seconds)
        of.in_flight.dec()
        of.prompt_tokens.inc(prompt_tokens)
        of.completion_tokens.inc(completion_tokens)
        of.cost.inc(cost_usd)
        if not cost_known:
            of.unpriced.inc()

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
