# SPDX-License-Identifier: Apache-2.0
"""The limiter as a crowd meets it: who is served when, and that nobody holds up anybody."""

import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.clock import SystemClock
from approvals.errors import ErrorCode
from approvals.llm.deadline import Deadline
from approvals.llm.rate_limit.limiter import FairLimiter
from approvals.llm.rate_limit.limits import Limits
from tests.approvals.llm.rate_limit.crowd import Crowd, StillClock, until

ROOT = Path(__file__).parents[4]


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    """Callers of a limiter that has just used up its burst: 10 requests and 1,000 tokens a second from here on."""
    clock = StillClock()
    crowd = Crowd(FairLimiter.in_memory(Limits(600, 60_000, burst_seconds=1), clock), clock)
    for _ in range(10):
        crowd.limiter.reserve(100, Deadline(clock, 1))
    yield crowd
    crowd.go_home()


def test_callers_are_served_in_the_order_in_which_they_came(crowd: Crowd) -> None:
    names = [f"{number:02}" for number in range(12)]
    for name in names:
        crowd.join(name, 100)
    for count in range(1, 13):
        assert crowd.after(0.1, done=count) == names[:count]


def test_small_calls_do_not_overtake_a_large_one(crowd: Crowd) -> None:
    crowd.join("large", 900)
    for name in "abc":
        crowd.join(name, 1)
    assert crowd.after(0.5, done=0) == [], (
        "half a second has made room for small calls, but it is not their turn"
    )
    assert crowd.after(0.4, done=1)[:1] == ["large"]
    assert crowd.after(0.3, done=4) == ["large", "a", "b", "c"]


def test_who_cannot_be_served_in_time_is_told_while_the_first_still_waits(crowd: Crowd) -> None:
    crowd.join("first", 500)
    crowd.join("hasty", 600, seconds=1.0)
    crowd.join("patient", 600)
    crowd.join("behind", 100, seconds=1.1)
    crowd.join("small and hasty", 100, seconds=1.3)
    crowd.clock.move_on(0.05)
    until(lambda: "behind" in crowd.refused)
    assert crowd.refused["hasty"].code is ErrorCode.RATE_LIMITED
    assert "tpm_limit of 60,000" in crowd.refused["hasty"].message
    assert "could start in 1.1 s" in crowd.refused["behind"].message, "after the first and the patient one"
    assert crowd.served == []
    assert set(crowd.refused) == {"hasty", "behind"}, "nobody waits for one who has been turned away"
    assert crowd.after(0.45, done=3) == ["first"]
    assert crowd.after(0.6, done=4) == ["first", "patient"]
    assert crowd.after(0.1, done=5) == ["first", "patient", "small and hasty"]


def test_a_pause_holds_everyone_and_turns_away_those_who_cannot_wait(crowd: Crowd) -> None:
    crowd.join("first", 100)
    crowd.join("second", 100)
    crowd.join("hasty", 100, seconds=5)
    crowd.join("just in time", 100, seconds=10.05)
    crowd.limiter.pause(10)
    crowd.clock.move_on(0.1)
    until(lambda: "hasty" in crowd.refused)
    assert "the endpoint asked every caller to wait" in crowd.refused["hasty"].message
    assert crowd.after(9.8, done=1) == []
    everyone = ["first", "second", "just in time"]
    assert crowd.after(0.1, done=4) == everyone, "the burst has come back meanwhile"


def test_the_first_who_gives_up_lets_the_next_one_go(crowd: Crowd) -> None:
    crowd.join("hasty", 900, seconds=1.0)
    crowd.join("next", 100)
    crowd.limiter.pause(2)
    assert crowd.after(0.05, done=1) == []
    assert set(crowd.refused) == {"hasty"}
    assert crowd.after(1.95, done=2) == ["next"]


def test_the_first_in_line_is_stopped_and_nothing_of_its_own_is_charged() -> None:
    class Killed(BaseException):
        pass

    class DeadlyClock(StillClock):
        def sleep(self, seconds: float) -> None:
            raise Killed

    clock = DeadlyClock()
    limiter = FairLimiter.in_memory(Limits(60, 6_000, burst_seconds=1), clock)
    limiter.reserve(100, Deadline(clock, 60))
    with pytest.raises(Killed):
        limiter.reserve(100, Deadline(clock, 60))
    assert limiter.snapshot().waiting == 0
    clock.move_on(1)
    assert limiter.reserve(100, Deadline(clock, 60)).waited == 0


def test_fifty_threads_never_get_more_than_the_limits() -> None:
    limits = Limits(rpm=60_000, tpm=6_000_000, burst_seconds=0.1)
    limiter = FairLimiter.in_memory(limits, clock := SystemClock())
    charged: list[tuple[int, int]] = []

    def call_often() -> None:
        for number in range(20):
            reservation = limiter.reserve(50 + number * 10, Deadline(clock, 60))
            if number % 3 == 0:
                limiter.settle(reservation, used := reservation.tokens - 40)
            else:
                limiter.settle(reservation, used := reservation.tokens)
            charged.append((reservation.grant.at, used))

    threads = [threading.Thread(target=call_often) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(charged) == 1_000
    assert limiter.snapshot().waiting == 0
    assert_within(sorted(charged), limits, spare=50 * 40)


def assert_within(charged: list[tuple[int, int]], limits: Limits, spare: int = 0) -> None:
    """No span of time, however short, has more than its part of the limits, the burst, and what was to spare."""
    for amount, per_minute, burst in (
        (lambda _: 1, limits.rpm, limits.burst_requests),
        (lambda tokens: tokens, limits.tpm, limits.burst_tokens + spare),
    ):
        used, then = 0.0, 0
        for at, tokens in charged:
            used = max(0.0, used - (at - then) * per_minute / 60_000_000) + amount(tokens)
            assert used <= burst + 1e-3
            then = at


def test_greenlets_share_it_and_one_that_is_killed_holds_up_nobody() -> None:
    program = """
        from gevent import monkey
        monkey.patch_all(sys=True)
        import gevent
        from approvals.clock import SystemClock
        from approvals.llm.deadline import Deadline
        from approvals.llm.rate_limit.limiter import FairLimiter
        from approvals.llm.rate_limit.limits import Limits

        clock = SystemClock()
        limiter = FairLimiter.in_memory(Limits(rpm=60_000, tpm=60_000_000, burst_seconds=0.001), clock)
        limiter.pause(0.2)
        order = []
        def call(number):
            limiter.reserve(1, Deadline(clock, 30))
            order.append(number)
        calls = [gevent.spawn(call, number) for number in range(200)]
        gevent.sleep(0.05)
        assert limiter.snapshot().waiting == 200
        for killed in calls[:100:2]:
            killed.kill()
        gevent.joinall(calls, timeout=30)
        assert order == [*range(1, 100, 2), *range(100, 200)], order
        assert limiter.snapshot().waiting == 0
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
