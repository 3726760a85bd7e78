# SPDX-License-Identifier: Apache-2.0
"""Builds what the use cases need, and keeps it: one set of resources per credential set, for the life of the process.

Dify's loader executes tool files apart from normal imports, so what must exist once lives here, in a module that
everything imports by name.
"""

import os
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from threading import Lock

import httpx

from approvals.accounts import Account
from approvals.analysis.analyst import Analyst
from approvals.analysis.asking import REPLY_SCHEMA
from approvals.clock import Clock, SystemClock
from approvals.credential_check import (
    CHECK_SECONDS,
    check_database,
    check_endpoint,
    check_redis,
    refuse_foreign_key,
    require_prices,
)
from approvals.environment import proxy_for, tls_context
from approvals.llm import Deadline, LlmClient, Prices
from approvals.llm.budget import BudgetedCalls, SpendCounter
from approvals.llm.observer import MetricsObserver
from approvals.llm.transport import LaneTransport
from approvals.notifications.sending import WebhookSender, transport_to
from approvals.service import ApprovalService
from approvals.service.heavy_work import HeavyWork
from approvals.service.notifying import UNNOTIFIED, Notifier, Notifying
from approvals.service.observing import MetricsOfRequests
from approvals.service.reporting import StoreReport
from approvals.settings import Settings
from approvals.store.dify.spend import DifySpend
from approvals.store.dify.storage import KeyValue
from approvals.store.dify.store import DifyStore
from approvals.store.dify.usage import GRANTED_BYTES, granted_in
from approvals.store.dify.workspace import Workspaces, WorkspaceState
from approvals.store.protocol import ApprovalStore
from approvals.store.timed import timed
from approvals.store.ttl_cache import Recent
from approvals.telemetry import CallMetrics, get_logger
from approvals.telemetry.request_metrics import RequestMetrics
from approvals.web.links import links_of

_log = get_logger(__name__)

VERSION = "0.2.0"
REPORT_SECONDS = 60.0  # for so long a count that took long is not made again
KEPT_AT_MOST = 256  # credential sets; the least recently used go first


@dataclass(frozen=True, slots=True)
class CredentialResources:
    """What one credential set has in one workspace: its client and metrics, and its store if it is not Dify's.

    `spend` counts what the daily budget allows, where that is not Dify's storage either.
    """

    account: Account
    client: LlmClient
    metrics: CallMetrics
    request_metrics: RequestMetrics
    analyst: Analyst
    sender: WebhookSender | None
    store: ApprovalStore | None
    spend: SpendCounter | None
    close_store: Callable[[], None]
    slow_report: Recent[str, StoreReport]
    """The last count of what is open, where it took long."""


