# SPDX-License-Identifier: Apache-2.0
"""Four processes that share one limit over a real Redis, with someone always waiting in each, on Redis's clock.

What they may use in any stretch of time is the limit's share of it and the burst; what they did use is read off the
moments that Redis granted. Started with arguments, this file is one of the four.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Any

from approvals.clock import SystemClock
from approvals.llm.deadline import Deadline
from approvals.llm.rate_limit.limiter import FairLimiter
from approvals.llm.rate_limit.limits import Limits
from bench.samples import ROOT
from devkit.servers import NoServerError, redis

PROCESSES, CALLERS, BURST_SECONDS = 4, 4, 1.0
SHAPES = {
    "requests are scarce": Limits(9_000, 60_000_000, BURST_SECONDS),
    "tokens are scarce": Limits(60_000, 4_500_000, BURST_SECONDS),
}
_MINUTE = 60_000_000
"""Microseconds, in which Redis tells the time."""

Section = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Grant:
    """A call that Redis let through then, and the tokens it used."""

    at: int
    tokens: int


def measure_shared(seconds: float) -> list[Section]:
    """A row for each shape; none where there is no redis-server."""
    try:
        with redis() as server:
            return [_row(name, limits, _run(server.url, limits, seconds)) for name, limits in SHAPES.items()]
    except NoServerError:
        return []


def _run(url: str, limits: Limits, seconds: float) -> list[Grant]:
    numbers = [limits.rpm, limits.tpm, seconds]
    command = [sys.executable, "-m", "bench.limiter_redis", url, *map(str, numbers)]
    running = [
        subprocess.Popen(
            [*command, str(seed)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for seed in range(PROCESSES)
    ]
    for each in running:
        if each.stdout is None or not each.stdout.readline():
            raise RuntimeError("a process that shares the limit did not start")
    for each in running:
        if each.stdin is not None:
            each.stdin.write("go\n")
            each.stdin.flush()
    grants = [Grant(*pair) for each in running for pair in json.loads(each.communicate()[0])]
    return sorted(grants, key=lambda grant: grant.at)


def _row(name: str, limits: Limits, grants: Sequence[Grant]) -> Section:
    minutes = (grants[-1].at - grants[0].at) / _MINUTE
    requests = [1] * len(grants)
    tokens = [grant.tokens for grant in grants]
    moments = [grant.at / _MINUTE for grant in grants]
    largest = max(limits.burst_tokens, *tokens)
    used = {
        "requests": sum(requests) / (limits.rpm * minutes + limits.burst_requests),
        "tokens": sum(tokens) / (limits.tpm * minutes + limits.burst_tokens),
    }
    return {
        "scenario": name,
        "processes": PROCESSES,
        "calls": len(grants),
        "utilisation": max(used.values()),
        "requests_over": worst_excess(moments, requests, limits.rpm, limits.burst_requests) / limits.rpm,
        "tokens_over": worst_excess(moments, tokens, limits.tpm, largest) / limits.tpm,
    }


def worst_excess(moments: Sequence[float], amounts: Sequence[int], limit: float, burst: float) -> float:
    """The most that any stretch used beyond its share of `limit` a minute and the burst; below 0: it kept within.

    `moments` are in minutes. Of all stretches from one moment to a later one, in one pass: what was used up to a
    moment less its share is a line with ups and downs, and the worst stretch is its greatest rise.
    """
    before = [total - amount for total, amount in zip(accumulate(amounts), amounts, strict=True)]
    lowest, worst = float("inf"), -burst
    for moment, used, amount in zip(moments, before, amounts, strict=True):
        lowest = min(lowest, used - limit * moment)
        worst = max(worst, used + amount - limit * moment - lowest - burst)
    return worst


def _work(url: str, limits: Limits, seconds: float, seed: int) -> None:
    """Be one of the processes: reserve, use, settle, as fast as the limiter lets it."""
    clock = SystemClock()
    limiter = FairLimiter.shared(limits, url, "bench", clock)
    limiter.settle(limiter.reserve(1, Deadline(clock, 60)), 0)
    print("ready", flush=True)
    sys.stdin.readline()
    end = clock.monotonic() + seconds
    made: list[tuple[int, int]] = []

    def call(dice: Random) -> None:
        while clock.monotonic() < end:
            used = dice.randint(100, 900)
            reservation = limiter.reserve(used, Deadline(clock, 60))
            made.append((reservation.grant.at, used))
            limiter.settle(reservation, used)

    dice = [Random(f"{seed} {number}") for number in range(CALLERS)]  # noqa: S311 - the same calls every time
    callers = [threading.Thread(target=call, args=[each]) for each in dice]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    print(json.dumps(made))


if __name__ == "__main__":
    where, rpm, tpm, length, number = sys.argv[1:]
    _work(where, Limits(int(rpm), int(tpm), BURST_SECONDS), float(length), int(number))
