# SPDX-License-Identifier: Apache-2.0
import pytest

from approvals.errors import ApprovalError, ErrorCode
from approvals.llm import Deadline
from tests.approvals.llm.callers import StillClock


def test_it_counts_down_to_zero_and_no_further() -> None:
    clock = StillClock()
    deadline = Deadline.after(clock, 10)
    seen = []
    for _ in range(4):
        seen.append(deadline.remaining())
        clock.sleep(4)

    assert seen == [10, 6, 2, 0]
    assert deadline.expired


def test_a_step_gets_no_more_than_is_left() -> None:
    clock = StillClock()
    deadline = Deadline(clock, 10)
    clock.sleep(7)

    assert deadline.clip(5) == 3
    assert deadline.clip(1) == 1


def test_a_part_of_the_way_ends_with_the_whole_at_the_latest() -> None:
    clock = StillClock()
    deadline = Deadline(clock, 10)
    clock.sleep(9)

    assert deadline.within(5).remaining() == 1
    assert deadline.within(0.5).remaining() == 0.5


def test_check_raises_only_once_it_has_passed() -> None:
    clock = StillClock()
    deadline = Deadline(clock, 10)
    clock.sleep(9.9)
    deadline.check()
    clock.sleep(0.1)

    with pytest.raises(ApprovalError, match=r"deadline of 10 s") as caught:
        deadline.check()
    assert caught.value.code is ErrorCode.DEADLINE_EXCEEDED


def test_its_repr_tells_what_is_left() -> None:
    assert repr(Deadline(StillClock(), 2.5)) == "Deadline(2.500 s left of 2.5)"
