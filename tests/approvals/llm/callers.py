# SPDX-License-Identifier: Apache-2.0
"""Clients put together for a test, a clock that stands still, and what to ask."""

import traceback
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from approvals.base_url import chat_completions_url
from approvals.clock import Clock, SystemClock
from approvals.environment import tls_context
from approvals.fifo_semaphore import FifoSemaphore
from approvals.llm import (
    ChatMessage,
    ChatReply,
    ChatRequest,
    Deadline,
    FailureKind,
    LlmClient,
    LlmError,
    Prices,
    ReplySchema,
    Spend,
)
from approvals.llm.breaker import BreakerRules, ModelBreakers
from approvals.llm.exchange import StepLimits
from approvals.llm.observer import MetricsObserver
from approvals.llm.rate_limit.limiter import FairLimiter
from approvals.llm.rate_limit.limits import Limits
from approvals.llm.retry import Retry
from approvals.llm.transport import LaneTransport
from approvals.telemetry import CallMetrics

KEY = "sk-test-0123456789abcdef"
SLACK = 0.25
"""Seconds by which a call may overrun its deadline."""


class StillClock:
    """Moves only when someone sleeps, and remembers how long."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Diary(MetricsObserver):
    """An observer that writes everything down as well."""

    def __init__(self) -> None:
        super().__init__(CallMetrics())
        self.started: list[str] = []
        self.attempts: list[tuple[FailureKind | None, float]] = []
        self.calls: list[tuple[FailureKind | None, Spend]] = []

    def call_started(self, request: ChatRequest) -> None:
        super().call_started(request)
        self.started.append(f"{request.model} {request.request_id}")

    def attempt_finished(
        self, request: ChatRequest, failure: FailureKind | None, seconds: float, waited: float
    ) -> None:
        super().attempt_finished(request, failure, seconds, waited)
        self.attempts.append((failure, waited))

    def call_finished(
        self, request: ChatRequest, failure: FailureKind | None, seconds: float, spend: Spend
    ) -> None:
        super().call_finished(request, failure, seconds, spend)
        self.calls.append((failure, spend))


def question(model: str = "deepseek-v3.2", text: str = "Buy 3 chairs", **changes: Any) -> ChatRequest:
    fields: dict[str, Any] = {
        "model": model,
        "messages": (ChatMessage("system", "Answer in JSON."), ChatMessage("user", text)),
        "reply_schema": ReplySchema("analyses", {"type": "object"}),
        "max_output_tokens": 200,
        "request_id": "req-1",
        **changes,
    }
    return ChatRequest(**fields)


def client_of(
    base_url: str,
    clock: Clock | None = None,
    *,
    lanes: int = 4,
    limits: Limits | None = None,
    limiter: FairLimiter | None = None,
    rules: BreakerRules | None = None,
    attempts: int = 4,
    steps: StepLimits | None = None,
    prices: Mapping[str, Any] | None = None,
    observer: Diary | None = None,
    proxy: httpx.Proxy | None = None,
    transport: httpx.BaseTransport | None = None,
    context: Any = None,
    key: str = KEY,
) -> LlmClient:
    """A client with all its real parts."""
    clock = clock or SystemClock()
    return LlmClient(
        url=chat_completions_url(base_url, allow_insecure_http=True),
        api_key=SecretStr(key),
        clock=clock,
        transport=transport or LaneTransport(clock, context=context or tls_context(), proxy=proxy),
        slots=FifoSemaphore(lanes),
        limiter=limiter or FairLimiter.in_memory(limits or Limits(100_000, 100_000_000), clock),
        breakers=ModelBreakers(clock, rules),
        retry=Retry(clock, Random(7), attempts),
        prices=Prices(prices),
        observer=observer,
        step_limits=steps,
    )


def asked(client: LlmClient, seconds: float = 5.0, request: ChatRequest | None = None) -> ChatReply:
    """One call with a deadline of its own on the client's clock, and the idle connections closed after it."""
    return client.complete(request or question(), Deadline(client._clock, seconds))


def refused(client: LlmClient, seconds: float = 5.0, request: ChatRequest | None = None) -> LlmError:
    """The error of a call that must fail, searched for the key."""
    with pytest.raises(LlmError) as caught:
        asked(client, seconds, request)
    assert_no_secret(caught.value)
    return caught.value


def assert_no_secret(failure: BaseException, key: str = KEY) -> None:
    """Neither the error, nor what led to it, nor any variable on the way shows the key."""
    seen: BaseException | None = failure
    while seen is not None:
        shown = traceback.TracebackException.from_exception(seen, capture_locals=seen is failure)
        text = "".join(shown.format()) + str(seen) + repr(seen) + repr(seen.args)
        assert key not in text
        seen = seen.__context__
