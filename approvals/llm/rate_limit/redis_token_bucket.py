# SPDX-License-Identifier: Apache-2.0
"""A token bucket in Redis 5 or later, shared by processes: one Lua script (token_bucket.lua) on Redis's clock.

Calls are served in FIFO order within a process, and so are the first waiters of the processes among them.
"""

import math
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from approvals.clock import Clock
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.rate_limit.limits import UNITS, Limits
from approvals.llm.rate_limit.token_bucket import LONGEST_PAUSE, Backend, Cause, Grant, Wait

if TYPE_CHECKING:
    import redis

SCRIPT: Final = Path(__file__).with_name("token_bucket.lua").read_text(encoding="utf-8")
SOCKET_TIMEOUT: Final = 0.25
"""Seconds for a connection and for an answer. A slower Redis counts as unavailable."""
CONNECTIONS: Final = 8
"""Most connections of one process: one for the first waiter, the others for settlements."""


class RedisUnavailableError(Exception):
    """Redis cannot be reached. Carries the class of the error only, since its text could hold an address."""


def connect(redis_url: str) -> "redis.Redis":
    """A client with short timeouts, which connects when first used.

    Raises `bad_parameter` for a URL of no known form. The URL itself is never shown: it may hold a password.
    """
    import redis  # noqa: PLC0415 - most installations have no Redis
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    try:
        pool = redis.BlockingConnectionPool.from_url(
            redis_url,
            max_connections=CONNECTIONS,
            timeout=SOCKET_TIMEOUT,
            socket_timeout=SOCKET_TIMEOUT,
            socket_connect_timeout=SOCKET_TIMEOUT,
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),  # a connection gone stale
            decode_responses=True,
        )
    except ValueError:
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            "redis_url cannot be read. It looks like redis://:password@host:6379/0 (rediss:// for TLS).",
        ) from None
    return redis.Redis(connection_pool=pool)


class RedisTokenBucket:
    """One credential's bucket in Redis. Every process that uses the same `fingerprint` shares it."""

    backend: Final = Backend.REDIS

    def __init__(self, limits: Limits, client: "redis.Redis", fingerprint: str, clock: Clock) -> None:
        self.processes = 1
        """How many processes shared the limits at the last round trip, this one included."""
        self._clock = clock
        self._process = uuid.uuid4().hex
        self._paused_until = -math.inf
        key = f"approvals:limiter:{{{fingerprint}}}"  # the braces keep the keys together in a Redis cluster
        self._keys = [key, f"{key}:line", f"{key}:seen"]
        self.reconfigure(limits)
        self._script = client.register_script(SCRIPT)
        self._pool = client.connection_pool

    def _run(self, operation: str, *arguments: int) -> list[Any]:
        import redis  # noqa: PLC0415

        try:
            values: list[str | int] = [operation, self._process, *self._constants, *arguments]
            reply: list[Any] = self._script(self._keys, values)
        except redis.RedisError as error:
            raise RedisUnavailableError(type(error).__name__) from None
        return reply

    def try_acquire(self, tokens: int, *, after_outage: bool = False) -> Grant | Wait:
        """See `TokenBucket`. `after_outage`: as if the burst had just been used. Raises `RedisUnavailableError`."""
        admitted, wait, cause, at, self.processes = self._run("take", tokens, int(after_outage))
        if admitted:
            return Grant(self, at)
        if cause == Cause.PAUSE:  # it may have been another process that was told to wait
            self._paused_until = self._clock.monotonic() + wait / 1_000_000
        return Wait(wait / 1_000_000, Cause(cause))

    def stop_waiting(self) -> None:
        """Give up this process's place in the queue of processes. Raises `RedisUnavailableError`."""
        self._run("leave")

    def adjust(self, requests: int, tokens: int) -> None:
        """See `TokenBucket`. Raises `RedisUnavailableError`."""
        self._run("adjust", requests, tokens)

    def pause(self, seconds: float) -> None:
        """See `TokenBucket`. Raises `RedisUnavailableError`."""
        seconds = min(seconds, LONGEST_PAUSE)
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)
        self._run("pause", round(seconds * 1_000_000))

    def reconfigure(self, limits: Limits) -> None:
        self._constants = [
            limits.rpm,
            limits.tpm,
            int(limits.burst_requests * UNITS),
            int(limits.burst_tokens * UNITS),
        ]

    def close(self) -> None:
        self._pool.disconnect(inuse_connections=False)

    def paused_seconds(self) -> float:
        """What this process knows of a pause, without a round trip to Redis."""
        return max(0.0, self._paused_until - self._clock.monotonic())

    def __repr__(self) -> str:
        return f"RedisTokenBucket({self.processes} processes)"
