# SPDX-License-Identifier: Apache-2.0
"""What is counted is what prometheus-client itself would have counted, in its own text format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.parser import text_string_to_metric_families

from approvals.telemetry.metrics import MOST_MODELS, OTHER_MODELS, CallMetrics

OVERHEAD_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 240.0)


@dataclass(frozen=True)
class Ended:
    """One call with one attempt."""

    model: str
    outcome: str
    seconds: float
    tokens: int
    known: bool


CALLS = st.lists(
    st.builds(
        Ended,
        st.sampled_from(["small", "large", 'a "quoted"\nname']),
        st.sampled_from(["answered", "deadline"]),
        st.floats(0, 500) | st.sampled_from(BOUNDS),
        st.integers(0, 10_000),
        st.booleans(),
    ),
    max_size=12,
)


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every number in a text of Prometheus's, by its name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def counted(calls: Sequence[Ended]) -> CallMetrics:
    metrics = CallMetrics()
    for call in calls:
        metrics.overhead(call.seconds / 100)
        metrics.started(call.model)
        metrics.attempted(call.model, call.outcome, call.seconds / 2)
        metrics.finished(
            call.model,
            call.outcome,
            call.seconds,
            prompt_tokens=call.tokens,
            completion_tokens=1,
            cost_usd=0.25,
            cost_known=call.known,
        )
    return metrics


@given(CALLS)
def test_times_and_counts_are_those_of_prometheus_client(calls: Sequence[Ended]) -> None:
    registry = CollectorRegistry()
    seconds = Histogram(
        "approvals_llm_call_seconds", "", ["model", "outcome"], buckets=BOUNDS, registry=registry
    )
    waits = Histogram("approvals_llm_wait_seconds", "", ["model"], buckets=BOUNDS, registry=registry)
    attempts = Counter("approvals_llm_attempts", "", ["model", "outcome"], registry=registry)
    tokens = Counter("approvals_llm_tokens", "", ["model", "kind"], registry=registry)
    unpriced = Counter("approvals_llm_unpriced_calls", "", ["model"], registry=registry)
    in_flight = Gauge("approvals_llm_in_flight", "", ["model"], registry=registry)
    overhead = Histogram(
        "approvals_analysis_overhead_seconds", "", buckets=OVERHEAD_BOUNDS, registry=registry
    )
    for call in calls:
        overhead.observe(call.seconds / 100)
        seconds.labels(call.model, call.outcome).observe(call.seconds)
        waits.labels(call.model).observe(call.seconds / 2)
        attempts.labels(call.model, call.outcome).inc()
        tokens.labels(call.model, "prompt").inc(call.tokens)
        tokens.labels(call.model, "completion").inc(1)
        unpriced.labels(call.model).inc(0 if call.known else 1)
        in_flight.labels(call.model)

    ours = samples(counted(calls).text())
    theirs: Mapping[tuple[str, tuple[tuple[str, str], ...]], float] = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in registry.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }

    assert {key: ours.get(key) for key in theirs} == pytest.approx(dict(theirs))
    models = len({call.model for call in calls})
    assert len(ours) == len(theirs) + models + 1, "besides: the cost of each model, and the fallbacks"


def test_calls_under_way_and_what_stands_alone_are_shown() -> None:
    metrics = CallMetrics()
    metrics.started("small")
    metrics.breaker("small", 0.5)
    metrics.limiter_alone(alone=True)
    metrics.limiter_alone(alone=False)

    shown = samples(metrics.text())

    assert shown["approvals_llm_in_flight", (("model", "small"),)] == 1
    assert shown["approvals_llm_breaker_open", (("model", "small"),)] == 0.5
    assert shown["approvals_limiter_fallbacks_total", ()] == 1


def test_any_number_of_models_takes_a_bounded_room() -> None:
    metrics = counted([Ended(f"model {number}", "answered", 1, 1, known=True) for number in range(1_000)])

    shown = samples(metrics.text())

    assert len({dict(labels).get("model") for _, labels in shown}) == MOST_MODELS + 2  # none, and the others
    assert shown["approvals_llm_attempts_total", (("model", OTHER_MODELS), ("outcome", "answered"))] == 744
    assert shown["approvals_llm_in_flight", (("model", OTHER_MODELS),)] == 0
