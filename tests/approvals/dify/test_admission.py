# SPDX-License-Identifier: Apache-2.0
import threading

import pytest

from approvals.clock import SystemClock
from approvals.dify.admission import Admission
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm import Deadline

CLOCK = SystemClock()


def test_once_closed_no_call_is_admitted_and_those_under_way_are_waited_for() -> None:
    calls = Admission()
    go_on, admitted = threading.Event(), threading.Event()

    def call() -> None:
        with calls:
            admitted.set()
            go_on.wait(5)

    caller = threading.Thread(target=call)
    caller.start()
    admitted.wait(5)
    calls.close()

    with pytest.raises(ApprovalError) as caught, calls:
        pytest.fail("a call was admitted")
    assert caught.value.code is ErrorCode.SHUTTING_DOWN
    assert calls.inside == 1
    assert not calls.wait_until_empty(Deadline.after(CLOCK, 0.05))

    go_on.set()
    assert calls.wait_until_empty(Deadline.after(CLOCK, 5))
    caller.join()
    assert repr(calls) == "Admission(0 inside, closed)"
