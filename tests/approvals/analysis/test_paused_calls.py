# SPDX-License-Identifier: Apache-2.0
"""The pause comes between the model's reply and whoever asked."""

from approvals.analysis.paused_calls import PausedCalls
from approvals.clock import SystemClock
from approvals.llm import ChatReply, ChatRequest, Deadline, Spend


class Model:
    """Answers at once, and writes down that it did."""

    def __init__(self, said: list[str]) -> None:
        self._said = said

    def complete(self, request: ChatRequest, deadline: Deadline) -> ChatReply:
        del deadline
        self._said.append("reply")
        return ChatReply(request.request_id, request.model, Spend.none(), 1)


def test_a_reply_is_handed_on_after_the_pause() -> None:
    said = list[str]()
    calls = PausedCalls(Model(said), lambda: said.append("pause"))

    reply = calls.complete(ChatRequest("m", (), None, 10, "r-1"), Deadline.after(SystemClock(), 5))

    assert reply.text == "r-1"
    assert said == ["reply", "pause"]
