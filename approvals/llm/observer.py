# SPDX-License-Identifier: Apache-2.0
"""Events of the client, in metrics and logs: without keys and texts."""

from typing import Final

from approvals.llm.breaker import BreakerState
from approvals.llm.chat import ChatRequest, Spend
from approvals.llm.failures import FailureKind
from approvals.llm.rate_limit.shared_token_bucket import SharingChange
from approvals.llm.rate_limit.token_bucket import Backend
from approvals.telemetry import ANSWERED, CallMetrics, get_logger

_log = get_logger(__name__)
_OPENNESS: Final = {BreakerState.CLOSED: 0.0, BreakerState.HALF_OPEN: 0.5, BreakerState.OPEN: 1.0}


class MetricsObserver:
    """Counts every event in the metrics and logs failures. Called in the greenlet of the caller."""

    def __init__(self, metrics: CallMetrics) -> None:
        self.metrics = metrics

    def call_started(self, request: ChatRequest) -> None:
        self.metrics.started(request.model)

    def attempt_finished(
        self, request: ChatRequest, failure: FailureKind | None, seconds: float, waited: float
    ) -> None:
        """An attempt ended, which waited so many seconds for the limiter and for a slot before it was sent."""
        self.metrics.attempted(request.model, _outcome(failure), waited)
        if failure is not None:
            _log.warning(
                "attempt failed",
                model=request.model,
                kind=failure.value,
                seconds=round(seconds, 3),
                request_id=request.request_id,
            )

    def call_finished(
        self, request: ChatRequest, failure: FailureKind | None, seconds: float, spend: Spend
    ) -> None:
        """A call ended, with all its attempts and waits. Called once for each `call_started`."""
        self.metrics.finished(
            request.model,
            _outcome(failure),
            seconds,
            prompt_tokens=spend.prompt_tokens,
            completion_tokens=spend.completion_tokens,
            cost_usd=float(spend.cost_usd),
            cost_known=spend.cost_known,
        )

    def breaker_changed(self, model: str, old: BreakerState, new: BreakerState) -> None:
        self.metrics.breaker(model, _OPENNESS[new])
        _log.warning("breaker changed", model=model, old=old.value, new=new.value)

    def sharing_changed(self, change: SharingChange) -> None:
        self.metrics.limiter_alone(alone=change.backend is Backend.MEMORY)
        _log.warning(
            "limits are counted elsewhere",
            backend=change.backend.value,
            processes=change.processes,
            reason=change.reason,
        )


def _outcome(failure: FailureKind | None) -> str:
    return ANSWERED if failure is None else failure.value
