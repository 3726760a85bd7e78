# SPDX-License-Identifier: Apache-2.0
"""What one asks to have written is written before the answer, and most wait for a write that somebody else makes."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import gevent
import gevent.event
import pytest

from approvals.errors import ApprovalError, ErrorCode
from approvals.store.dify.group_commit import JointWrites
from approvals.store.dify.keyed_locks import NamedLocks


class Shelf:
    """A value that grows, and what of it was stored last."""

    def __init__(self, fails_at: frozenset[int] = frozenset()) -> None:
        self.value: set[int] = set()
        self.stored: set[int] = set()
        self.writes = 0
        self.writing = 0
        self._fails_at = fails_at

    def write(self) -> None:
        self.writes += 1
        self.writing += 1
        assert self.writing == 1, "one at a time"
        snapshot = set(self.value)
        for _ in range(20):
            time.sleep(0)  # let others come meanwhile
        self.writing -= 1
        if self.writes in self._fails_at:
            raise ApprovalError(ErrorCode.STORE_UNAVAILABLE, "it failed")
        self.stored = snapshot


def keep(shelf: Shelf, joint: JointWrites, locks: NamedLocks, number: int) -> bool:
    """Whether a value was stored when the call came back; False where it was told that it was not."""
    shelf.value.add(number)
    try:
        joint.join(locks.hold("shelf"), shelf.write)
    except ApprovalError:
        shelf.value.discard(number)
        return False
    assert number in shelf.stored
    return True


def test_whoever_comes_back_finds_its_value_stored_with_far_fewer_writes() -> None:
    shelf, joint, locks = Shelf(), JointWrites(), NamedLocks()

    with ThreadPoolExecutor(32) as pool:
        kept = list(pool.map(lambda number: keep(shelf, joint, locks, number), range(600)))

    assert all(kept)
    assert shelf.stored == set(range(600))
    assert shelf.writes < 300


def test_a_write_that_fails_fails_for_who_made_it_alone() -> None:
    shelf, joint, locks = Shelf(fails_at=frozenset({2, 3, 7})), JointWrites(), NamedLocks()

    with ThreadPoolExecutor(16) as pool:
        kept = list(pool.map(lambda number: keep(shelf, joint, locks, number), range(200)))

    assert kept.count(False) == 3


@pytest.mark.parametrize("death", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_who_dies_in_a_write_leaves_nobody_waiting(death: type[BaseException]) -> None:
    joint, entered, written = JointWrites(), threading.Event(), list[str]()

    def die() -> None:
        entered.set()
        raise death

    def first() -> None:
        with pytest.raises(death):
            joint.join(nullcontext(), die)

    dying = threading.Thread(target=first)
    dying.start()
    entered.wait(5)
    joint.join(nullcontext(), lambda: written.append("second"))
    dying.join(5)

    assert written == ["second"]


def test_who_dies_before_its_turn_leaves_nobody_waiting() -> None:
    joint, locks, written = JointWrites(), NamedLocks(wait_seconds=0.01), list[str]()

    with locks.hold("shelf"), pytest.raises(ApprovalError, match="another call kept it"):
        joint.join(locks.hold("shelf"), lambda: written.append("never"))
    joint.join(locks.hold("shelf"), lambda: written.append("later"))

    assert written == ["later"]


def test_nobody_waits_for_ever_for_the_write_of_another() -> None:
    joint, go_on, waiting = JointWrites(wait_seconds=0.01), threading.Event(), threading.Event()

    class Turn:
        def __enter__(self) -> None:
            waiting.set()
            go_on.wait(5)

        def __exit__(self, *_: object) -> None: ...

    slow = threading.Thread(target=joint.join, args=(Turn(), lambda: None))
    slow.start()
    waiting.wait(5)
    with pytest.raises(ApprovalError, match=r"took more than 0\.01 s"):
        joint.join(nullcontext(), lambda: None)
    go_on.set()
    slow.join(5)


class Door:
    """A turn that comes when the door is opened."""

    def __init__(self) -> None:
        self.opened = gevent.event.Event()

    def __enter__(self) -> None:
        self.opened.wait()

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def greenlets_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """As inside the plugin, where gevent stands in for `threading`."""
    monkeypatch.setattr("approvals.store.dify.group_commit.threading.Event", gevent.event.Event)


def ten_callers(joint: JointWrites, door: Door, written: list[int]) -> "list[gevent.Greenlet[..., None]]":
    """The first waits at the door to write its number, the others for the first."""
    callers = [gevent.spawn(joint.join, door, lambda n=n: written.append(n)) for n in range(10)]
    gevent.sleep(0)
    return callers


@pytest.mark.usefixtures("greenlets_wait")
def test_all_who_come_before_a_write_begins_share_it() -> None:
    joint, door, written = JointWrites(), Door(), list[int]()
    callers = ten_callers(joint, door, written)

    door.opened.set()
    gevent.joinall(callers, timeout=5, raise_error=True)

    assert written == [0]


@pytest.mark.usefixtures("greenlets_wait")
def test_when_who_would_have_written_is_killed_another_writes_for_the_rest() -> None:
    joint, door, written = JointWrites(), Door(), list[int]()
    first, *others = ten_callers(joint, door, written)

    first.kill()
    gevent.sleep(0)  # the others wake, and gather behind the next
    door.opened.set()
    gevent.joinall(others, timeout=5, raise_error=True)

    assert written == [1]


@pytest.mark.usefixtures("greenlets_wait")
def test_when_who_watches_the_clock_is_killed_the_rest_wait_on() -> None:
    joint, door, written = JointWrites(), Door(), list[int]()
    first, watching, *others = ten_callers(joint, door, written)

    watching.kill()
    gevent.sleep(0)
    door.opened.set()
    gevent.joinall([first, *others], timeout=5, raise_error=True)

    assert written == [0]


@pytest.mark.usefixtures("greenlets_wait")
def test_all_who_wait_are_let_go_when_a_write_takes_too_long() -> None:
    joint, door = JointWrites(wait_seconds=0.01), Door()
    first, *others = ten_callers(joint, door, [])

    gevent.joinall(others, timeout=5)
    assert ["took more than 0.01 s" in str(caller.exception) for caller in others] == [True] * 9

    door.opened.set()
    gevent.joinall([first], timeout=5, raise_error=True)
    joint.join(door, lambda: None)
