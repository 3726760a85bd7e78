# SPDX-License-Identifier: Apache-2.0
"""The bucket against a model of it that keeps every charge ever made and replays them all, in fractions."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from approvals.llm.rate_limit.limits import Limits
from approvals.llm.rate_limit.token_bucket import LONGEST_PAUSE, Cause, Grant, MemoryTokenBucket, Wait
from bench.limiter_hour import SimulatedClock

MICRO = Fraction(1, 1_000_000)


class ReplayedBucket:
    """A token bucket as one would explain it: it is refilled, never over the brim, and a charge takes from it."""

    def __init__(self, per_minute: int, brim: Fraction) -> None:
        self.per_second = Fraction(per_minute, 60)
        self.brim = brim
        self.changes: list[tuple[Fraction, Fraction]] = []

    def level(self, now: Fraction) -> Fraction:
        level, then = self.brim, Fraction(0)
        for at, change in [*self.changes, (now, Fraction(0))]:
            level = min(self.brim, level + (at - then) * self.per_second)
            level, then = min(self.brim, level + change), at
        return level

    def wait(self, cost: int, now: Fraction) -> Fraction:
        """Until `cost` is in it, or until it is full for one that is larger."""
        missing = min(Fraction(cost), self.brim) - self.level(now)
        return max(Fraction(0), missing / self.per_second)


class BudgetFollowsItsModel(RuleBasedStateMachine):
    @initialize(
        rpm=st.integers(1, 5_000), tpm=st.integers(1, 900_000), burst=st.sampled_from([0, 0.5, 5, 60])
    )
    def begin(self, rpm: int, tpm: int, burst: float) -> None:
        limits = Limits(rpm, tpm, burst)
        self.clock = SimulatedClock()
        self.micros = 0
        self.bucket = MemoryTokenBucket(limits, self.clock)
        seconds = Fraction(burst)
        self.requests = ReplayedBucket(rpm, max(Fraction(1), rpm * seconds / 60))
        self.tokens = ReplayedBucket(tpm, tpm * seconds / 60)
        self.paused_until = Fraction(0)

    @property
    def now(self) -> Fraction:
        return self.micros * MICRO

    @rule(micros=st.integers(0, 3_000_000))
    def time_passes(self, micros: int) -> None:
        self.micros += micros
        self.clock.sleep(self.micros / 1_000_000 - self.clock.monotonic())

    @rule(tokens=st.integers(0, 20_000))
    def try_acquire(self, tokens: int) -> None:
        now = self.now
        expected = {
            Cause.REQUESTS: self.requests.wait(1, now),
            Cause.TOKENS: self.tokens.wait(tokens, now),
            Cause.PAUSE: max(Fraction(0), self.paused_until - now),
        }
        longest = max(expected.values())
        match self.bucket.try_acquire(tokens):
            case Grant(at=at):
                assert longest == 0
                assert at == self.micros
                self.requests.changes.append((now, Fraction(-1)))
                self.tokens.changes.append((now, Fraction(-tokens)))
            case Wait(seconds, cause):
                assert 0 <= round(seconds * 1_000_000) * MICRO - longest < MICRO, (
                    "never too short, to the microsecond"
                )
                assert longest - expected[cause] < MICRO

    @rule(requests=st.sampled_from([-1, 0]), tokens=st.integers(-20_000, 20_000))
    def adjust(self, requests: int, tokens: int) -> None:
        self.bucket.adjust(requests, tokens)
        self.requests.changes.append((self.now, Fraction(-requests)))
        self.tokens.changes.append((self.now, Fraction(-tokens)))

    @rule(seconds=st.sampled_from([0.1, 2.0, 30.0, 1e9]))
    def pause(self, seconds: float) -> None:
        self.bucket.pause(seconds)
        until = self.now + min(round(seconds * 1_000_000), int(LONGEST_PAUSE) * 1_000_000) * MICRO
        self.paused_until = max(self.paused_until, until)

    @invariant()
    def the_pause_is_known(self) -> None:
        assert abs(self.bucket.paused_seconds() - float(max(0, self.paused_until - self.now))) < 1e-6


TestBudgetFollowsItsModel = BudgetFollowsItsModel.TestCase
TestBudgetFollowsItsModel.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


@settings(deadline=None)
@given(tokens=st.integers(1, 100_000))
def test_both_are_charged_or_neither(tokens: int) -> None:
    clock = SimulatedClock()
    bucket = MemoryTokenBucket(Limits(1, 100_000, 60), clock)
    assert isinstance(bucket.try_acquire(0), Grant)
    untouched = repr(bucket)
    assert isinstance(bucket.try_acquire(tokens), Wait), "the only request of this minute is taken"
    assert repr(bucket) == untouched


def test_without_a_burst_it_starts_empty() -> None:
    bucket = MemoryTokenBucket(Limits(60, 60_000), SimulatedClock(), burst=False)
    assert bucket.try_acquire(100) == Wait(1.0, Cause.REQUESTS)


def test_its_repr_says_how_much_of_the_burst_is_used() -> None:
    bucket = MemoryTokenBucket(Limits(60, 60_000), SimulatedClock())
    bucket.try_acquire(2_000)
    assert repr(bucket) == "MemoryTokenBucket(burst used: 1.0 of 5.0 requests, 2000.0 of 5000.0 tokens)"


def test_other_limits_apply_from_now_on_and_what_was_charged_stays_charged() -> None:
    clock = SimulatedClock()
    bucket = MemoryTokenBucket(Limits(60, 60_000), clock)
    for _ in range(5):
        assert isinstance(bucket.try_acquire(0), Grant)

    bucket.reconfigure(Limits(120, 60_000))
    assert [isinstance(bucket.try_acquire(0), Grant) for _ in range(6)] == [True] * 5 + [False]

    bucket.reconfigure(Limits(12, 60_000))
    assert bucket.try_acquire(0) == Wait(
        50.0, Cause.REQUESTS
    )  # ten are charged, one is allowed, one each 5 s
