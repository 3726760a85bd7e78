# SPDX-License-Identifier: Apache-2.0
"""A short lock in Redis, so that two writers of one request wait for each other instead of colliding.

It only saves work: the store's version check decides who wins, so a lock that is late, lost or not to be had
never fails a save.
"""

import random
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from approvals.clock import Clock
from approvals.domain.budgets import BudgetEntry
from approvals.domain.canonical import text_digest
from approvals.domain.notices import Notice
from approvals.domain.records import ApprovalRecord, Refusal
from approvals.domain.retention import Tombstone
from approvals.domain.traces import Trace
from approvals.store.protocol import ApprovalStore, DeadLetter, NoticeCounts, Page, Query, Usage

HOLD_MS = 5_000  # a holder that died gives way after this
WAIT_SECONDS = 0.5
POLL_SECONDS = 0.02
REST_SECONDS = 5.0  # a Redis that failed is left alone for this long
ANSWER_SECONDS = 0.5

# Only the owner releases: by then the lock may have expired and belong to somebody else.
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


def _ignore(_: str) -> None:
    pass


class RedisLock:
    """Locks by name, owned by a random token. `on_failure` hears the kind of an error of Redis, for the log."""

    def __init__(self, client: Redis, clock: Clock, on_failure: Callable[[str], None] = _ignore) -> None:
        self._client = client
        self._clock = clock
        self._on_failure = on_failure
        self._rests_until = float("-inf")

    def __repr__(self) -> str:
        return f"<RedisLock {'resting' if self._resting else 'in use'}>"

    @contextmanager
    def held(self, name: str) -> Iterator[bool]:
        """Hold the lock while the block runs. True when it was had in time; the block runs in any case."""
        key = f"approvals:lock:{text_digest(name)}"
        token = secrets.token_hex(16)
        taken = self._take(key, token)
        try:
            yield taken
        finally:
            if taken:
                self._ask(lambda: self._client.eval(_RELEASE, 1, key, token))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _take(self, key: str, token: str) -> bool:
        limit = self._clock.monotonic() + WAIT_SECONDS
        while not self._resting:
            if self._ask(lambda: self._client.set(key, token, nx=True, px=HOLD_MS)):
                return True
            if self._clock.monotonic() >= limit:
                return False
            self._clock.sleep(random.uniform(0.5, 1) * POLL_SECONDS)  # noqa: S311 - spreads those who wait
        return False

    @property
    def _resting(self) -> bool:
        return self._clock.monotonic() < self._rests_until

    def _ask(self, command: Callable[[], object]) -> object:
        """What Redis answers; None when it does not, and then it is left alone for a while."""
        try:
            return command()
        except (RedisError, OSError) as error:
            self._rests_until = self._clock.monotonic() + REST_SECONDS
            self._on_failure(type(error).__name__)
            return None


def open_redis_lock(url: str, clock: Clock, on_failure: Callable[[str], None] = _ignore) -> RedisLock:
    """The lock in the Redis at `url` (`redis://`, `rediss://`); nothing is connected yet."""
    client = Redis.from_url(
        url,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 1),  # once more, for a connection that a restart has closed
    )
    return RedisLock(client, clock, on_failure)


class LockedStore:
    """A store whose saves of one request come one after another, as far as Redis can help."""

    def __init__(self, inner: ApprovalStore, lock: RedisLock) -> None:
        self._inner = inner
        self._lock = lock

    def __repr__(self) -> str:
        return f"<LockedStore {self._inner!r} {self._lock!r}>"

    def save(self, record: ApprovalRecord, expected_version: int) -> None:
        with self._lock.held(record.request_id):
            self._inner.save(record, expected_version)

    def create(self, record: ApprovalRecord, *, fresh: bool = False) -> None:
        self._inner.create(record, fresh=fresh)

    def load(self, request_id: str) -> ApprovalRecord:
        return self._inner.load(request_id)

    def due(self, now: datetime, limit: int) -> Page:
        return self._inner.due(now, limit)

    def search(self, query: Query, cursor: str, limit: int) -> Page:
        return self._inner.search(query, cursor, limit)

    def stored_faults(self, request_id: str) -> Sequence[str]:
        return self._inner.stored_faults(request_id)

    def put_policy(self, digest: str, document: Mapping[str, Any]) -> None:
        self._inner.put_policy(digest, document)

    def policy(self, digest: str) -> Mapping[str, Any] | None:
        return self._inner.policy(digest)

    def usage(self) -> Usage | None:
        return self._inner.usage()

    def to_remind(self, now: datetime, limit: int) -> Page:
        return self._inner.to_remind(now, limit)

    def removable(self, now: datetime, limit: int) -> Page:
        return self._inner.removable(now, limit)

    def remove(self, record: ApprovalRecord, left: Tombstone) -> None:
        self._inner.remove(record, left)

    def note_refusal(self, request_id: str, refusal: Refusal) -> None:
        self._inner.note_refusal(request_id, refusal)

    def refusals(self, request_id: str) -> Sequence[Refusal]:
        return self._inner.refusals(request_id)

    def put_notice(self, notice: Notice) -> None:
        self._inner.put_notice(notice)

    def due_notices(self, now: datetime, limit: int) -> Sequence[Notice]:
        return self._inner.due_notices(now, limit)

    def remove_notice(self, notice_id: str) -> None:
        self._inner.remove_notice(notice_id)

    def count_notices(self, limit: int) -> NoticeCounts:
        return self._inner.count_notices(limit)

    def put_dead_letter(self, letter: DeadLetter) -> None:
        self._inner.put_dead_letter(letter)

    def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        return self._inner.dead_letters(limit)

    def remove_dead_letter(self, request_id: str) -> None:
        self._inner.remove_dead_letter(request_id)

    def trace(self, owns: Sequence[Trace], since: datetime) -> Sequence[Sequence[Trace]]:
        return self._inner.trace(owns, since)

    def forget_trace(self, own: Trace) -> None:
        self._inner.forget_trace(own)

    def enter_budgets(self, entries: Sequence[BudgetEntry]) -> Sequence[Mapping[str, Decimal]]:
        return self._inner.enter_budgets(entries)

    def settle_budgets(self, request_id: str) -> None:
        self._inner.settle_budgets(request_id)

    def leave_budgets(self, request_id: str) -> None:
        self._inner.leave_budgets(request_id)

    def claim(self, idempotency_key: str, request_id: str) -> str:
        return self._inner.claim(idempotency_key, request_id)
