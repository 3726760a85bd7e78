# SPDX-License-Identifier: Apache-2.0
import threading
import time
from collections.abc import Callable
from functools import partial

from approvals.fifo_semaphore import FifoSemaphore


def until(holds: Callable[[], bool]) -> None:
    """Wait until `holds()` is true."""
    end = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)


def are_waiting(semaphore: FifoSemaphore, number: int) -> bool:
    return semaphore.waiting == number


def test_no_more_than_its_size_ever_hold_a_slot() -> None:
    semaphore = FifoSemaphore(3)
    lock = threading.Lock()
    holding, most, served = 0, 0, 0

    def work() -> None:
        nonlocal holding, most, served
        for _ in range(20):
            assert semaphore.acquire(10)
            with lock:
                holding, served = holding + 1, served + 1
                most = max(most, holding)
            time.sleep(0)
            with lock:
                holding -= 1
            semaphore.release()

    workers = [threading.Thread(target=work) for _ in range(12)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert (most, served) == (3, 240)
    assert (semaphore.in_use, semaphore.waiting) == (0, 0)


def test_who_came_first_is_served_first() -> None:
    semaphore = FifoSemaphore(1)
    semaphore.acquire(1)
    order: list[int] = []

    def work(number: int) -> None:
        semaphore.acquire(10)
        order.append(number)
        semaphore.release()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for number, worker in enumerate(workers, start=1):
        worker.start()
        until(partial(are_waiting, semaphore, number))
    semaphore.release()
    for worker in workers:
        worker.join()

    assert order == [0, 1, 2, 3, 4]


def test_nobody_waits_longer_than_asked_and_no_slot_is_lost() -> None:
    semaphore = FifoSemaphore(1)
    assert semaphore.acquire(1)

    assert not semaphore.acquire(0.05)

    semaphore.release()
    assert semaphore.acquire(0)
    assert (semaphore.in_use, semaphore.waiting) == (1, 0)


def test_more_slots_are_handed_to_those_who_wait() -> None:
    semaphore = FifoSemaphore(1)
    semaphore.acquire(1)
    served = threading.Event()
    worker = threading.Thread(target=lambda: semaphore.acquire(10) and served.set())
    worker.start()
    until(lambda: semaphore.waiting == 1)

    semaphore.resize(2)

    assert served.wait(5)
    worker.join()
    assert (semaphore.in_use, semaphore.free, semaphore.waiting) == (2, 0, 0)


def test_fewer_slots_hold_once_those_in_use_are_released() -> None:
    semaphore = FifoSemaphore(3)
    for _ in range(3):
        semaphore.acquire(1)

    semaphore.resize(1)

    assert not semaphore.acquire(0)
    semaphore.release()
    semaphore.release()
    assert not semaphore.acquire(0)
    semaphore.release()
    assert semaphore.acquire(0)
    assert (semaphore.in_use, semaphore.free) == (1, 0)
