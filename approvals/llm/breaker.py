# SPDX-License-Identifier: Apache-2.0
"""A circuit breaker: an endpoint that keeps failing or being slow gets no calls for a while.

It follows resilience4j's count-based breaker (its CircuitBreaker guide). No lock is held while a call runs.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from threading import Lock
from types import TracebackType
from typing import Final, NamedTuple, Self

from approvals.clock import Clock
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.telemetry.metrics import MOST_MODELS, OTHER_MODELS

PROBE_LOST: Final = 300.0
"""Seconds, more than any call may last: a probe out for longer is lost, and half-open starts anew."""


class BreakerState(StrEnum):
    """Closed admits calls, open admits none, half-open admits a few probes."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Rates(NamedTuple):
    """Of `calls` calls, how many failed and how many were slow. A call can be both."""

    calls: int
    failed: int
    slow: int

    def __str__(self) -> str:
        return f"{self.failed} failed and {self.slow} slow of the last {self.calls}"


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """When to open, and when to probe. Rates are fractions of one; reaching a rate opens.

    resilience4j's defaults (window 100, minimum 100, 50 % failed, 100 % slow at 60 s, 60 s open, 10 probes) are
    made for busy services. A model is called seldom and slowly, so window and waits are shorter here.
    """

    window: int = 20
    minimum_calls: int = 10
    failure_rate: float = 0.5
    slow_seconds: float = 50.0
    """Near the default deadline of 60 s: a reply this late has left no time for another attempt."""
    slow_rate: float = 0.8
    open_seconds: float = 30.0
    probes: int = 3

    def __post_init__(self) -> None:
        if not (1 <= self.minimum_calls <= self.window and self.probes >= 1):
            raise ValueError(f"minimum_calls must be 1 to window, probes at least 1: {self}")


