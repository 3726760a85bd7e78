# SPDX-License-Identifier: Apache-2.0
"""Four processes that share their limits, and what they do when Redis goes away."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from approvals.clock import SystemClock
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.deadline import Deadline
from approvals.llm.rate_limit.limiter import FairLimiter
from approvals.llm.rate_limit.limits import Limits
from approvals.llm.rate_limit.shared_token_bucket import ASK_AGAIN, SharedTokenBucket, SharingChange
from approvals.llm.rate_limit.token_bucket import Backend, Cause, Grant, Wait
from approvals.redis_connection import connect
from bench.limiter_hour import SimulatedClock
from devkit.servers import Server
from tests.approvals.llm.rate_limit.test_limiter_queue import assert_within
from tests.servers import Kind, own_server

ROOT = Path(__file__).parents[4]
NOBODY = "redis://127.0.0.1:1/0"
LIMITS = Limits(rpm=240, tpm=24_000)


@dataclass
class Process:
    """One of two processes, seen from inside, on a clock that the test moves; Redis has its own."""

    clock: SimulatedClock
    bucket: SharedTokenBucket
    changes: list[SharingChange]


def process(redis_url: str) -> Process:
    changes: list[SharingChange] = []
    clock = SimulatedClock()
    bucket = SharedTokenBucket(LIMITS, connect(redis_url), "test", clock, changes.append)
    return Process(clock, bucket, changes)


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server(Kind.REDIS) as server:
        yield server


@pytest.fixture
def ours(server: Server) -> Process:
    """A process that has worked with another one until now."""
    other, ours = process(server.url), process(server.url)
    assert isinstance(other.bucket.try_acquire(1), Grant)
    assert isinstance(ours.bucket.try_acquire(1), Grant)
    return ours


def test_while_redis_is_away_each_process_has_its_share(server: Server, ours: Process) -> None:
    server.crash()
    assert ours.bucket.try_acquire(100) == Wait(0.5, Cause.REQUESTS), "half of four a second, and no burst"
    assert ours.bucket.backend is Backend.MEMORY
    assert ours.changes == [SharingChange(Backend.MEMORY, 2, "ConnectionError")]
    granted = 0
    for _ in range(200):
        ours.clock.sleep(0.1)
        granted += isinstance(ours.bucket.try_acquire(1), Grant)
    assert granted == 40
    assert len(ours.changes) == 1


def test_redis_is_asked_again_after_a_few_seconds(server: Server, ours: Process) -> None:
    server.crash()
    ours.bucket.try_acquire(1)
    server.start()
    ours.bucket.try_acquire(1)
    assert ours.bucket.backend is Backend.MEMORY
    ours.clock.sleep(ASK_AGAIN)
    assert isinstance(ours.bucket.try_acquire(1), Wait), "the share may have been used up just now: no burst"
    assert ours.bucket.backend is Backend.REDIS
    assert ours.changes[1:] == [SharingChange(Backend.REDIS, 1, "")]


def test_a_redis_that_hangs_is_away(server: Server, ours: Process) -> None:
    os.kill(server.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        ours.bucket.try_acquire(1)
        ours.bucket.pause(1)
        for _ in range(20):
            ours.bucket.adjust(0, -1)
        assert time.monotonic() - began < 2, "it is given up after one short timeout"
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert [change.reason for change in ours.changes] == ["TimeoutError"]


def test_what_was_granted_before_the_outage_can_be_settled_during_it(server: Server, ours: Process) -> None:
    limiter = FairLimiter(LIMITS, ours.bucket, ours.clock)
    reservation = limiter.reserve(100, Deadline(ours.clock, 60))
    server.crash()
    limiter.settle(reservation, 20)
    assert limiter.snapshot().backend is Backend.MEMORY
    assert len(ours.changes) == 1


def test_a_pause_during_the_outage_is_kept_and_outlasts_it(server: Server, ours: Process) -> None:
    server.crash()
    ours.bucket.pause(10)
    server.start()
    ours.clock.sleep(9)
    assert ours.bucket.try_acquire(1) == Wait(1.0, Cause.PAUSE)
    ours.clock.sleep(1)
    ours.bucket.try_acquire(1)
    assert ours.bucket.backend is Backend.REDIS


def test_a_pause_from_before_the_outage_is_kept(server: Server, ours: Process) -> None:
    ours.bucket.pause(10)
    server.crash()
    assert ours.bucket.try_acquire(1) == Wait(10.0, Cause.PAUSE)


def test_a_waiting_call_is_served_from_the_share_when_redis_goes_away(server: Server, ours: Process) -> None:
    limiter = FairLimiter(LIMITS, ours.bucket, ours.clock)
    limiter.reserve(5_000, Deadline(ours.clock, 60))
    ours.clock.after(0.01, server.crash)
    assert limiter.reserve(5_000, Deadline(ours.clock, 60)).waited > 0
    assert limiter.snapshot().backend is Backend.MEMORY


def test_without_any_redis_it_works_alone_and_says_so() -> None:
    changes: list[SharingChange] = []
    limits = Limits(rpm=60_000, tpm=6_000_000)
    limiter = FairLimiter.shared(limits, NOBODY, "test", SystemClock(), changes.append)
    limiter.settle(limiter.reserve(100, Deadline(SystemClock(), 60)), 50)
    assert changes == [SharingChange(Backend.MEMORY, 1, "ConnectionError")]
    with pytest.raises(ApprovalError) as refused:
        limiter.reserve(1_000_000, Deadline(SystemClock(), 0.1))
    assert refused.value.code is ErrorCode.RATE_LIMITED
    assert "SharedTokenBucket(MemoryTokenBucket(" in repr(limiter)


PROGRAM = """
import json, random, sys, threading
from approvals.clock import SystemClock
from approvals.llm.deadline import Deadline
from approvals.llm.rate_limit.limiter import FairLimiter
from approvals.llm.rate_limit.limits import Limits

