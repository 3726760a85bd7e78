# SPDX-License-Identifier: Apache-2.0
"""Every request is served once, and no more workers are made than requests were under way at a time."""

import gevent
import greenlet
import pytest
from gevent.event import Event

from approvals.dify.channel.workers import Workers


def test_every_request_is_served_once_by_as_few_workers_as_it_takes() -> None:
    served = list[int]()
    workers = Workers(served.append)

    for number in range(50):
        workers.start(number)
        gevent.sleep(0)

    assert served == list(range(50))
    assert repr(workers) == "Workers(1 of at most 1000, 1 idle)"


def test_more_requests_than_workers_wait_their_turn() -> None:
    served, go_on = list[int](), Event()

    def serve(number: int) -> None:
        go_on.wait()
        served.append(number)

    workers = Workers(serve, most=3)
    for number in range(10):
        workers.start(number)
    gevent.sleep(0)
    assert repr(workers) == "Workers(3 of at most 3, 0 idle)"

    go_on.set()
    gevent.sleep(0.01)
    assert sorted(served) == list(range(10))
    assert repr(workers) == "Workers(3 of at most 3, 3 idle)"

    workers.start(10)
    gevent.sleep(0.01)
    assert served[-1] == 10


def test_who_worked_last_works_next() -> None:
    by, go_on = list[greenlet.greenlet](), Event()

    def serve(number: int) -> None:
        by.append(greenlet.getcurrent())
        if number < 5:
            go_on.wait()

    workers = Workers(serve)
    for number in range(5):
        workers.start(number)
    gevent.sleep(0)
    go_on.set()
    gevent.sleep(0)

    for number in range(5, 10):
        workers.start(number)
        gevent.sleep(0)

    assert len(set(by[:5])) == 5
    assert len(set(by[5:])) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_worker_that_dies_takes_no_request_with_it() -> None:
    served = list[int]()

    def serve(number: int) -> None:
        gevent.sleep(0)
        if number < 3:
            raise gevent.GreenletExit
        served.append(number)

    workers = Workers(serve, most=2)
    for number in range(6):
        workers.start(number)
    gevent.sleep(0.01)

    assert sorted(served) == [3, 4, 5]
    assert repr(workers) == "Workers(2 of at most 2, 2 idle)"
