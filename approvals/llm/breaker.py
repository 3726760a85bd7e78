# SPDX-License-Identifier: Apache-2.0
"""A circuit breaker: an endpoint that keeps failing or being slow gets no calls for a while.

It follows resilience4j's count-based breaker (its CircuitBreaker guide). No lock is held while a call runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from threading import Lock
from types import TracebackType
from typing import Final, NamedTuple, Self

from approvals.clock import Clock
from approvals.errors import ApprovalError, ErrorCode, shown

MOST_MODELS: Final = 256
OTHER_MODELS: Final = "(other)"
PROBE_LOST: Final = 300.0
"""Seconds, more than any call may last: a probe out for longer is lost, and half-open starts anew."""


class BreakerState(StrEnum):
    """Closed admits calls, open admits none, half-open admits a few probes."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


Change = tuple[BreakerState, BreakerState]


class Rates(NamedTuple):
    """Of `calls` calls, how many failed and how many were slow. A call can be both."""

    calls: int
    failed: int
    slow: int

    @property
    def failure_rate(self) -> float:
        """0.0 to 1.0; 0.0 without calls."""
        return self.failed / self.calls if self.calls else 0.0

    @property
    def slow_rate(self) -> float:
        """0.0 to 1.0; 0.0 without calls."""
        return self.slow / self.calls if self.calls else 0.0

    def __str__(self) -> str:
        return f"{self.failed} failed and {self.slow} slow of the last {self.calls}"


class SlidingWindow:
    """Outcomes of the last `size` calls, with rates in O(1). Not thread-safe: the breaker locks."""

    __slots__ = ("_calls", "_failed", "_next", "_ring", "_slow")

    def __init__(self, size: int) -> None:
        self._ring: list[tuple[bool, bool]] = [(False, False)] * size
        self._next = 0
        self._calls = self._failed = self._slow = 0

    def record(self, *, failed: bool, slow: bool) -> None:
        """Add one call, forgetting the oldest when full."""
        forgotten_failed, forgotten_slow = self._ring[self._next]
        self._ring[self._next] = (failed, slow)
        self._next = (self._next + 1) % len(self._ring)
        self._calls = min(self._calls + 1, len(self._ring))
        self._failed += failed - forgotten_failed
        self._slow += slow - forgotten_slow

    def rates(self) -> Rates:
        return Rates(self._calls, self._failed, self._slow)


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


@dataclass(frozen=True, slots=True)
class BreakerSnapshot:
    """For `/health` and metrics. `probe_in`: seconds until an open breaker lets a call through, else 0.0."""

    state: BreakerState
    rates: Rates
    probe_in: float


class Permit:
    """Permission for one call. Report its outcome once; only the first report counts.

    As a context manager, a permit without a report counts as ignored, so that a probe's slot is never lost.
    """

    __slots__ = ("_breaker", "_era", "_open")

    def __init__(self, breaker: "Breaker", era: int) -> None:
        self._breaker = breaker
        self._era = era
        self._open = True

    def success(self, seconds: float) -> None:
        """The call succeeded and took so many seconds."""
        self._close(failed=False, seconds=seconds)

    def failure(self, seconds: float) -> None:
        """The call failed in a way that counts against the endpoint."""
        self._close(failed=True, seconds=seconds)

    def ignored(self) -> None:
        """The call says nothing about the endpoint: never sent, refused for its content, or limited by 429."""
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
        *,
        name: str = "the model endpoint",
    ) -> None:
        """`on_transition(old, new)` is called for each change of state, outside the lock; it must not raise."""
        self._name = name
        self.rules = rules or BreakerRules()
        self._clock = clock
        self._on_transition = on_transition
        self._lock = Lock()
        self._state = BreakerState.CLOSED
        self._era = 0
        self._since = clock.monotonic()
        self._window = SlidingWindow(self.rules.window)
        self._probes_left = 0

    @property
    def state(self) -> BreakerState:
        """The state as of the last call; an open breaker becomes half-open when the next call asks."""
        return self._state

    def permit(self) -> Permit:
        """Permission to call. Raises `circuit_open`, which says when the endpoint will be tried again."""
        era = self._era  # before the state: a permit of an era that just ended counts for nothing
        if self.state is BreakerState.CLOSED:
            return Permit(self, era)
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
        """Enter half-open after the wait, and again when probes were lost."""
        if self._state is BreakerState.CLOSED:
            return None
        patience = self.rules.open_seconds if self._state is BreakerState.OPEN else PROBE_LOST
        if self._clock.monotonic() - self._since < patience:
            return None
        return self._enter(BreakerState.HALF_OPEN)

    def record(self, era: int, *, failed: bool, seconds: float) -> None:
        """Record the outcome of a permit of this era. Callers report to their `Permit`, which calls this."""
        with self._lock:
            if era != self._era:
                return
            self._window.record(failed=failed, slow=seconds >= self.rules.slow_seconds)
            change = self._decide()
        self._report(change)

    def give_back(self, era: int) -> None:
        """A permit of this era was not used, or its call says nothing."""
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
            self._window = SlidingWindow(size)
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
                f"Calls to {self._name} are being resumed with {self.rules.probes} probes, and this one is not among "
                "them. Try again in a few seconds."
            )
        return (
            f"Calls to {self._name} are stopped: {self._window.rates()} calls. They resume in "
            f"{self._probe_in():.1f} s. Try again then, or check base_url and the provider's status page."
        )

    def snapshot(self) -> BreakerSnapshot:
        """The present state. The cost does not grow with the window."""
        with self._lock:
            return BreakerSnapshot(self._state, self._window.rates(), self._probe_in())

    def __repr__(self) -> str:
        now = self.snapshot()
        when = f", probes in {now.probe_in:.1f} s" if now.state is BreakerState.OPEN else ""
        return f"Breaker({now.state}: {now.rates}{when})"


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
        """`on_transition(model, old, new)` is called for each change of state; it must not raise."""
        self._clock = clock
        self._rules = rules or BreakerRules()
        self._on_transition = on_transition
        self._breakers: dict[str, Breaker] = {}

    def of(self, model: str) -> Breaker:
        """The breaker of `model`, created on first use."""
        found = self._breakers.get(model)
        if found is None:
            name = model if len(self._breakers) < MOST_MODELS else OTHER_MODELS
            made = Breaker(
                self._clock, self._rules, partial(self._on_transition, name), name=f"model {shown(name)}"
            )
            found = self._breakers.setdefault(name, made)
        return found

    def snapshots(self) -> dict[str, BreakerSnapshot]:
        """The present state of each model's breaker."""
        return {model: breaker.snapshot() for model, breaker in list(self._breakers.items())}

    def reconfigure(self, rules: BreakerRules) -> None:
        """Apply other rules from now on."""
        self._rules = rules
        for breaker in list(self._breakers.values()):
            breaker.rules = rules

    def __repr__(self) -> str:
        return f"ModelBreakers({self._breakers})"
