# SPDX-License-Identifier: Apache-2.0
"""An hour of a limiter that always has someone waiting, on a simulated clock.

How much of the limits is used, and how far do the worst 60 seconds go above them? `python -m bench.limiter_hour`
prints a table and JSON.
"""

import argparse
import heapq
import itertools
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from approvals.llm.deadline import Deadline
from approvals.llm.rate_limit.limiter import FairLimiter
from approvals.llm.rate_limit.limits import Limits

WINDOW = 60.0


class SimulatedClock:
    """A clock that moves only when someone sleeps, and meanwhile does what is due."""

    def __init__(self) -> None:
        self._time = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self._time)

    def monotonic(self) -> float:
        return self._time

    def sleep(self, seconds: float) -> None:
        end = self._time + seconds
        while self._due and self._due[0][0] <= end:
            at, _, action = heapq.heappop(self._due)
            self._time = max(self._time, at)
            action()
        self._time = end

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do `action` once the clock has moved on by `seconds`."""
        heapq.heappush(self._due, (self._time + seconds, next(self._order), action))


@dataclass(frozen=True)
class Scenario:
    """What the calls are like: tokens reserved, the part really used, seconds until settled. Ranges are uniform."""

    name: str
    estimate: tuple[int, int]
    used_part: tuple[float, float]
    latency: tuple[float, float]


SCENARIOS = (
    Scenario("requests are scarce", (60, 160), (0.6, 1.0), (0.2, 4.0)),
    Scenario("tokens are scarce", (400, 1_400), (0.5, 0.9), (0.2, 4.0)),
    Scenario("tokens are scarce, estimates exact", (400, 1_400), (1.0, 1.0), (0.2, 4.0)),
    Scenario("some calls are huge", (100, 20_000), (0.5, 1.0), (1.0, 20.0)),
)


@dataclass(frozen=True)
class Call:
    """One admitted call: when it began and ended, what it reserved and used."""

    start: float
    end: float
    reserved: int
    used: int


@dataclass(frozen=True)
class Result:
    """Parts of the limit: what was used in all, and the worst 60 seconds beyond it with what `Limits` allows them."""

    scenario: str
    calls: int
    requests_used: float
    tokens_used: float
    requests_above: float
    requests_allowed: float
    tokens_above: float
    tokens_allowed: float

    @property
    def utilisation(self) -> float:
        """Of the limit that binds."""
        return max(self.requests_used, self.tokens_used)


def run(scenario: Scenario, limits: Limits, seconds: float, seed: int = 1) -> list[Call]:
    """Calls that a limiter admits in so many seconds when there is always one waiting."""
    random = Random(seed)  # noqa: S311 - the same hour every time
    clock = SimulatedClock()
    limiter = FairLimiter.in_memory(limits, clock)
    calls: list[Call] = []
    while clock.monotonic() < seconds:
        estimate = min(random.randint(*scenario.estimate), limits.tpm)
        reservation = limiter.reserve(estimate, Deadline(clock, 600))
        used = max(1, round(estimate * random.uniform(*scenario.used_part)))
        latency = random.uniform(*scenario.latency)
        calls.append(Call(clock.monotonic(), clock.monotonic() + latency, estimate, used))
        clock.after(latency, partial(limiter.settle, reservation, used))
    return calls


def worst_window(
    calls: list[Call], amount: Callable[[Call], int], spare: Callable[[Call], int], burst: float, limit: float
) -> tuple[float, float]:
    """The worst of all windows of 60 seconds that begin with a call: (amount above the limit, allowed above it).

    Allowed is the burst, and what calls under way when the window begins have to spare.
    """
    worst = (-limit, burst)
    under_way: list[tuple[float, int]] = []
    held_back = total = last = 0
    for call in calls:
        while under_way and under_way[0][0] <= call.start:
            held_back -= heapq.heappop(under_way)[1]
        while last < len(calls) and calls[last].start <= call.start + WINDOW:
            total += amount(calls[last])
            last += 1
        worst = max(worst, (total - limit, burst + held_back), key=lambda pair: pair[0] - pair[1])
        total -= amount(call)
        held_back += spare(call)
        heapq.heappush(under_way, (call.end, spare(call)))
    return worst


def worst_requests(calls: list[Call], limits: Limits) -> tuple[float, float]:
    """`worst_window` of requests: every call that was made has used exactly one."""
    return worst_window(calls, lambda _: 1, lambda _: 0, limits.burst_requests, limits.rpm)


def worst_tokens(calls: list[Call], limits: Limits) -> tuple[float, float]:
    """`worst_window` of tokens."""
    burst = max(limits.burst_tokens, *(call.reserved for call in calls))
    return worst_window(
        calls, lambda call: call.used, lambda call: call.reserved - call.used, burst, limits.tpm
    )


def measure(scenario: Scenario, limits: Limits, seconds: float, seed: int = 1) -> Result:
    """Run a scenario and set what it used against the limits."""
    calls = run(scenario, limits, seconds, seed)
    minutes = seconds / 60
    requests, tokens = worst_requests(calls, limits), worst_tokens(calls, limits)
    return Result(
        scenario.name,
        len(calls),
        len(calls) / (limits.rpm * minutes),
        sum(call.used for call in calls) / (limits.tpm * minutes),
        requests[0] / limits.rpm,
        requests[1] / limits.rpm,
        tokens[0] / limits.tpm,
        tokens[1] / limits.tpm,
    )


def table_line(result: Result) -> str:
    """One line of a Markdown table."""
    return (
        f"| {result.scenario} | {result.calls:,} | {result.utilisation:.1%} "
        f"| {result.requests_above:+.1%} (allowed {result.requests_allowed:+.1%}) "
        f"| {result.tokens_above:+.1%} (allowed {result.tokens_allowed:+.1%}) |"
    )


def main() -> None:
    """Print every scenario, as a table and as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rpm", type=int, default=3_000)
    parser.add_argument("--tpm", type=int, default=500_000)
    parser.add_argument("--seconds", type=float, default=3_600)
    asked = parser.parse_args()
    limits = Limits(asked.rpm, asked.tpm)
    results = [measure(scenario, limits, asked.seconds) for scenario in SCENARIOS]
    print("| scenario | calls | used | worst 60 s: requests | worst 60 s: tokens |")
    print("|---|---|---|---|---|")
    for result in results:
        print(table_line(result))
    print(json.dumps([{**asdict(result), "utilisation": result.utilisation} for result in results], indent=2))


if __name__ == "__main__":
    main()
