# SPDX-License-Identifier: Apache-2.0
"""The breaker against a model of it that keeps every result in plain lists, and what its callers see."""

import threading
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.breaker import (
    PROBE_LOST,
    Breaker,
    BreakerRules,
    BreakerState,
    ModelBreakers,
    Permit,
    Rates,
)
from approvals.telemetry.metrics import MOST_MODELS
from bench.limiter_hour import SimulatedClock

CLOSED, OPEN, HALF_OPEN = BreakerState
SLOW = 10.0


@dataclass
class Model:
    """The breaker as its description has it: results are a list, states begin at a time, probes are counted."""

    rules: BreakerRules
    state: BreakerState = CLOSED
    since: float = 0.0
    era: int = 0
    results: list[tuple[bool, bool]] = field(default_factory=list)
    probes_out: int = 0
    changes: list[tuple[BreakerState, BreakerState]] = field(default_factory=list)

    def enter(self, state: BreakerState, now: float) -> None:
        if state is not self.state:
            self.changes.append((self.state, state))
        if state is not OPEN:
            self.results, self.probes_out = [], 0
        self.state, self.since, self.era = state, now, self.era + 1

    def permit(self, now: float) -> bool:
        open_long_enough = self.state is OPEN and now - self.since >= self.rules.open_seconds
        probes_lost = self.state is HALF_OPEN and now - self.since >= PROBE_LOST
        if open_long_enough or probes_lost:
            self.enter(HALF_OPEN, now)
        if self.state is OPEN or (self.state is HALF_OPEN and self.probes_out == self.rules.probes):
            return False
        self.probes_out += 1
        return True

    def ignored(self, era: int) -> None:
        if era == self.era:
            self.probes_out -= 1

    def result(self, era: int, failed: bool, slow: bool, now: float) -> None:
        if era != self.era:
            return
        self.results = [*self.results, (failed, slow)][-self.size :]
        enough = self.rules.probes if self.state is HALF_OPEN else self.rules.minimum_calls
        calls = len(self.results)
        if calls < enough:
            return
        bad = (
            sum(failed for failed, _ in self.results) / calls >= self.rules.failure_rate
            or sum(slow for _, slow in self.results) / calls >= self.rules.slow_rate
        )
        if bad:
            self.enter(OPEN, now)
        elif self.state is HALF_OPEN:
            self.enter(CLOSED, now)

    @property
    def size(self) -> int:
        return self.rules.probes if self.state is HALF_OPEN else self.rules.window

    @property
    def rates(self) -> Rates:
        return Rates(
            len(self.results),
            sum(failed for failed, _ in self.results),
            sum(slow for _, slow in self.results),
        )


class BreakerFollowsItsModel(RuleBasedStateMachine):
    @initialize(
        window=st.integers(2, 8),
        minimum=st.integers(1, 8),
        failure_rate=st.sampled_from([0.3, 0.5, 1.0]),
        slow_rate=st.sampled_from([0.5, 1.0]),
        probes=st.integers(1, 4),
    )
    def begin(self, window: int, minimum: int, failure_rate: float, slow_rate: float, probes: int) -> None:
        rules = BreakerRules(window, min(minimum, window), failure_rate, SLOW, slow_rate, 30, probes)
        self.clock = SimulatedClock()
        self.changes: list[tuple[BreakerState, BreakerState]] = []
        self.breaker = Breaker(self.clock, rules, lambda old, new: self.changes.append((old, new)))
        self.model = Model(rules)
        self.under_way: list[tuple[Permit, int]] = []

    @rule(seconds=st.sampled_from([0.5, 15, 29.5, 30, PROBE_LOST]))
    def time_passes(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    @rule()
    def ask(self) -> None:
        allowed = self.model.permit(self.clock.monotonic())
        if allowed:
            self.under_way.append((self.breaker.permit(), self.model.era))
        else:
            with pytest.raises(ApprovalError) as refused:
                self.breaker.permit()
            assert refused.value.code is ErrorCode.CIRCUIT_OPEN

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0, 30), failed=st.booleans(), slow=st.booleans(), twice=st.booleans())
    def a_call_ends(self, which: int, failed: bool, slow: bool, twice: bool) -> None:
        permit, era = self.under_way.pop(which % len(self.under_way))
        say = permit.failure if failed else permit.success
        for _ in range(2 if twice else 1):
            say(SLOW if slow else SLOW - 0.01)
        self.model.result(era, failed, slow, self.clock.monotonic())

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0, 30), dropped=st.booleans())
    def a_call_says_nothing(self, which: int, dropped: bool) -> None:
        permit, era = self.under_way.pop(which % len(self.under_way))
        if dropped:
            with permit:
                pass
        else:
            permit.ignored()
        self.model.ignored(era)

    @invariant()
    def both_agree(self) -> None:
        assert self.breaker.state is self.model.state
        assert self.breaker.rates == self.model.rates
        assert self.changes == self.model.changes


