# SPDX-License-Identifier: Apache-2.0
"""Events of the client for metrics and logs: plain records without keys and texts."""

from typing import Final, NamedTuple

from approvals.llm.breaker import BreakerState
from approvals.llm.chat import Spend, TokenUsage
from approvals.llm.failures import FailureKind
from approvals.llm.rate_limit.shared_token_bucket import SharingChange
from approvals.llm.rate_limit.token_bucket import Backend
from approvals.telemetry import ANSWERED, CallMetrics, get_logger

_log = get_logger(__name__)
_OPENNESS: Final = {BreakerState.CLOSED: 0.0, BreakerState.HALF_OPEN: 0.5, BreakerState.OPEN: 1.0}


class AttemptRecord(NamedTuple):
    """One attempt. `failure` is None when it was answered; `usage` is None when unknown. Times in seconds."""

    model: str
    request_id: str
    failure: FailureKind | None
    seconds: float
    usage: TokenUsage | None
    waited: float
    """Seconds that it waited for the limiter and for a slot before it was sent."""


class CallRecord(NamedTuple):
    """One whole call, with all its attempts and waits."""

    model: str
    request_id: str
    failure: FailureKind | None
    seconds: float
    spend: Spend


class CallObserver:
    """Receives events in the greenlet of the caller; this one ignores them. Must neither raise nor block."""

    def call_started(self, model: str, request_id: str) -> None:
        """A call was admitted."""

    def attempt_finished(self, record: AttemptRecord) -> None:
        """An attempt ended."""

    def call_finished(self, record: CallRecord) -> None:
        """A call ended. Called once for each `call_started`."""


class MetricsObserver(CallObserver):
    """Counts every event in the metrics and logs failures."""

    def __init__(self, metrics: CallMetrics) -> None:
        self.metrics = metrics

    def call_started(self, model: str, request_id: str) -> None:  # noqa: ARG002 - the protocol's signature
        self.metrics.started(model)

    def attempt_finished(self, record: AttemptRecord) -> None:
        self.metrics.attempted(record.model, _outcome(record.failure), record.waited)
        if record.failure is not None:
            _log.warning(
                "attempt failed",
                model=record.model,
                kind=record.failure.value,
                seconds=round(record.seconds, 3),
                request_id=record.request_id,
            )

    def call_finished(self, record: CallRecord) -> None:
        spend = record.spend
        self.metrics.finished(
            record.model,
            _outcome(record.failure),
            record.seconds,
            prompt_tokens=spend.prompt_tokens,
            completion_tokens=spend.completion_tokens,
            cost_usd=float(spend.cost_usd),
            cost_known=spend.cost_known,
        )

    def breaker_changed(self, model: str, old: BreakerState, new: BreakerState) -> None:
        """Called by the breaker of a model on each transition."""
        self.metrics.breaker(model, _OPENNESS[new])
        _log.warning("breaker changed", model=model, old=old.value, new=new.value)

    def sharing_changed(self, change: SharingChange) -> None:
        """Called when counting moves between Redis and this process."""
        self.metrics.limiter_alone(alone=change.backend is Backend.MEMORY)
        _log.warning(
            "limits are counted elsewhere",
            backend=change.backend.value,
            processes=change.processes,
            reason=change.reason,
        )


def _outcome(failure: FailureKind | None) -> str:
    return ANSWERED if failure is None else failure.value
