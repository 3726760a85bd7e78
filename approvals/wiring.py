# SPDX-License-Identifier: Apache-2.0
"""Builds what the use cases need, and keeps it: one set of resources per credential set, for the life of the process.

Dify's loader executes tool files apart from normal imports, so what must exist once lives here, in a module that
everything imports by name.
"""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from random import SystemRandom
from threading import Lock

from approvals.analysis.analyst import Analyst
from approvals.analysis.reading import REPLY_SCHEMA
from approvals.clock import Clock, SystemClock
from approvals.credential_check import CHECK_SECONDS, check_database, check_redis, host_of, refuse_foreign_key
from approvals.fifo_semaphore import FifoSemaphore
from approvals.llm import Deadline, LlmClient, Prices, check_endpoint
from approvals.llm.breaker import Breaker, BreakerRules
from approvals.llm.endpoint import chat_completions_url
from approvals.llm.observer import MetricsObserver
from approvals.llm.rate_limit.limiter import FairLimiter, Limiter
from approvals.llm.rate_limit.limits import Limits
from approvals.llm.rate_limit.token_bucket import MemoryTokenBucket
from approvals.llm.retry import Retry
from approvals.llm.transport import LaneTransport, proxy_for, tls_context
from approvals.service import ApprovalService
from approvals.settings import Settings
from approvals.store.dify.storage import KeyValue
from approvals.store.dify.store import DifyStore
from approvals.store.dify.workspace import Workspaces
from approvals.store.protocol import ApprovalStore
from approvals.telemetry import CallMetrics, get_logger, remember_secret

_log = get_logger(__name__)

VERSION = "0.1.0"
_KEPT_AT_MOST = 256  # credential sets; the least recently used go first
_SLOW = 0.8  # of the deadline: a reply this late has left no time for another attempt


@dataclass(frozen=True, slots=True)
class Works:
    """What one credential set shares: its way to the model, its metrics, its store if it is not Dify's."""

    client: LlmClient
    metrics: CallMetrics
    analyst: Analyst
    store: ApprovalStore | None


class Wiring:
    """Everything that outlives a call. Safe to use from many greenlets at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._building = Lock()
        self._guard = Lock()
        self._works: OrderedDict[str, Works] = OrderedDict()
        self._workspaces = Workspaces(clock)

    def service(self, settings: Settings, storage: KeyValue, app_id: str | None) -> ApprovalService:
        """The use cases for one call: these credentials, and the workspace that `storage` belongs to."""
        works = self.works(settings)
        store = works.store or DifyStore(
            storage, self._workspaces.state_for(storage, app_id or ""), self._clock
        )
        return ApprovalService(
            store,
            works.analyst,
            self._clock,
            default_model=settings.model,
            deadline_seconds=settings.deadline_seconds,
            max_concurrency=settings.max_concurrency,
            new_id=lambda: f"req_{secrets.token_hex(16)}",
            observe_overhead=works.metrics.overhead,
        )

    def works(self, settings: Settings) -> Works:
        """What is kept for these credentials, built on first use. Raises `bad_parameter` if they cannot work."""
        identity = settings.identity
        works = self._kept(identity)
        if works is None:
            with self._building:
                works = self._kept(identity) or self._build(settings)
                self._keep(identity, works)
        return works

    def _kept(self, identity: str) -> Works | None:
        with self._guard:
            works = self._works.get(identity)
            if works is not None:
                self._works.move_to_end(identity)
            return works

    def _keep(self, identity: str, works: Works) -> None:
        with self._guard:
            self._works[identity] = works
            while len(self._works) > _KEPT_AT_MOST:
                self._works.popitem(last=False)

    def check(self, settings: Settings) -> None:
        """Prove that model, database and Redis work with these settings, within `CHECK_SECONDS`.

        Raises an `ApprovalError` that explains to an admin what failed.
        """
        refuse_foreign_key(settings)
        deadline = Deadline.after(self._clock, CHECK_SECONDS)
        works = self._build(settings)
        try:
            check_endpoint(
                works.client, settings.model, REPLY_SCHEMA, deadline, host=host_of(settings.base_url)
            )
        finally:
            works.client.transport.close()
        if settings.redis_url.get_secret_value():
            check_redis(settings, deadline)
        if works.store is not None:
            check_database(works.store, settings, deadline)

    def _build(self, settings: Settings) -> Works:
        for secret in (settings.api_key, settings.store_url, settings.redis_url):
            remember_secret(secret.get_secret_value())
        metrics = CallMetrics()
        client = self._client(settings, MetricsObserver(metrics))
        analyst = Analyst(
            client,
            self._clock,
            model=settings.model,
            second_model=settings.second_opinion_model,
        )
        return Works(client, metrics, analyst, self._sql_store(settings))

    def _client(self, settings: Settings, watch: MetricsObserver) -> LlmClient:
        url = chat_completions_url(settings.base_url, allow_insecure_http=settings.allow_insecure_http)
        rules = BreakerRules(slow_seconds=settings.deadline_seconds * _SLOW)
        return LlmClient(
            url=url,
            api_key=settings.api_key,
            clock=self._clock,
            transport=LaneTransport(self._clock, context=tls_context(), proxy=proxy_for(url)),
            slots=FifoSemaphore(settings.max_concurrency),
            limiter=self._limiter(settings, watch),
            breaker=Breaker(self._clock, rules, watch.breaker_changed),
            retry=Retry(self._clock, SystemRandom()),
            prices=Prices(settings.prices),
            observer=watch,
            version=VERSION,
        )

    def _limiter(self, settings: Settings, watch: MetricsObserver) -> Limiter:
        limits = Limits(settings.rpm_limit, settings.tpm_limit)
        redis_url = settings.redis_url.get_secret_value()
        if not redis_url:
            return FairLimiter(limits, MemoryTokenBucket(limits, self._clock), self._clock)
        from approvals.llm.rate_limit.shared_limiter import shared_limiter  # noqa: PLC0415 - paid for by those who use Redis

        return shared_limiter(limits, redis_url, settings.fingerprint, self._clock, watch.sharing_changed)

    def _sql_store(self, settings: Settings) -> ApprovalStore | None:
        store_url = settings.store_url.get_secret_value()
        if not store_url:
            return None
        from approvals.store.sql.factory import open_sql_store  # noqa: PLC0415 - paid for by those who use a database

        store = open_sql_store(store_url, self._clock)
        redis_url = settings.redis_url.get_secret_value()
        if not redis_url:
            return store
        from approvals.store.redis.lock import LockedStore, open_redis_lock  # noqa: PLC0415 - as above

        return LockedStore(store, open_redis_lock(redis_url, self._clock, _lock_failed))


def _lock_failed(reason: str) -> None:
    """The lock only spares conflicts; without it the version check still protects."""
    _log.warning("working without the Redis lock", reason=reason)


@cache
def wiring() -> Wiring:
    """The one wiring of this process."""
    return Wiring(SystemClock())