TestBreakerFollowsItsModel = BreakerFollowsItsModel.TestCase
TestBreakerFollowsItsModel.settings = settings(max_examples=200, stateful_step_count=60, deadline=None)


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


def opened(clock: SimulatedClock) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(breaker.rules.minimum_calls):
        breaker.permit().failure(1.0)
    return breaker


def test_an_open_breaker_says_why_and_when_it_will_try_again(clock: SimulatedClock) -> None:
    breaker = opened(clock)
    clock.sleep(12)
    with pytest.raises(ApprovalError) as refused:
        breaker.permit()
    assert "10 failed and 0 slow of the last 10 calls" in refused.value.message
    assert "resume in 18.0 s" in refused.value.message
    assert breaker.probe_in == 18.0
    assert repr(breaker) == "Breaker(open: 10 failed and 0 slow of the last 10, probes in 18.0 s)"


def test_half_open_lets_three_through_and_tells_the_others_to_wait(clock: SimulatedClock) -> None:
    breaker = opened(clock)
    clock.sleep(30)
    probes = [breaker.permit() for _ in range(3)]
    with pytest.raises(ApprovalError, match="resumed with 3 probes, and this one is not among them"):
        breaker.permit()
    for probe in probes:
        assert breaker.state is HALF_OPEN
        probe.success(1.0)
    assert repr(breaker) == "Breaker(closed: 0 failed and 0 slow of the last 0)"


def test_a_probe_that_breaks_off_gives_its_place_to_another(clock: SimulatedClock) -> None:
    breaker = opened(clock)
    clock.sleep(30)
    for _ in range(50):
        with pytest.raises(KeyboardInterrupt), breaker.permit():
            raise KeyboardInterrupt
    for _ in range(3):
        breaker.permit().success(1.0)
    assert breaker.state is CLOSED


def test_an_endpoint_that_is_only_slow_is_left_alone_too(clock: SimulatedClock) -> None:
    breaker = Breaker(clock)
    for _ in range(10):
        breaker.permit().success(breaker.rules.slow_seconds)
    assert breaker.state is OPEN


def test_twenty_calls_run_side_by_side(clock: SimulatedClock) -> None:
    breaker = Breaker(clock)
    together = threading.Barrier(20, timeout=20)

    def call() -> None:
        with breaker.permit() as permit:
            together.wait()
            permit.success(1.0)

    threads = [threading.Thread(target=call) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert breaker.rates == Rates(calls=20, failed=0, slow=0)


@pytest.mark.parametrize("numbers", [{"minimum_calls": 21}, {"minimum_calls": 0}, {"probes": 0}])
def test_rules_that_could_never_open_or_close_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="minimum_calls must be 1 to window"):
        BreakerRules(**numbers)


def test_each_model_has_a_breaker_of_its_own_up_to_a_bound(clock: SimulatedClock) -> None:
    changes: list[str] = []
    breakers = ModelBreakers(
        clock, on_transition=lambda model, old, new: changes.append(f"{model} {old} {new}")
    )
    for _ in range(10):
        breakers.of("failing").permit().failure(1.0)

    with pytest.raises(ApprovalError, match="model 'failing' are stopped"):
        breakers.of("failing").permit()
    breakers.of("sound").permit().success(1.0)
    assert changes == ["failing closed open"]

    for number in range(2 * MOST_MODELS):
        breakers.of(f"model {number}").permit().ignored()
    assert breakers.of("one more") is breakers.of("and another")


def test_rules_that_change_apply_to_calls_from_now_on(clock: SimulatedClock) -> None:
    breakers = ModelBreakers(clock, BreakerRules(slow_seconds=10.0))
    for _ in range(7):
        breakers.of("m").permit().success(20.0)

    breakers.reconfigure(BreakerRules(slow_seconds=30.0))
    for _ in range(11):
        breakers.of("m").permit().success(20.0)

    assert breakers.of("m").state is CLOSED
