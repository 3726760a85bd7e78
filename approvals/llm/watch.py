# SPDX-License-Identifier: Apache-2.0
"""Turns what the client tells its observer into metrics and log lines."""

from approvals.llm.breaker import BreakerState
from approvals.llm.failures import FailureKind
from approvals.llm.observer import AttemptRecord, CallRecord
from approvals.llm.rate_limit.shared_limiter import SharingChange
from approvals.llm.rate_limit.token_bucket import Backend
from approvals.telemetry import ANSWERED, CallMetrics, get_logger

_log = get_logger(__name__)
_OPENNESS = {BreakerState.CLOSED: 0.0, BreakerState.HALF_OPEN: 0.5, BreakerState.OPEN: 1.0}


class WatchedCalls:
    """A `CallObserver` that counts everything and logs what went wrong."""

    def __init__(self, metrics: CallMetrics) -> None:
        self.metrics = metrics

    def call_started(self, model: str, request_id: str) -> None:  # noqa: ARG002 - the protocol's signature
        self.metrics.started(model)

    def waited(self, model: str, request_id: str, seconds: float) -> None:  # noqa: ARG002 - as above
        self.metrics.waited(model, seconds)

    def attempt_finished(self, record: AttemptRecord) -> None:
        self.metrics.attempted(record.model, _outcome(record.failure))
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

    def breaker_changed(self, old: BreakerState, new: BreakerState) -> None:
        """Hears of the breaker's transitions."""
        self.metrics.breaker(_OPENNESS[new])
        _log.warning("breaker changed", old=old.value, new=new.value)

    def sharing_changed(self, change: SharingChange) -> None:
        """Hears when the limits begin or cease to be shared over Redis."""
        self.metrics.limiter_alone(alone=change.backend is Backend.MEMORY)
        _log.warning(
            "limits are counted elsewhere",
            backend=change.backend.value,
            processes=change.processes,
            reason=change.reason,
        )


def _outcome(failure: FailureKind | None) -> str:
    return ANSWERED if failure is None else failure.value
