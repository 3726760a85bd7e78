# SPDX-License-Identifier: Apache-2.0
"""A circuit breaker: an endpoint that keeps failing, or keeps being slow, is left alone for a while.

The model is resilience4j's count-based breaker (its CircuitBreaker guide). No lock is held while a call runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from types import TracebackType
from typing import Final, Self

from approvals.clock import Clock
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.call_window import CallWindow, Rates

PROBE_LOST: Final = 300.0
"""Seconds, more than any call may last: a probe out for longer is lost, and half-open starts anew."""


class BreakerState(StrEnum):
    """Closed lets calls through, open lets none, half-open a few to see."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


Change = tuple[BreakerState, BreakerState]


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """When to open, and when to look again. Rates are parts of one; a rate that is reached opens.

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


@dataclass(frozen=True, slots=True)
class BreakerSnapshot:
    """For `/health` and metrics. `probe_in`: seconds until an open breaker lets a call through, else 0.0."""

    state: BreakerState
    rates: Rates
    probe_in: float


class Permit:
    """Leave to make one call. Say once how it went; only the first word counts.

    As a context manager, one that ends without a word counts as ignored, so that a probe's place is never lost.
    """

    __slots__ = ("_breaker", "_era", "_open")

    def __init__(self, breaker: "Breaker", era: int) -> None:
        self._breaker = breaker
        self._era = era
        self._open = True

    def success(self, seconds: float) -> None:
        """It went well and took so long."""
        self._close(failed=False, seconds=seconds)

    def failure(self, seconds: float) -> None:
        """It failed in a way that speaks against the endpoint."""
        self._close(failed=True, seconds=seconds)

    def ignored(self) -> None:
        """It says nothing about the endpoint: never sent, refused for what it asked, or limited by 429."""
        if self._open:
            self._open = False
            self._breaker.give_back(self._era)

    def _close(self, *, failed: bool, seconds: float) -> None:
        if self._open:
            self._open = False
            self._breaker.record(self._era, failed=failed, seconds=seconds)

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
    ) -> None:
        """`on_transition(old, new)` hears of each change of state, outside the lock; it must not raise."""
        self.rules = rules or BreakerRules()
        self._clock = clock
        self._on_transition = on_transition
        self._lock = Lock()
        self._state = BreakerState.CLOSED
        self._era = 0
        self._since = clock.monotonic()
        self._window = CallWindow(self.rules.window, self.rules.slow_seconds)
        self._probes_left = 0

    @property
    def state(self) -> BreakerState:
        """The state as of the last call; an open breaker becomes half-open when the next call asks."""
        return self._state

    def permit(self) -> Permit:
        """Leave to call. Raises `circuit_open`, which says when the endpoint will be tried again."""
        with self._lock:
            change = self._look_again()
            if self._state is BreakerState.OPEN or (
                self._state is BreakerState.HALF_OPEN and self._probes_left == 0
            ):
                raise ApprovalError(ErrorCode.CIRCUIT_OPEN, self._refusal())
            if self._state is BreakerState.HALF_OPEN:
                self._probes_left -= 1
            permit = Permit(self, self._era)
        self._report(change)
        return permit

    def _look_again(self) -> Change | None:
        """Open long enough, or half-open with probes that never came back: let new probes through."""
        if self._state is BreakerState.CLOSED:
            return None
        patience = self.rules.open_seconds if self._state is BreakerState.OPEN else PROBE_LOST
        if self._clock.monotonic() - self._since < patience:
            return None
        return self._enter(BreakerState.HALF_OPEN)

    def record(self, era: int, *, failed: bool, seconds: float) -> None:
        """What a permit of this era has seen. Callers tell their `Permit`, which tells this."""
        with self._lock:
            if era != self._era:
                return
            self._window.record(failed=failed, seconds=seconds)
            change = self._decide()
        self._report(change)

    def give_back(self, era: int) -> None:
        """A permit of this era was not used, or says nothing."""
        with self._lock:
            if era == self._era and self._state is BreakerState.HALF_OPEN:
                self._probes_left += 1

    def _decide(self) -> Change | None:
        """When closed after each call, when half-open after the last probe; while open nothing is recorded."""
        rules, rates = self.rules, self._window.rates()
        half_open = self._state is BreakerState.HALF_OPEN
        if rates.calls < (rules.probes if half_open else rules.minimum_calls):
            return None
        if rates.failure_rate >= rules.failure_rate or rates.slow_rate >= rules.slow_rate:
            return self._enter(BreakerState.OPEN)
        return self._enter(BreakerState.CLOSED) if half_open else None

    def _enter(self, state: BreakerState) -> Change:
        """Begin a new era. An open breaker keeps the window that opened it, to show why."""
        change = (self._state, state)
        self._state = state
        self._era += 1
        self._since = self._clock.monotonic()
        if state is not BreakerState.OPEN:
            half_open = state is BreakerState.HALF_OPEN
            size = self.rules.probes if half_open else self.rules.window
            self._window = CallWindow(size, self.rules.slow_seconds)
            self._probes_left = self.rules.probes if half_open else 0
        return change

    def _report(self, change: Change | None) -> None:
        if change is not None and change[0] is not change[1]:
            self._on_transition(*change)

    def _probe_in(self) -> float:
        if self._state is not BreakerState.OPEN:
            return 0.0
        return max(0.0, self._since + self.rules.open_seconds - self._clock.monotonic())

    def _refusal(self) -> str:
        if self._state is BreakerState.HALF_OPEN:
            return (
                f"The model endpoint is being tried again with {self.rules.probes} calls, and this one is "
                "held back until they are done. Try again in a few seconds."
            )
        return (
            f"The model endpoint is left alone: {self._window.rates()} calls to it. It will be tried again "
            f"in {self._probe_in():.1f} s. Try again then, or check base_url and the provider's status page."
        )

    def snapshot(self) -> BreakerSnapshot:
        """How things stand, at a cost that does not grow with the window."""
        with self._lock:
            return BreakerSnapshot(self._state, self._window.rates(), self._probe_in())

    def __repr__(self) -> str:
        now = self.snapshot()
        when = f", probes in {now.probe_in:.1f} s" if now.state is BreakerState.OPEN else ""
        return f"Breaker({now.state}: {now.rates}{when})"
