# SPDX-License-Identifier: Apache-2.0
"""The way of a batch to the model: patient where a single call would give up, and counted."""

import threading
from typing import Final

from approvals.analysis.asking import ChatClient
from approvals.clock import Clock
from approvals.llm import ChatReply, ChatRequest, Deadline, FailureKind, LlmError, Spend

_LOOK_AGAIN_SECONDS: Final = 1.0
# The endpoint, or the limiter before it, has no room now. Once it has answered a batch, it is worth waiting for.
_NO_ROOM: Final = frozenset({FailureKind.RATE_LIMITED, FailureKind.CIRCUIT_OPEN})


class BatchCalls:
    """A `ChatClient` for one batch, used by many threads at once.

    Each call has `seconds` of its own within the batch's deadline, so that one that hangs leaves time for halves.
    A call that the limits do not let through waits for its turn as long as the batch has time.
    """

    def __init__(self, client: ChatClient, clock: Clock, seconds: float) -> None:
        self._client = client
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self.spend = Spend.none()
        """What all calls cost so far."""
        self.latencies_ms: list[int] = []
        """Milliseconds of each call, answered or not, waits included."""
        self.answered = 0

    def complete(self, request: ChatRequest, deadline: Deadline) -> ChatReply:
        started = self._clock.monotonic()
        while True:
            try:
                reply = self._client.complete(request, deadline.within(self._seconds))
            except LlmError as failure:
                waits = self._waits(failure, deadline)
                self._count(failure.spend, started=None if waits else started)
                if not waits:
                    raise
                self._clock.sleep(deadline.clip(_LOOK_AGAIN_SECONDS))
            else:
                self._count(reply.spend, started=started)
                self.answered += 1
                return reply

    def _waits(self, failure: LlmError, deadline: Deadline) -> bool:
        """True where the call is worth another try by and by."""
        no_room = failure.kind is FailureKind.LIMITER_FULL or (self.answered and failure.kind in _NO_ROOM)
        return bool(no_room) and deadline.remaining() > _LOOK_AGAIN_SECONDS

    def _count(self, spend: Spend, *, started: float | None) -> None:
        with self._lock:
            self.spend += spend
            if started is not None:
                self.latencies_ms.append(round((self._clock.monotonic() - started) * 1000))

    def __repr__(self) -> str:
        return f"BatchCalls({self.answered} answered, {self.spend.attempts} attempts)"
