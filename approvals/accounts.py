# SPDX-License-Identifier: Apache-2.0
"""One account at a model provider: a URL and a key. Credential sets that name the same ones share all of it.

A provider counts requests per key, so that limiter, breakers, connections and slots hang on URL and key alone, and
not on the other settings. Where the sets set different limits, the strictest of those in use apply.
"""

from collections.abc import Callable, Mapping
from random import SystemRandom
from typing import Final, NamedTuple

import httpx

from approvals.clock import Clock
from approvals.fifo_semaphore import FifoSemaphore
from approvals.llm import LlmClient, Prices
from approvals.llm.breaker import BreakerRules, BreakerState, ModelBreakers
from approvals.llm.observer import MetricsObserver
from approvals.llm.rate_limit.limiter import FairLimiter, LimiterSnapshot
from approvals.llm.rate_limit.limits import Limits
from approvals.llm.rate_limit.shared_token_bucket import SharingChange
from approvals.llm.retry import Retry
from approvals.settings import Settings

IN_USE_SECONDS: Final = 600.0
"""A credential set without a call for so long no longer counts: it may be one that an admin has replaced."""
_REVIEW_SECONDS: Final = 60.0
_SLOW: Final = 0.8  # of the deadline: a reply this late has left no time for another attempt


class _Member(NamedTuple):
    """A credential set of the account."""

    settings: Settings
    observer: MetricsObserver
    used_at: float


class AccountStanding(NamedTuple):
    """`breakers` by model; `in_flight` calls hold a slot now."""

    limiter: LimiterSnapshot
    breakers: Mapping[str, BreakerState]
    in_flight: int


class Account:
    """The client parts that all credential sets of one URL and key share."""

    def __init__(self, settings: Settings, clock: Clock, transport: httpx.BaseTransport) -> None:
        """`settings` are those of the first credential set."""
        self.transport = transport
        self._clock = clock
        self._members: dict[str, _Member] = {}
        self._review_at = 0.0
        self._slots = FifoSemaphore(settings.max_concurrency)
        self._limiter = _limiter(settings, clock, self._sharing_changed)
        self._breakers = ModelBreakers(clock, _rules([settings]), self._breaker_changed)

    def client(
        self, settings: Settings, observer: MetricsObserver, version: str, identity: str = ""
    ) -> LlmClient:
        """A client for one credential set, which counts as in use from now on.

        `identity` is that of the set where it is not the one of its settings: each workspace has its own.
        """
        self._members[identity or settings.identity] = _Member(settings, observer, self._clock.monotonic())
        self._review()
        return LlmClient(
            url=settings.url,
            api_key=settings.api_key,
            clock=self._clock,
            transport=self.transport,
            slots=self._slots,
            limiter=self._limiter,
            breakers=self._breakers,
            retry=Retry(self._clock, SystemRandom()),
            prices=Prices(settings.prices),
            observer=observer,
            version=version,
        )

    def note_use(self, identity: str) -> None:
        """A call with this credential set begins."""
        now = self._clock.monotonic()
        member = self._members.get(identity)
        if member is not None:
            self._members[identity] = member._replace(used_at=now)
        if now >= self._review_at:
            self._review()

    def remove(self, identity: str) -> bool:
        """Forget a credential set. True if it was the last one, with which the account is closed."""
        self._members.pop(identity, None)
        if self._members:
            self._review()
            return False
        self.transport.close()
        self._limiter.close()
        return True

    def standing(self) -> "AccountStanding":
        """The present state, read without I/O."""
        return AccountStanding(self._limiter.snapshot(), self._breakers.states(), self._slots.in_use)

    def _review(self) -> None:
        """Apply the strictest limits of the credential sets in use."""
        now = self._clock.monotonic()
        self._review_at = now + _REVIEW_SECONDS
        members = list(self._members.values())
        in_use = [member.settings for member in members if now - member.used_at <= IN_USE_SECONDS]
        if not in_use:
            return
        limits = _limits(in_use)
        if limits != self._limiter.limits:
            self._limiter.reconfigure(limits)
        slots = min(settings.max_concurrency for settings in in_use)
        if slots != self._slots.size:
            self._slots.resize(slots)
        self._breakers.reconfigure(_rules(in_use))

    def _breaker_changed(self, model: str, old: BreakerState, new: BreakerState) -> None:
        for member in list(self._members.values()):
            member.observer.breaker_changed(model, old, new)

    def _sharing_changed(self, change: SharingChange) -> None:
        for member in list(self._members.values()):
            member.observer.sharing_changed(change)


def _limiter(settings: Settings, clock: Clock, on_change: Callable[[SharingChange], None]) -> FairLimiter:
    redis_url = settings.redis_url.get_secret_value()
    limits = _limits([settings])
    if not redis_url:
        return FairLimiter.in_memory(limits, clock)
    return FairLimiter.shared(limits, redis_url, settings.fingerprint, clock, on_change)


def _limits(in_use: list[Settings]) -> Limits:
    return Limits(
        min(settings.rpm_limit for settings in in_use), min(settings.tpm_limit for settings in in_use)
    )


def _rules(in_use: list[Settings]) -> BreakerRules:
    return BreakerRules(slow_seconds=_SLOW * max(settings.deadline_seconds for settings in in_use))
