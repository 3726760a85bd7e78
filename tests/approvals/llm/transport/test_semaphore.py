# SPDX-License-Identifier: Apache-2.0
import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from approvals.clock import SystemClock
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm import Deadline
from approvals.llm.transport.semaphore import Gate

CLOCK = SystemClock()


def until(holds: Callable[[], bool]) -> None:
    """Wait until `holds()` is true."""
    end = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)


def at_door(gate: Gate, number: int) -> bool:
    return gate.waiting == number


def test_no_more_than_its_size_are_ever_inside() -> None:
    gate = Gate(3)
    lock = threading.Lock()
    inside, most, served = 0, 0, 0

    def visit() -> None:
        nonlocal inside, most, served
        for _ in range(20):
            gate.enter(Deadline(CLOCK, 10))
            with lock:
                inside, served = inside + 1, served + 1
                most = max(most, inside)
            time.sleep(0)
            with lock:
                inside -= 1
            gate.leave()

    visitors = [threading.Thread(target=visit) for _ in range(12)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()

    assert (most, served) == (3, 240)
    assert (gate.inside, gate.waiting) == (0, 0)


def test_who_came_first_goes_in_first() -> None:
    gate = Gate(1)
    gate.enter(Deadline(CLOCK, 1))
    order: list[int] = []

    def visit(number: int) -> None:
        gate.enter(Deadline(CLOCK, 10))
        order.append(number)
        gate.leave()

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(5)]
    for number, visitor in enumerate(visitors, start=1):
        visitor.start()
        until(partial(at_door, gate, number))
    gate.leave()
    for visitor in visitors:
        visitor.join()

    assert order == [0, 1, 2, 3, 4]


def test_nobody_waits_past_the_deadline_and_no_place_is_lost() -> None:
    gate = Gate(1)
    gate.enter(Deadline(CLOCK, 1))

    with pytest.raises(ApprovalError, match="All 1 connections") as caught:
        gate.enter(Deadline(CLOCK, 0.05))

    assert caught.value.code is ErrorCode.DEADLINE_EXCEEDED
    gate.leave()
    gate.enter(Deadline(CLOCK, 0))  # there is room again, so that even an expired deadline does not matter
    assert repr(gate) == "Gate(1 of 1 inside, 0 waiting)"
