# SPDX-License-Identifier: Apache-2.0
"""The limiter as one caller meets it, on a clock that only sleeping moves."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.deadline import Deadline
from approvals.llm.rate_limit.limiter import FairLimiter, Reservation
from approvals.llm.rate_limit.limits import Limits
from approvals.llm.rate_limit.token_bucket import Backend
from bench.limiter_hour import (
    SCENARIOS,
    Call,
    Scenario,
    SimulatedClock,
    measure,
    worst_requests,
    worst_tokens,
)

CLOCK_ERROR = 1e-6


class World:
    """One caller and its limiter."""

    def __init__(self, rpm: int = 60_000, tpm: int = 60_000, burst: float = 1.0) -> None:
        self.clock = SimulatedClock()
        self.limits = Limits(rpm, tpm, burst)
        self.limiter = FairLimiter.in_memory(self.limits, self.clock)

    def reserve(self, tokens: int, seconds: float = 60) -> Reservation:
        return self.limiter.reserve(tokens, Deadline(self.clock, seconds))

    def waited_for(self, tokens: int) -> float:
        return round(self.reserve(tokens).waited, 5)


def test_the_burst_starts_at_once_and_the_rest_at_the_rate_of_the_limit() -> None:
    world = World(rpm=60, burst=3)
    assert [world.waited_for(1) for _ in range(6)] == [0, 0, 0, 1, 1, 1]


def test_whichever_limit_is_reached_first_holds() -> None:
    world = World(rpm=60, tpm=6_000, burst=2)
    assert world.waited_for(200) == 0
    assert world.waited_for(100) == 1.0, "no tokens left, a hundred a second come"
    assert world.waited_for(0) == 0
    assert world.waited_for(0) == 1.0, "no requests left, one a second comes"


def test_a_call_larger_than_the_burst_waits_until_everything_is_free_and_then_runs_into_debt() -> None:
    world = World(tpm=6_000, burst=1)
    assert world.waited_for(1) == 0
    assert world.waited_for(500) == 0.01
    assert world.waited_for(100) == 5.0


def test_tokens_that_were_not_used_are_there_for_the_next_call() -> None:
    world = World()
    first = world.reserve(1_000)
    world.limiter.settle(first, 400)
    assert world.waited_for(600) == 0
    assert world.waited_for(1) == 0.001


def test_tokens_that_were_used_beyond_the_estimate_delay_the_next_call() -> None:
    world = World()
    world.limiter.settle(world.reserve(1_000), 1_500)
    assert world.waited_for(100) == 0.6


def test_a_call_that_never_reached_the_endpoint_costs_neither_tokens_nor_a_request() -> None:
    world = World(rpm=60, burst=1)
    world.limiter.settle(world.reserve(900), 0)
    assert world.waited_for(1_000) == 0


@pytest.mark.parametrize("unknown", [None, -7])
def test_without_a_usable_count_the_estimate_stands(unknown: int | None) -> None:
    world = World()
    world.limiter.settle(world.reserve(1_000), unknown)
    assert world.waited_for(1_000) == 1.0


def test_only_the_first_settlement_counts() -> None:
    world = World()
    first = world.reserve(1_000)
    world.limiter.settle(first, 900)
    world.limiter.settle(first, 0)
    assert world.waited_for(1_000) == 0.9


def test_giving_back_never_makes_more_than_the_burst() -> None:
    world = World()
    first = world.reserve(1_000)
    world.clock.sleep(60)
    world.limiter.settle(first, 1)
    assert world.waited_for(1_000) == 0
    assert world.waited_for(1_000) == 1.0


def test_a_call_that_cannot_start_in_time_is_refused_at_once_and_says_what_to_do() -> None:
    world = World(tpm=6_000, burst=1)
    world.reserve(100)
    with pytest.raises(ApprovalError) as refused:
        world.reserve(1_100, seconds=0.5)
    assert world.clock.monotonic() == 0
    assert refused.value.code is ErrorCode.RATE_LIMITED
    assert "1,100 tokens" in refused.value.message
    assert "tpm_limit of 6,000 tokens a minute is used up" in refused.value.message
    assert "could start in 1.0 s, 0.5 s are left" in refused.value.message
    assert "raise rpm_limit, tpm_limit or deadline_seconds" in refused.value.message


def test_a_refused_call_leaves_nothing_reserved() -> None:
    world = World()
    world.reserve(1_000)
    for _ in range(50):
        with pytest.raises(ApprovalError):
            world.reserve(1_000, seconds=0.9)
    assert world.waited_for(1_000) == 1.0


def test_a_deadline_that_has_passed_is_said_to_have_passed() -> None:
    with pytest.raises(ApprovalError) as refused:
        World().reserve(1, seconds=0)
    assert refused.value.code is ErrorCode.DEADLINE_EXCEEDED


def test_a_pause_holds_the_next_call() -> None:
    world = World()
    world.limiter.pause(7)
    world.limiter.pause(3)
    assert world.limiter.snapshot().paused_seconds == 7
    assert world.waited_for(1) == 7.0
    assert world.limiter.snapshot().paused_seconds == 0


def test_a_pause_that_outlasts_the_deadline_says_who_asked_for_it() -> None:
    world = World()
    world.limiter.pause(20)
    with pytest.raises(
        ApprovalError, match=r"the endpoint asked every caller to wait: it could start in 20\.0 s"
    ):
        world.reserve(1, seconds=10)


def test_a_pause_of_a_day_is_tried_again_after_five_minutes() -> None:
    world = World()
    world.limiter.pause(86_400)
    assert world.limiter.snapshot().paused_seconds == 300


def test_a_pause_that_comes_while_one_waits_is_obeyed() -> None:
    world = World()
    world.reserve(1_000)
    world.clock.after(0.5, lambda: world.limiter.pause(10))
    assert world.waited_for(1_000) == 10.5


def test_tokens_given_back_while_one_waits_shorten_the_wait() -> None:
    world = World(tpm=600, burst=60)
    first = world.reserve(600)
    world.clock.after(2, lambda: world.limiter.settle(first, 1))
    assert world.reserve(500).waited <= 2.05


def test_the_snapshot_and_the_repr_say_how_things_stand() -> None:
    world = World(rpm=60, tpm=6_000)
    snapshot = world.limiter.snapshot()
    assert (snapshot.backend, snapshot.waiting) == (Backend.MEMORY, 0)
    assert repr(world.limiter).startswith("FairLimiter(60 rpm, 6000 tpm, 0 waiting, MemoryTokenBucket(")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
@pytest.mark.parametrize("limits", [Limits(600, 100_000), Limits(20, 21_000)], ids=["usual", "small"])
def test_an_hour_uses_the_limit_and_no_minute_exceeds_it(scenario: Scenario, limits: Limits) -> None:
    result = measure(scenario, limits, seconds=3_600)
    fits_the_burst = scenario.estimate[1] <= limits.burst_tokens
    assert result.utilisation >= (0.98 if fits_the_burst else 0.95)
    assert result.requests_above <= result.requests_allowed + CLOCK_ERROR
    assert result.tokens_above <= result.tokens_allowed + CLOCK_ERROR


calls = st.tuples(
    st.floats(0, 20),  # seconds of quiet before it
    st.integers(1, 3_000),  # tokens reserved
    st.floats(0, 1),  # the part really used
    st.floats(0, 30),  # seconds until settled
)


@settings(deadline=None)
@given(st.lists(calls, min_size=1, max_size=80), st.integers(5, 100))
@example([(0.0, 1_000, 0.01, 10.0)] * 40 + [(0.0, 1_000, 1.0, 0.0)] * 40, 100)
def test_whatever_calls_do_no_minute_exceeds_what_is_stated(
    plan: list[tuple[float, int, float, float]], rpm: int
) -> None:
    world = World(rpm=rpm, tpm=3_000, burst=5)
    made: list[Call] = []
    for quiet, reserved, used_part, latency in plan:
        world.clock.sleep(quiet)
        reservation = world.reserve(reserved, seconds=3_600)
        used = max(1, int(reserved * used_part))
        start = world.clock.monotonic()
        made.append(Call(start, start + latency, reserved, used))
        world.clock.after(latency, lambda held=reservation, used=used: world.limiter.settle(held, used))
    for above, allowed in (worst_requests(made, world.limits), worst_tokens(made, world.limits)):
        assert above <= allowed + CLOCK_ERROR
