# SPDX-License-Identifier: Apache-2.0
"""Connections to Redis that never hold up a call for long."""

from typing import TYPE_CHECKING, Final

from approvals.errors import ApprovalError, ErrorCode

if TYPE_CHECKING:
    import redis

SOCKET_TIMEOUT: Final = 0.25
"""Seconds for a connection and for an answer. A slower Redis counts as unavailable."""
CONNECTIONS: Final = 8
"""Most connections of one process: one for the first waiter, the others for settlements."""


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
