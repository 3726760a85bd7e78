# SPDX-License-Identifier: Apache-2.0
"""How much of the limits a batch uses, on a simulated clock: the calls that it packs, through the limiter it has."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from approvals.analysis.analyst import MAX_OUTPUT_TOKENS
from approvals.analysis.packing import packed
from approvals.analysis.prompt import SYSTEM, build_prompt
from approvals.domain.records import ApprovalRequest
from approvals.llm import ChatMessage, ChatRequest, Deadline
from approvals.llm.rate_limit.limiter import FairLimiter
from approvals.llm.rate_limit.limits import Limits
from approvals.text.json_text import json_text
from bench.limiter_hour import Call, SimulatedClock, worst_requests, worst_tokens
from devkit.llm_stub.analyst import analysis_of
from devkit.llm_stub.completion import tokens

AT_ONCE = 100
LATENCY = (0.5, 4.0)
"""Seconds of a call, uniform: so short that the limits bind, not the 100 calls at once."""


@dataclass(frozen=True, slots=True)
class Use:
    """Parts of the limits that were used, and the worst 60 seconds: above the limit, and what may be."""

    calls: int
    requests: int
    requests_used: float
    tokens_used: float
    requests_above: float
    requests_allowed: float
    tokens_above: float
    tokens_allowed: float

    @property
    def of_the_binding(self) -> float:
        """Of the limit that binds."""
        return max(self.requests_used, self.tokens_used)


def use_of_limits(requests: Sequence[ApprovalRequest], limits: Limits, seconds: float) -> Use:
    """So many seconds of batches of these requests, one after another."""
    random = Random(1)  # noqa: S311 - the same minutes every time
    clock = SimulatedClock()
    limiter = FairLimiter.in_memory(limits, clock)
    calls: list[Call] = []
    ends: list[float] = []
    analysed = 0
    for call, actual, count in _questions(requests):
        if clock.monotonic() >= seconds:
            break
        while len(ends := [end for end in ends if end > clock.monotonic()]) >= AT_ONCE:
            clock.sleep(min(ends) - clock.monotonic())
        estimate = call.estimated_tokens()
        reservation = limiter.reserve(estimate, Deadline(clock, 600))
        latency = random.uniform(*LATENCY)
        ends.append(clock.monotonic() + latency)
        calls.append(Call(clock.monotonic(), ends[-1], estimate, actual))
        clock.after(latency, partial(limiter.settle, reservation, actual))
        analysed += count
    minutes = seconds / 60
    by_requests, by_tokens = worst_requests(calls, limits), worst_tokens(calls, limits)
    return Use(
        len(calls),
        analysed,
        len(calls) / (limits.rpm * minutes),
        sum(call.used for call in calls) / (limits.tpm * minutes),
        by_requests[0] / limits.rpm,
        by_requests[1] / limits.rpm,
        by_tokens[0] / limits.tpm,
        by_tokens[1] / limits.tpm,
    )


def _questions(requests: Sequence[ApprovalRequest]) -> Iterator[tuple[ChatRequest, int, int]]:
    """Calls without end: what is asked, the tokens that the stub would count, the requests in it."""
    batch = []
    for together in packed(requests, lambda request: request):
        document = build_prompt(together, 6_000).document
        messages = (ChatMessage("system", SYSTEM), ChatMessage("user", document))
        asked = ChatRequest("m", messages, None, MAX_OUTPUT_TOKENS * len(together), "bench")
        analyses = [analysis_of(_entry(request)) for request in together]
        actual = tokens(SYSTEM) + tokens(document) + tokens(json_text({"analyses": analyses}))
        batch.append((asked, actual, len(together)))
    return itertools.cycle(batch)


def _entry(request: ApprovalRequest) -> dict[str, object]:
    return {
        "id": request.request_id,
        "content": request.content,
        "request_type": request.request_type,
        "amount": str(request.amount),
        "currency": request.currency,
    }
