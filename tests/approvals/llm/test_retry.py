# SPDX-License-Identifier: Apache-2.0
import itertools
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.llm.deadline import Deadline
from approvals.llm.failures import CallFailure, FailureKind
from approvals.llm.retry import Retry
from bench.limiter_hour import SimulatedClock


class WaitingClock(SimulatedClock):
    """Remembers every wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        super().sleep(seconds)


def failing(times: int, retry_after: float | None = None) -> Callable[[], str]:
    """An attempt that fails so often, then tells its number."""
    numbers = itertools.count(1)

    def attempt() -> str:
        number = next(numbers)
        if number <= times:
            raise CallFailure(FailureKind.SERVER_ERROR, f"attempt {number}", retry_after=retry_after)
        return f"attempt {number}"

    return attempt


class World:
    def __init__(self, seconds: float = 60, seed: int = 1) -> None:
        self.clock = WaitingClock()
        self.deadline = Deadline(self.clock, seconds)
        self.waits = self.clock.waits
        self.retry = Retry(self.clock, Random(seed))

    def run(self, attempt: Callable[[], str]) -> str:
        return self.retry.run(attempt, self.deadline)


def test_the_first_success_is_the_answer() -> None:
    world = World()
    assert world.run(failing(0)) == "attempt 1"
    assert world.run(failing(2)) == "attempt 3"
    assert len(world.waits) == 2
    assert world.clock.monotonic() == pytest.approx(sum(world.waits))


def test_the_last_failure_comes_out_as_it_was() -> None:
    world = World()
    with pytest.raises(CallFailure, match="attempt 4"):
        world.run(failing(9))
    assert len(world.waits) == 3


@settings(deadline=None)
@given(st.integers(), st.integers(1, 12))
def test_waits_lie_between_nothing_and_a_ceiling_that_doubles_up_to_the_cap(seed: int, attempts: int) -> None:
    clock = WaitingClock()
    waits = clock.waits
    retry = Retry(clock, Random(seed), attempts)
    retry.run(failing(attempts - 1), Deadline(clock, 1_000))
    ceilings = [0.5, 1, 2, 4, 8, 8, 8, 8, 8, 8, 8]
    assert len(waits) == attempts - 1
    assert all(0 <= wait <= ceiling for wait, ceiling in zip(waits, ceilings, strict=False))


def test_the_whole_range_is_used() -> None:
    first_waits = []
    for seed in range(200):
        world = World(seed=seed)
        world.run(failing(1))
        first_waits += world.waits
    assert min(first_waits) < 0.05
    assert max(first_waits) > 0.45


def test_the_endpoint_is_given_the_time_it_asks_for() -> None:
    world = World()
    world.run(failing(1, retry_after=20.0))
    assert world.waits == [20.0]


def test_a_short_retry_after_does_not_make_it_hasty() -> None:
    patient, hasty = World(), World()
    patient.run(failing(3))
    hasty.run(failing(3, retry_after=0.001))
    assert hasty.waits == patient.waits


def test_it_gives_up_at_once_when_the_endpoint_asks_for_more_than_is_left() -> None:
    world = World(seconds=15)
    with pytest.raises(CallFailure, match="attempt 1"):
        world.run(failing(1, retry_after=20.0))
    assert world.clock.monotonic() == 0


@settings(deadline=None)
@given(st.integers(), st.floats(0.01, 20), st.one_of(st.none(), st.floats(0, 30)))
def test_no_attempt_starts_after_the_deadline(seed: int, seconds: float, retry_after: float | None) -> None:
    world = World(seconds, seed)

    fail = failing(99, retry_after)

    def attempt() -> str:
        assert not world.deadline.expired
        world.clock.sleep(0.001)
        return fail()

    with pytest.raises(CallFailure):
        world.run(attempt)


@pytest.mark.parametrize(
    "error",
    [CallFailure(FailureKind.AUTH, "wrong key"), ValueError("a fault of ours")],
    ids=["final", "other"],
)
def test_what_another_attempt_cannot_mend_is_raised_at_once(error: Exception) -> None:
    world = World()

    def attempt() -> str:
        raise error

    with pytest.raises(type(error)) as raised:
        world.run(attempt)
    assert raised.value is error
    assert world.waits == []


def test_it_says_what_it_does() -> None:
    assert repr(World().retry) == "Retry(4 attempts, 0.5 to 8 s)"