class Permit:
    """Permission for one call. Report its outcome once; only the first report counts.

    As a context manager, a permit without a report counts as ignored, so that a probe's slot is never lost.
    """

    __slots__ = ("_breaker", "_era")

    def __init__(self, breaker: "Breaker", era: int) -> None:
        self._breaker = breaker
        self._era: int | None = era

    def success(self, seconds: float) -> None:
        self._report(seconds)

    def failure(self, seconds: float) -> None:
        """The call failed in a way that counts against the endpoint."""
        self._report(seconds, failed=True)

    def ignored(self) -> None:
        """The call says nothing about the endpoint: never sent, refused for its content, or limited by 429."""
        self._report(None)

    def _report(self, seconds: float | None, *, failed: bool = False) -> None:
        era, self._era = self._era, None
        if era is not None:
            self._breaker.record(era, seconds, failed=failed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ignored()


class Breaker:
    """One endpoint's breaker.

    An era is the time between two changes of state. What comes from an earlier one no longer counts.
    """

    def __init__(
        self,
        clock: Clock,
        rules: BreakerRules | None = None,
        on_transition: Callable[[BreakerState, BreakerState], None] = lambda _old, _new: None,
        *,
        name: str = "the model endpoint",
    ) -> None:
        """`on_transition(old, new)` is called for each change of state, outside the lock; it must not raise."""
        self._name = name
        self.rules = rules or BreakerRules()
        self._clock = clock
        self._on_transition = on_transition
        self._lock = Lock()
        self._era = 0
        self.state = BreakerState.CLOSED
        """As of the last call; an open breaker becomes half-open when the next call asks."""
        self._enter(BreakerState.CLOSED)

    @property
    def rates(self) -> Rates:
        """Of the calls since the last change of state; while open, of those that opened it."""
        return Rates(len(self._failed), sum(self._failed), sum(self._slow))

    @property
    def probe_in(self) -> float:
        """Seconds until an open breaker lets a call through, else 0.0."""
        if self.state is not BreakerState.OPEN:
            return 0.0
        return max(0.0, self._since + self.rules.open_seconds - self._clock.monotonic())

    def permit(self) -> Permit:
        """Permission to call. Raises `circuit_open`, which says when the endpoint will be tried again."""
        era, state = (
            self._era,
            self.state,
        )  # in this order: a permit of an era that just ended counts for nothing
        if state is BreakerState.CLOSED:
            return Permit(self, era)
        with self._lock:
            before = self.state
            self._look_again()
            after = self.state
            if after is not BreakerState.CLOSED:
                if self._probes_left == 0:
                    raise ApprovalError(ErrorCode.CIRCUIT_OPEN, self._refusal())
                self._probes_left -= 1
            permit = Permit(self, self._era)
        self._tell(before, after)
        return permit

    def _look_again(self) -> None:
        """Enter half-open after the wait, and again when probes were lost."""
        patience = self.rules.open_seconds if self.state is BreakerState.OPEN else PROBE_LOST
        if self.state is not BreakerState.CLOSED and self._clock.monotonic() - self._since >= patience:
            self._enter(BreakerState.HALF_OPEN)

    def record(self, era: int, seconds: float | None, *, failed: bool) -> None:
        """The outcome of a permit of this era, which reports it; None where it says nothing."""
        with self._lock:
            before = self.state
            if era != self._era:
                return
            if seconds is None:
                self._probes_left += before is BreakerState.HALF_OPEN
                return
            self._failed.append(failed)
            self._slow.append(seconds >= self.rules.slow_seconds)
            self._decide()
            after = self.state
        self._tell(before, after)

    def _decide(self) -> None:
        """When closed after each call, when half-open after the last probe; while open nothing is recorded."""
        rules, (calls, failed, slow) = self.rules, self.rates
        half_open = self.state is BreakerState.HALF_OPEN
        if calls < (rules.probes if half_open else rules.minimum_calls):
            return
        if failed / calls >= rules.failure_rate or slow / calls >= rules.slow_rate:
            self._enter(BreakerState.OPEN)
        elif half_open:
            self._enter(BreakerState.CLOSED)

    def _enter(self, state: BreakerState) -> None:
        """Begin a new era. An open breaker keeps the window that opened it, to show why."""
        self.state = state
        self._era += 1
        self._since = self._clock.monotonic()
        self._probes_left = self.rules.probes if state is BreakerState.HALF_OPEN else 0
        if state is not BreakerState.OPEN:
            size = self._probes_left or self.rules.window
            self._failed, self._slow = deque[bool](maxlen=size), deque[bool](maxlen=size)

    def _tell(self, before: BreakerState, after: BreakerState) -> None:
        if after is not before:
            self._on_transition(before, after)

    def _refusal(self) -> str:
        if self.state is BreakerState.HALF_OPEN:
            return (
                f"Calls to {self._name} are being resumed with {self.rules.probes} probes, and this one is not among "
                "them. Try again in a few seconds."
            )
        return (
            f"Calls to {self._name} are stopped: {self.rates} calls. They resume in "
            f"{self.probe_in:.1f} s. Try again then, or check base_url and the provider's status page."
        )

    def __repr__(self) -> str:
        when = f", probes in {self.probe_in:.1f} s" if self.state is BreakerState.OPEN else ""
        return f"Breaker({self.state}: {self.rates}{when})"


class ModelBreakers:
    """One breaker per model, so that a model that fails does not stop the calls to others.

    A tool call may name any model: those beyond `MOST_MODELS` share one breaker.
    """

    def __init__(
        self,
        clock: Clock,
        rules: BreakerRules | None = None,
        on_transition: Callable[[str, BreakerState, BreakerState], None] = lambda _model, _old, _new: None,
    ) -> None:
        self._clock = clock
        self._rules = rules or BreakerRules()
        self._on_transition = on_transition
        self._breakers: dict[str, Breaker] = {}

    def of(self, model: str) -> Breaker:
        found = self._breakers.get(model)
        if found is None:
            name = model if len(self._breakers) < MOST_MODELS else OTHER_MODELS
            changed = partial(self._on_transition, name)
            made = Breaker(self._clock, self._rules, changed, name=f"model {shown(name)}")
            found = self._breakers.setdefault(name, made)
        return found

    def states(self) -> dict[str, BreakerState]:
        return {model: breaker.state for model, breaker in list(self._breakers.items())}

    def reconfigure(self, rules: BreakerRules) -> None:
        self._rules = rules
        for breaker in list(self._breakers.values()):
            breaker.rules = rules

    def __repr__(self) -> str:
        return f"ModelBreakers({self._breakers})"