class Wiring:
    """Everything that outlives a call. Safe to use from many greenlets at once."""

    def __init__(
        self,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
        notify_transport: httpx.BaseTransport | None = None,
        granted_bytes: int = GRANTED_BYTES,
    ) -> None:
        """`transport` carries all calls to models, `notify_transport` all notices; by default each has its own.

        `granted_bytes`: what Dify grants each workspace for its storage.
        """
        self._clock = clock
        self._transport = transport
        self._notify_transport = notify_transport
        self._building = Lock()
        self._guard = Lock()
        self._resources: OrderedDict[str, CredentialResources] = OrderedDict()
        self._accounts: dict[tuple[str, str], Account] = {}
        self._heavy_work = HeavyWork(clock)
        self._workspaces = Workspaces(clock, granted_bytes=granted_bytes)

    @property
    def clock(self) -> Clock:
        """The time that everything here goes by."""
        return self._clock

    def service(self, settings: Settings, storage: KeyValue, app_id: str | None) -> ApprovalService:
        """The use cases for one call: these credentials, and the workspace that `storage` belongs to."""
        state = self._workspace(settings, storage, app_id)
        resources = self.resources(settings, state.workspace_id if state else "")
        store, spend = resources.store, resources.spend
        if store is None:
            if state is None:
                raise TypeError("records that are kept in Dify belong to a workspace")
            store = DifyStore(storage, state, self._clock)
            spend = spend or DifySpend(storage, state, settings.fingerprint)
        store = timed(store, resources.request_metrics.stored)
        return ApprovalService(
            store,
            self._within_budget(resources, settings, spend),
            self._clock,
            default_model=settings.model,
            deadline_seconds=settings.deadline_seconds,
            max_concurrency=settings.max_concurrency,
            ledger_keys=settings.ledger_keys,
            new_id=lambda: f"req_{secrets.token_hex(16)}",
            observe_overhead=resources.metrics.overhead,
            observer=MetricsOfRequests(resources.request_metrics),
            notifier=self._notifier(resources, store),
            heavy_work=self._heavy_work,
        )

    def resources_of(self, settings: Settings, storage: KeyValue, app_id: str | None) -> CredentialResources:
        """What is kept for these credentials in the workspace that `storage` belongs to."""
        state = self._workspace(settings, storage, app_id)
        return self.resources(settings, state.workspace_id if state else "")

    def _workspace(self, settings: Settings, storage: KeyValue, app_id: str | None) -> WorkspaceState | None:
        """The workspace of a call, whose storage holds its records; None where a database does.

        Two workspaces that save the same credentials share what is in it, and so their figures.
        """
        if settings.store_url.get_secret_value():
            return None
        return self._workspaces.state_for(storage, app_id or "")

    def _notifier(self, resources: CredentialResources, store: ApprovalStore) -> Notifier:
        sender = resources.sender
        if sender is None:
            return UNNOTIFIED
        return Notifying(store, self._clock, sender, sender.target.kind, resources.request_metrics.notified)

    def _within_budget(
        self, resources: CredentialResources, settings: Settings, spend: SpendCounter | None
    ) -> Analyst:
        """The analyst, whose calls stop when the day's budget is spent, if there is one."""
        if settings.daily_budget_usd is None or spend is None:
            return resources.analyst
        calls = BudgetedCalls(
            resources.client,
            spend,
            limit_usd=settings.daily_budget_usd,
            prices=Prices(settings.prices),
            clock=self._clock,
            metrics=resources.metrics,
        )
        return resources.analyst.through(calls)

    def resources(self, settings: Settings, workspace_id: str = "") -> CredentialResources:
        """What is kept for these credentials in one workspace, built on first use.

        Raises `bad_parameter` if they cannot work.
        """
        identity = f"{settings.identity}/{workspace_id}"
        kept = self._kept(identity)
        if kept is None:
            with self._building:
                kept = self._kept(identity) or self._build(settings, identity)
                self._keep(identity, kept)
        kept.account.note_use(identity)
        return kept

    def _kept(self, identity: str) -> CredentialResources | None:
        with self._guard:
            kept = self._resources.get(identity)
            if kept is not None:
                self._resources.move_to_end(identity)
            return kept

    def _keep(self, identity: str, resources: CredentialResources) -> None:
        """Keep them, and close those that were not used for longest. Called while building."""
        dropped: list[tuple[str, CredentialResources]] = []
        with self._guard:
            self._resources[identity] = resources
            while len(self._resources) > KEPT_AT_MOST:
                dropped.append(self._resources.popitem(last=False))
        for old_identity, old in dropped:
            self._close(old_identity, old)

    def _close(self, identity: str, resources: CredentialResources) -> None:
        """Close what nobody else uses. A call still under way finishes on connections of its own."""
        resources.close_store()
        if resources.sender is not None:
            resources.sender.close()
        if resources.account.remove(identity):
            self._accounts = {
                key: account for key, account in self._accounts.items() if account is not resources.account
            }

    def check(self, settings: Settings) -> None:
        """Prove that model, database and Redis work with these settings, within `CHECK_SECONDS`.

        Raises an `ApprovalError` that explains to an admin what failed.
        """
        refuse_foreign_key(settings)
        require_prices(settings)
        deadline = Deadline.after(self._clock, CHECK_SECONDS)
        resources = self._build_with(settings, self._new_account(settings), settings.identity)
        try:
            check_endpoint(resources.client, settings.model, REPLY_SCHEMA, deadline, host=settings.url.host)
            if settings.redis_url.get_secret_value():
                check_redis(settings, deadline)
            if resources.store is not None:
                check_database(resources.store, settings, deadline)
        finally:
            resources.close_store()
            resources.account.remove(settings.identity)

    def _build(self, settings: Settings, identity: str) -> CredentialResources:
        key = (settings.fingerprint, settings.redis_url.get_secret_value())
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = self._new_account(settings)
        return self._build_with(settings, account, identity)

    def _new_account(self, settings: Settings) -> Account:
        transport = self._transport or LaneTransport(
            self._clock, context=tls_context(), proxy=proxy_for(settings.url)
        )
        return Account(settings, self._clock, transport)

    def _build_with(self, settings: Settings, account: Account, identity: str) -> CredentialResources:
        store, spend, close_store = self._outside_stores(settings)
        metrics = CallMetrics()
        client = account.client(settings, MetricsObserver(metrics), VERSION, identity)
        analyst = Analyst(
            client, self._clock, model=settings.model, second_model=settings.second_opinion_model
        )
        return CredentialResources(
            account,
            client,
            metrics,
            RequestMetrics(),
            analyst,
            self._sender(settings),
            store,
            spend,
            close_store,
            Recent(self._clock, capacity=1, seconds=REPORT_SECONDS),
        )

    def _sender(self, settings: Settings) -> WebhookSender | None:
        """What delivers notices, where an address is set."""
        target = settings.notify_target
        if target is None:
            return None
        links = links_of(settings.public_url, settings.desk_secret)
        if links is not None:
            target = target._replace(links=links.noticed)
        transport = self._notify_transport or transport_to(
            target, self._clock, allow_private=settings.allow_insecure_http
        )
        return WebhookSender(target, self._clock, transport)

    def _outside_stores(
        self, settings: Settings
    ) -> tuple[ApprovalStore | None, SpendCounter | None, Callable[[], None]]:
        """The store and the counter of spending that the settings name, if any, and what closes their connections.

        Spending is counted in the database, else in Redis.
        """
        store_url = settings.store_url.get_secret_value()
        redis_url = settings.redis_url.get_secret_value()
        if not store_url:
            return self._counter_in_redis(settings, redis_url)
        from approvals.store.sql.factory import open_sql_store  # noqa: PLC0415 - paid for by those who use a database
        from approvals.store.sql.time_limit import CALL_SECONDS  # noqa: PLC0415 - as above

        store = open_sql_store(
            store_url, self._clock, call_seconds=min(CALL_SECONDS, settings.deadline_seconds)
        )
        spend = store.spend_of(settings.fingerprint)
        if not redis_url:
            return store, spend, store.close
        from approvals.store.redis.lock import LockedStore, open_redis_lock  # noqa: PLC0415 - as above

        lock = open_redis_lock(redis_url, self._clock, _lock_failed)

        def close() -> None:
            store.close()
            lock.close()

        return LockedStore(store, lock), spend, close

    def _counter_in_redis(
        self, settings: Settings, redis_url: str
    ) -> tuple[None, SpendCounter | None, Callable[[], None]]:
        if not redis_url or settings.daily_budget_usd is None:
            return None, None, _nothing_to_close
        from approvals.store.redis.spend import open_redis_spend  # noqa: PLC0415 - paid for by those who use Redis

        spend = open_redis_spend(redis_url, settings.fingerprint)
        return None, spend, spend.close


def _nothing_to_close() -> None:
    """Dify keeps its own storage."""


def _lock_failed(reason: str) -> None:
    """The lock only spares conflicts; without it the version check still protects."""
    _log.warning("working without the Redis lock", reason=reason)


@cache
def wiring() -> Wiring:
    """The one wiring of this process."""
    return Wiring(SystemClock(), granted_bytes=granted_in(os.environ))
