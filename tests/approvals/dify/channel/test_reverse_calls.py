# SPDX-License-Identifier: Apache-2.0
"""Every answer reaches the one who asked, and nobody waits for ever."""

from collections.abc import Mapping
from typing import Any

import gevent
import pytest

from approvals.dify.channel.reverse_calls import ReverseCallError, ReverseCalls


def answer_to(question_id: str, data: object) -> Mapping[str, Any]:
    return {"backwards_request_id": question_id, "event": "response", "data": data}


def test_answers_in_any_order_reach_who_asked() -> None:
    calls, asked = ReverseCalls(), list[str]()
    callers = [gevent.spawn(calls.ask, asked.append, 60) for _ in range(20)]
    gevent.sleep(0)

    for number, question_id in reversed(list(enumerate(asked))):
        assert calls.answered(answer_to(question_id, number))

    assert [caller.get()["data"] for caller in callers] == list(range(20))
    assert len(set(asked)) == 20


def test_a_line_is_over_once_its_question_was_answered_and_never_when_it_is_about_something_else() -> None:
    calls, asked = ReverseCalls(), list[str]()
    caller = gevent.spawn(calls.ask, asked.append, 60)
    gevent.sleep(0)
    line = b'{"event":"backwards_response","data":{"backwards_request_id":"%b"}}' % asked[0].encode()

    assert not calls.is_over(line)
    calls.answered(answer_to(asked[0], 1))
    assert calls.is_over(line)
    assert not ReverseCalls().is_over(line), "the question of another process, which has a channel of its own"
    assert not calls.is_over(b'{"event":"request","data":{}}')
    caller.get()


def test_an_answer_that_nobody_waits_for_is_left_to_others() -> None:
    assert not ReverseCalls().answered(answer_to("of the SDK", 1))
    assert not ReverseCalls().answered({})


def test_who_gets_no_answer_in_time_is_let_go_and_the_others_wait_on() -> None:
    now = 100.0
    calls, asked = ReverseCalls(lambda: now), list[str]()
    hasty, patient = (gevent.spawn(calls.ask, asked.append, seconds) for seconds in (5, 50))
    gevent.sleep(0)

    now += 5
    calls.end_overdue()

    with pytest.raises(ReverseCallError, match=r"Dify did not answer within 5 seconds"):
        hasty.get()
    calls.answered(answer_to(asked[1], "late but in time"))
    assert patient.get()["data"] == "late but in time"


def test_a_question_that_could_not_be_sent_is_forgotten() -> None:
    calls, asked = ReverseCalls(), list[str]()

    def send(question_id: str) -> None:
        asked.append(question_id)
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        calls.ask(send, 60)

    assert calls.answered(answer_to(asked[0], 1)), "ours, though nobody waits for it any more"


def test_what_follows_an_answer_is_taken_and_changes_nothing() -> None:
    calls, asked = ReverseCalls(), list[str]()
    caller = gevent.spawn(calls.ask, asked.append, 60)
    gevent.sleep(0)

    assert calls.answered(answer_to(asked[0], "the answer"))
    assert calls.answered({"backwards_request_id": asked[0], "event": "end"})

    assert caller.get()["data"] == "the answer"


def test_an_answer_to_who_was_killed_meanwhile_hurts_nobody() -> None:
    calls, asked = ReverseCalls(), list[str]()
    killed, patient = (gevent.spawn(calls.ask, asked.append, 60) for _ in range(2))
    gevent.sleep(0)

    for question_id in asked:
        calls.answered(answer_to(question_id, "late"))
    killed.kill(block=False)

    assert patient.get()["data"] == "late"
    killed.join(1)
    assert killed.dead
