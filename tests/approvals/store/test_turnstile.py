# SPDX-License-Identifier: Apache-2.0
"""A turnstile bounds who is inside, serves in the order of coming, and loses no place to those who give up."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from approvals.store.turnstile import CrowdedError, Turnstile

# Each takes a place again as soon as it has given it back, as the plugin's greenlets do with connections.
GREEDY = """
from gevent import monkey
monkey.patch_all()
import gevent
from approvals.store.turnstile import Turnstile

turnstile = Turnstile(2, patience=5)
turns = [0] * 8
def work(number):
    while max(turns) < 50:
        with turnstile.inside():
            gevent.sleep(0)
            turns[number] += 1
gevent.joinall([gevent.spawn(work, number) for number in range(8)], raise_error=True)
print(min(turns))
"""

KILLED = """
from gevent import monkey
monkey.patch_all()
import gevent
from approvals.store.turnstile import Turnstile

turnstile = Turnstile(1, patience=5)
def wait():
    with turnstile.inside():
        pass
with turnstile.inside():
    waiting = [gevent.spawn(wait) for _ in range(3)]
    gevent.sleep(0.01)
    waiting[1].kill()
gevent.joinall(waiting, timeout=5)
print(turnstile)
"""


def test_no_more_are_inside_than_places() -> None:
    turnstile = Turnstile(3, patience=10)
    inside: list[int] = []
    counts: list[int] = []

    def visit(number: int) -> None:
        with turnstile.inside():
            inside.append(number)
            counts.append(len(inside))
            time.sleep(0.001)
            inside.remove(number)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(visit, range(60)))

    assert max(counts) == 3
    assert repr(turnstile) == "<Turnstile 3 free, 0 waiting>"


def test_who_waits_too_long_is_told_and_takes_no_place() -> None:
    turnstile = Turnstile(1, patience=0.01)
    with turnstile.inside(), pytest.raises(CrowdedError), turnstile.inside():
        pass

    with turnstile.inside():
        assert repr(turnstile) == "<Turnstile 0 free, 0 waiting>"
    assert repr(turnstile) == "<Turnstile 1 free, 0 waiting>"


def test_an_error_inside_gives_the_place_back() -> None:
    turnstile = Turnstile(1, patience=0.01)
    with pytest.raises(ZeroDivisionError), turnstile.inside():
        raise ZeroDivisionError
    with turnstile.inside():
        pass


def test_places_survive_a_crowd_that_loses_patience() -> None:
    turnstile = Turnstile(2, patience=0.001)
    told = threading.Semaphore(0)

    def visit(_: int) -> None:
        try:
            with turnstile.inside():
                time.sleep(0.001)
        except CrowdedError:
            told.release()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(visit, range(400)))

    assert repr(turnstile) == "<Turnstile 2 free, 0 waiting>"
    assert told.acquire(blocking=False)


@pytest.mark.parametrize(
    ("program", "told"), [(GREEDY, range(40, 51)), (KILLED, ["<Turnstile 1 free, 0 waiting>"])]
)
def test_greenlets_are_served_in_turn_and_may_be_killed(program: str, told: object) -> None:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    answer = done.stdout.strip()
    assert (int(answer) if answer.isdigit() else answer) in told  # type: ignore[operator]


def test_a_caller_with_less_patience_gives_up_sooner() -> None:
    turnstile = Turnstile(1, patience=60)
    started = time.monotonic()

    with turnstile.inside(), pytest.raises(CrowdedError), turnstile.inside(at_most=0.01):
        pass

    assert time.monotonic() - started < 10
