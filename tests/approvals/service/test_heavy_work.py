# SPDX-License-Identifier: Apache-2.0
"""Long texts are examined one at a time and in slices, with a pause after each; short ones wait for nobody."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from approvals.service.heavy_work import LONG, PAUSE, SLICE_SECONDS, HeavyWork
from tests.approvals.store.contract import SteppingClock


class Watched(SteppingClock):
    """Notes the pauses."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


def test_work_on_a_long_text_is_followed_by_a_pause_in_proportion_to_it() -> None:
    clock = Watched()
    work = HeavyWork(clock)

    with work.turn(LONG):
        clock._passed += 0.1
    with pytest.raises(ZeroDivisionError), work.turn(LONG):
        raise ZeroDivisionError
    with work.turn(LONG - 1) as step_done:
        clock._passed += 0.1
        step_done()

    assert clock.pauses == [pytest.approx(0.1 * PAUSE), pytest.approx(0, abs=1e-5)]
    assert clock.pauses[1] > 0, "gevent looks for what has arrived only when it waits"


def test_work_of_many_steps_pauses_whenever_a_slice_is_full() -> None:
    clock = Watched()

    with HeavyWork(clock).turn(LONG) as step_done:
        for _ in range(100):
            clock._passed += SLICE_SECONDS / 3.5
            step_done()

    *slices, last = clock.pauses
    assert slices == [pytest.approx(PAUSE * SLICE_SECONDS * 4 / 3.5)] * 25
    assert last < PAUSE * SLICE_SECONDS


def test_of_many_long_texts_one_is_examined_at_a_time() -> None:
    work, inside, most = HeavyWork(Watched()), 0, 0
    guard = threading.Lock()
    everybody = threading.Barrier(8)

    def examine(_: int) -> None:
        nonlocal inside, most
        everybody.wait(timeout=60)
        with work.turn(10 * LONG):
            with guard:
                inside += 1
                most = max(most, inside)
            with guard:
                inside -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(examine, range(8)))

    assert most == 1
