# SPDX-License-Identifier: Apache-2.0
"""What an account spent on each day, in Redis: shared by every process that uses it, as long as Redis keeps it."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from redis import Redis, RedisError

from approvals.errors import ApprovalError
from approvals.llm.budget import Taken
from approvals.redis_connection import connect
from approvals.store.faults import unavailable

_KEPT_SECONDS: Final = 3 * 24 * 3600
# Numbers in Lua are exact up to 9 million dollars in billionths, and a limit is at most one million.
_TAKE: Final = """
local total = tonumber(redis.call('GET', KEYS[1]) or '0')
if total + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return {0, total} end
total = redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return {1, total}
"""


class RedisSpend:
    """`SpendCounter` of one account: a key for each day."""

    def __init__(self, client: Redis, account: str) -> None:
        self._client = client
        self._account = account
        self._script = client.register_script(_TAKE)

    def take(self, day: date, amount: int, limit: int) -> Taken:
        """Count `amount`, unless the day's total would pass `limit`. Raises `store_unavailable`."""
        given = [amount, limit, _KEPT_SECONDS]
        counted, total = _asked(lambda: self._script([self._key(day)], given))
        return Taken(bool(counted), int(total))

    def correct(self, day: date, difference: int) -> int:
        """Add to a day's total, or take away; the total. Raises `store_unavailable`."""

        def both() -> Any:
            pipeline = self._client.pipeline(transaction=False)
            pipeline.incrby(self._key(day), difference)
            pipeline.expire(self._key(day), _KEPT_SECONDS)
            return pipeline.execute()

        return int(_asked(both)[0])

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _key(self, day: date) -> str:
        return f"approvals:spend:{{{self._account}}}:{day.isoformat()}"


def open_redis_spend(url: str, account: str) -> RedisSpend:
    """The counter in the Redis at `url`; nothing is connected yet. Raises `bad_parameter` for another URL."""
    return RedisSpend(connect(url), account)


def _asked(command: Callable[[], Any]) -> Any:
    """What Redis answers. The error's text could hold an address, its class says enough."""
    try:
        return command()
    except (RedisError, OSError) as error:
        raise _unreachable(type(error).__name__) from None


def _unreachable(kind: str) -> ApprovalError:
    return unavailable("count in Redis", kind, "check redis_url and that the server answers")
