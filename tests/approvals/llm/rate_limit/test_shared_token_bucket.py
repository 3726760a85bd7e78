# SPDX-License-Identifier: Apache-2.0
"""The bucket in a real Redis, held against the one in memory, and shared."""

import uuid
from collections.abc import Callable, Iterator

import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.clock import SystemClock
from approvals.errors import ApprovalError
from approvals.llm.deadline import Deadline
from approvals.llm.rate_limit.limiter import FairLimiter
from approvals.llm.rate_limit.limits import Limits
from approvals.llm.rate_limit.shared_token_bucket import SharedTokenBucket
from approvals.llm.rate_limit.token_bucket import Cause, Grant, MemoryTokenBucket, Wait
from approvals.redis_connection import connect
from tests.approvals.llm.rate_limit.crowd import until
from tests.servers import Kind, shared_url

#: So slow that nothing comes back while a test runs.
SLOW = Limits(rpm=1, tpm=60, burst_seconds=600)
Join = Callable[[], SharedTokenBucket]


@pytest.fixture(scope="module")
def client() -> Iterator[redis.Redis]:
    client = connect(shared_url(Kind.REDIS))
    yield client
    for key in client.scan_iter("approvals:limiter:{test-*"):
        client.delete(key)
    client.close()


@pytest.fixture
def join(client: redis.Redis) -> Join:
    """One more process that shares a bucket nobody has used."""
    fingerprint = f"test-{uuid.uuid4().hex}"
    return lambda: SharedTokenBucket(SLOW, client, fingerprint, SystemClock())


steps = st.one_of(
    st.tuples(st.just("take"), st.integers(0, 700)),
    st.tuples(st.just("adjust"), st.integers(-400, 400)),
    st.tuples(st.just("pause"), st.integers(0, 400)),
)


def do(bucket: MemoryTokenBucket | SharedTokenBucket, step: tuple[str, int]) -> Grant | Wait | None:
    match step:
        case ("take", tokens):
            return bucket.try_acquire(tokens)
        case ("adjust", tokens):
            bucket.adjust(-1 if tokens < -200 else 0, tokens)
        case (_, seconds):
            bucket.pause(seconds)
    return None


@given(plan=st.lists(steps, max_size=25))
@settings(max_examples=60, deadline=None)
def test_it_answers_what_the_budget_in_memory_answers(
    client: redis.Redis, plan: list[tuple[str, int]]
) -> None:
    clock = SystemClock()
    here = MemoryTokenBucket(SLOW, clock)
    there = SharedTokenBucket(SLOW, client, f"test-{uuid.uuid4().hex}", clock)
    for step in plan:
        expected, answer = do(here, step), do(there, step)
        if isinstance(expected, Wait):
            assert isinstance(answer, Wait)
            assert answer.seconds == pytest.approx(expected.seconds, abs=5)
            assert answer.cause is expected.cause or answer.seconds < 5
        else:
            assert type(answer) is type(expected)


def test_what_one_process_takes_another_cannot(join: Join) -> None:
    ours, theirs = join(), join()
    assert isinstance(ours.try_acquire(500), Grant)
    answer = theirs.try_acquire(200)
    assert isinstance(answer, Wait)
    assert answer.cause is Cause.TOKENS
    assert answer.seconds == pytest.approx(100, abs=5)


def test_what_one_process_gives_back_another_can_take(join: Join) -> None:
    ours, theirs = join(), join()
    granted = ours.try_acquire(600)
    assert isinstance(granted, Grant)
    granted.adjust(0, -300)
    assert isinstance(theirs.try_acquire(300), Grant)


def test_a_small_call_of_another_process_does_not_overtake_a_large_one(join: Join) -> None:
    ours, theirs = join(), join()
    ours.try_acquire(500)
    assert isinstance(ours.try_acquire(600), Wait)
    answer = theirs.try_acquire(1)
    assert isinstance(answer, Wait), "there is room for it, but it is not its turn"
    assert answer.seconds == pytest.approx(501, abs=5)
    ours.stop_waiting()
    assert isinstance(theirs.try_acquire(1), Grant)


def test_processes_take_turns_in_the_order_in_which_they_came(join: Join) -> None:
    processes = [join() for _ in range(4)]
    assert isinstance(processes[0].try_acquire(600), Grant)
    waits = [process.try_acquire(60) for process in processes]
    assert [round(wait.seconds, -1) for wait in waits if isinstance(wait, Wait)] == [60, 120, 180, 240]
    processes[3].adjust(0, -120)
    assert isinstance(processes[1].try_acquire(60), Wait)
    assert isinstance(processes[0].try_acquire(60), Grant)
    assert isinstance(processes[0].try_acquire(60), Wait), "back to the end of the line"
    assert isinstance(processes[1].try_acquire(60), Grant)


def test_a_call_that_is_refused_gives_up_its_turn(join: Join) -> None:
    ours, theirs = join(), join()
    clock = SystemClock()
    limiter = FairLimiter(SLOW, ours, clock)
    ours.adjust(0, 590)
    with pytest.raises(ApprovalError, match="tpm_limit of 60 tokens a minute is used up"):
        limiter.reserve(50, Deadline(clock, 0.5))
    assert isinstance(theirs.try_acquire(1), Grant)


def test_a_process_that_stops_asking_loses_its_turn(join: Join) -> None:
    gone, waiting = join(), join()
    gone.try_acquire(600)
    gone.try_acquire(600)
    waiting.adjust(0, -100)
    until(lambda: isinstance(waiting.try_acquire(50), Grant))


def test_a_pause_holds_every_process(join: Join) -> None:
    ours, theirs = join(), join()
    ours.pause(30)
    answer = theirs.try_acquire(1)
    assert isinstance(answer, Wait)
    assert answer.cause is Cause.PAUSE
    assert 25 < answer.seconds <= 30
    assert 25 < theirs.paused_seconds() <= 30
    ours.pause(10**9)
    longer = theirs.try_acquire(1)
    assert isinstance(longer, Wait)
    assert longer.seconds <= 300


def test_it_counts_the_processes_that_share_it(join: Join) -> None:
    processes = [join() for _ in range(3)]
    for process in processes:
        process.try_acquire(1)
    processes[0].try_acquire(1)
    assert processes[0].processes == 3
    assert repr(processes[0]) == "SharedTokenBucket(3 processes)"


def test_another_credential_has_another_budget(client: redis.Redis, join: Join) -> None:
    join().try_acquire(600)
    other = SharedTokenBucket(SLOW, client, f"test-{uuid.uuid4().hex}", SystemClock())
    assert isinstance(other.try_acquire(600), Grant)


def test_whatever_it_writes_expires(client: redis.Redis, join: Join) -> None:
    ours = join()
    ours.try_acquire(600)
    ours.try_acquire(600)
    ours.pause(300)
    keys = list(client.scan_iter(f"{ours._keys[0].replace('[', '?')}*"))
    assert sorted(keys) == sorted(ours._keys)
    assert all(300 < client.ttl(key) <= 1_200 for key in keys)


def test_it_works_again_after_redis_has_forgotten_its_scripts(client: redis.Redis, join: Join) -> None:
    ours = join()
    ours.try_acquire(1)
    client.script_flush()
    assert isinstance(ours.try_acquire(1), Grant)