url, name, rpm, tpm, burst, seconds, spare, seed = sys.argv[1], sys.argv[2], *map(float, sys.argv[3:])
clock = SystemClock()
changes = []
limiter = FairLimiter.shared(Limits(int(rpm), int(tpm), burst), url, name, clock, changes.append)
limiter.settle(limiter.reserve(1, Deadline(clock, 60)), 0)
print("ready", flush=True)
sys.stdin.readline()
end = clock.monotonic() + seconds
made = []

def call(dice):
    while clock.monotonic() < end:
        used = dice.randint(100, 900)
        reservation = limiter.reserve(used + int(spare), Deadline(clock, 60))
        made.append((reservation.grant.at, used))
        limiter.settle(reservation, used)

threads = [threading.Thread(target=call, args=[random.Random(f"{seed} {number}")]) for number in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not changes, changes
print(json.dumps(made))
"""


@pytest.mark.parametrize(
    ("limits", "scarce"),
    [(Limits(9_000, 60_000_000, 1.0), "requests"), (Limits(60_000, 4_500_000, 1.0), "tokens")],
    ids=["requests are scarce", "tokens are scarce"],
)
def test_four_processes_together_use_the_limit_and_never_exceed_it(
    server: Server, limits: Limits, scarce: str
) -> None:
    """150 calls a second on Redis's own clock, estimates too high by 200 tokens until they are settled."""
    seconds, spare = 3.0, 200
    numbers = [limits.rpm, limits.tpm, limits.burst_seconds, seconds, spare]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, server.url, "four", *map(str, numbers), str(seed)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(4)
    ]
    for each in processes:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in processes:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    outputs = [each.communicate(timeout=60)[0] for each in processes]

    made = {seed: json.loads(output) for seed, output in enumerate(outputs)}
    charged = sorted((at, tokens) for calls in made.values() for at, tokens in calls)
    assert_within(charged, limits, spare=4 * 4 * spare)
    minutes = (charged[-1][0] - charged[0][0]) / 60_000_000
    used = {  # of all there was, the burst at the beginning included
        "requests": len(charged) / (limits.rpm * minutes + limits.burst_requests),
        "tokens": sum(tokens for _, tokens in charged) / (limits.tpm * minutes + limits.burst_tokens),
    }
    assert used[scarce] >= 0.98
    assert min(len(calls) for calls in made.values()) > 0.15 * len(charged), "each has about a quarter"
