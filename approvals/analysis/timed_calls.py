# SPDX-License-Identifier: Apache-2.0
"""The model's client for one analysis, with the time that was spent waiting in it."""

from approvals.analysis.reading import ChatClient
from approvals.clock import Clock
from approvals.llm import ChatReply, ChatRequest, Deadline


class TimedCalls:
    """A `ChatClient` that adds up the seconds of its calls: in the rate limit, between attempts, at the model."""

    def __init__(self, client: ChatClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self.seconds = 0.0

    def complete(self, request: ChatRequest, deadline: Deadline) -> ChatReply:
        started = self._clock.monotonic()
        try:
            return self._client.complete(request, deadline)
        finally:
            self.seconds += self._clock.monotonic() - started

    def __repr__(self) -> str:
        return f"TimedCalls({self.seconds:.3f} s)"
