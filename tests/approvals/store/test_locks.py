# SPDX-License-Identifier: Apache-2.0
"""Locks by name: each excludes, none is kept for ever, none outlives its use."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from approvals.errors import ApprovalError, ErrorCode
from approvals.store.dify.keyed_locks import NamedLocks


def test_a_lock_excludes_the_others() -> None:
    locks = NamedLocks()
    inside = threading.Semaphore(1)

    def enter(_: int) -> bool:
        with locks.hold("a"):
            alone = inside.acquire(blocking=False)
            if alone:
                inside.release()
            return alone

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(enter, range(500)))


def test_other_names_do_not_wait() -> None:
    locks = NamedLocks(wait_seconds=0)
    with locks.hold("a"), locks.hold("b"):
        assert repr(locks) == "NamedLocks(2 in use)"


def test_nobody_waits_for_ever() -> None:
    locks = NamedLocks(wait_seconds=0.01)
    with locks.hold("a"):
        with (
            pytest.raises(ApprovalError, match=r"'a'.*another call kept it for 0.01 s") as caught,
            locks.hold("a"),
        ):
            pass
        assert caught.value.code is ErrorCode.STORE_UNAVAILABLE


@pytest.mark.parametrize("death", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_lock_is_freed_however_its_holder_ends(death: type[BaseException]) -> None:
    locks = NamedLocks(wait_seconds=0.01)
    with pytest.raises(death), locks.hold("a"):
        raise death

    with locks.hold("a"):
        pass


def test_a_lock_that_nobody_uses_takes_no_room() -> None:
    locks = NamedLocks()
    for number in range(1000):
        with locks.hold(f"request {number}"):
            assert repr(locks) == "NamedLocks(1 in use)"
    assert repr(locks) == "NamedLocks(0 in use)"


KILLED = """
from gevent import monkey
monkey.patch_all()
import gevent
from approvals.store.dify.keyed_locks import NamedLocks

locks = NamedLocks(wait_seconds=5)
order = []
def enter(number):
    with locks.hold("a"):
        order.append(number)
        gevent.sleep(0)
for handed_over in (False, True):
    holding = locks.hold("a")
    holding.__enter__()
    waiting = [gevent.spawn(enter, number) for number in range(4)]
    gevent.sleep(0.01)
    if handed_over:
        waiting[0].kill(block=False)
        holding.__exit__(None, None, None)
    else:
        waiting[1].kill()
        holding.__exit__(None, None, None)
    gevent.joinall(waiting, timeout=5)
print(order, locks)
"""


def test_a_waiting_greenlet_may_be_killed_even_as_its_turn_comes() -> None:
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[0, 2, 3, 1, 2, 3] NamedLocks(0 in use)"
