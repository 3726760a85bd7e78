# SPDX-License-Identifier: Apache-2.0
"""Lanes: connections that are each used by one call at a time, taken from a stack behind a gate.

A pool looks at every idle connection on every call, which under gevent costs a poll each; it can be left poisoned by
a call that is killed; and it gives no way to bound a whole exchange. Here the lane used last is used first, so that
as few connections as the load needs stay warm; one that fails in any way is closed and forgotten.
"""

import ssl
from collections import deque
from threading import Lock
from types import TracebackType

from approvals.clock import Clock
from approvals.llm.deadline import Deadline
from approvals.llm.endpoint import Endpoint
from approvals.llm.transport.connection import Lane
from approvals.llm.transport.proxies import Proxy
from approvals.llm.transport.semaphore import Gate
from approvals.llm.transport.wire import StepLimits


class Lanes:
    """At most `size` lanes to one endpoint. The idle ones lie in the order of their last use, the latest on top."""

    def __init__(  # noqa: PLR0913 - what a connection is made of
        self,
        endpoint: Endpoint,
        clock: Clock,
        *,
        size: int,
        context: ssl.SSLContext,
        limits: StepLimits | None = None,
        proxy: Proxy | None = None,
        max_idle_seconds: float = 20.0,
    ) -> None:
        """`max_idle_seconds`: drop a lane that rested longer, before the endpoint or a firewall on the way does."""
        self.endpoint = endpoint
        self._clock = clock
        self._context = context
        self._limits = limits or StepLimits()
        self._proxy = proxy
        self._max_idle = max_idle_seconds
        self._gate = Gate(size)
        self._idle: deque[Lane] = deque()
        self._lock = Lock()

    def lane(self, deadline: Deadline, *, fresh: bool = False) -> "_Use":
        """A lane to oneself, in a `with` block.

        `fresh`: a new one, and no idle one is trusted any more (the endpoint was restarted). Raises
        `deadline_exceeded` when all were busy until the deadline.
        """
        return _Use(self, deadline, fresh=fresh)

    def take(self, deadline: Deadline, *, fresh: bool) -> Lane:
        """Wait for a lane. For `lane`."""
        self._gate.enter(deadline)
        try:
            if fresh:
                self.close_idle()
            return self._take() or Lane(self.endpoint, self._context, self._limits, self._proxy)
        except BaseException:
            self._gate.leave()
            raise

    def give_back(self, lane: Lane) -> None:
        """Let others have it. For `lane`."""
        try:
            self._give_back(lane)
        finally:
            self._gate.leave()

    def _take(self) -> Lane | None:
        """The idle lane used last that can still be used; those found dead on the way are closed."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                lane = self._idle.pop()
            if not self._has_rested_too_long(lane) and not lane.is_stale():
                return lane
            lane.close()

    def _has_rested_too_long(self, lane: Lane) -> bool:
        return self._clock.monotonic() - lane.idle_since > self._max_idle

    def _give_back(self, lane: Lane) -> None:
        if not lane.is_sound:
            lane.close()
            return
        lane.idle_since = self._clock.monotonic()
        forgotten = None
        with self._lock:
            self._idle.append(lane)
            if self._has_rested_too_long(self._idle[0]):
                forgotten = self._idle.popleft()
        if forgotten:
            forgotten.close()

    def close_idle(self) -> None:
        """Close every lane that is not in use."""
        with self._lock:
            idle, self._idle = self._idle, deque()
        for lane in idle:
            lane.close()

    @property
    def busy(self) -> int:
        """How many calls hold a lane."""
        return self._gate.inside

    @property
    def waiting(self) -> int:
        """How many calls wait for a lane."""
        return self._gate.waiting

    def __repr__(self) -> str:
        return f"Lanes({self.endpoint}, {self._gate}, {len(self._idle)} idle)"


class _Use:
    """One use of one lane."""

    __slots__ = ("_deadline", "_fresh", "_lane", "_lanes")

    def __init__(self, lanes: Lanes, deadline: Deadline, *, fresh: bool) -> None:
        self._lanes = lanes
        self._deadline = deadline
        self._fresh = fresh
        self._lane: Lane | None = None

    def __enter__(self) -> Lane:
        self._lane = self._lanes.take(self._deadline, fresh=self._fresh)
        return self._lane

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lane is not None:
            self._lanes.give_back(self._lane)
