# SPDX-License-Identifier: Apache-2.0
"""A crowd goes on a few at a time, in order, and the event loop rests when nobody is left."""

from collections import defaultdict
from collections.abc import Iterator

import gevent
import pytest

from approvals.dify.channel.turns import Turns


class TurnCount:
    """How often the event loop has gone round."""

    def __init__(self) -> None:
        self.turns = 0
        self._watcher = gevent.get_hub().loop.prepare(ref=False)
        self._watcher.start(self._count)

    def _count(self) -> None:
        self.turns += 1

    def stop(self) -> None:
        self._watcher.stop()


@pytest.fixture
def count() -> Iterator[TurnCount]:
    counting = TurnCount()
    yield counting
    counting.stop()


def test_a_crowd_goes_on_a_few_in_each_turn_and_in_order(count: TurnCount) -> None:
    turns, went_on = Turns(few=3), defaultdict[int, list[int]](list)

    def replied(number: int) -> None:
        turns.wait()
        went_on[count.turns].append(number)

    gevent.joinall([gevent.spawn(replied, number) for number in range(8)], timeout=5, raise_error=True)

    assert list(went_on.values()) == [[0, 1, 2], [3, 4, 5], [6, 7]]


def test_who_waits_again_goes_on_again_in_a_later_turn(count: TurnCount) -> None:
    turns, went_on = Turns(few=3), list[int]()

    def replied() -> None:
        for _ in range(3):
            turns.wait()
            went_on.append(count.turns)

    gevent.spawn(replied).get(timeout=5)

    assert len(set(went_on)) == 3


def test_who_is_killed_leaves_the_line_and_the_others_go_on() -> None:
    turns, went_on = Turns(few=1), list[int]()

    def replied(number: int) -> None:
        turns.wait()
        went_on.append(number)

    callers = [gevent.spawn(replied, number) for number in range(3)]
    gevent.spawn(callers[1].kill, block=False)
    gevent.joinall(callers, timeout=5, raise_error=True)

    assert went_on == [0, 2]
    assert repr(turns) == "Turns(0 waiting)"


def test_the_event_loop_rests_when_nobody_waits(count: TurnCount) -> None:
    gevent.spawn(Turns().wait).get(timeout=5)

    before = count.turns
    gevent.sleep(0.02)

    assert count.turns - before < 10
