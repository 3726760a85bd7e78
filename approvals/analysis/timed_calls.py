# SPDX-License-Identifier: Apache-2.0
"""The model's client for one analysis, with the time that its calls waited."""

from approvals.analysis.asking import ChatClient
from approvals.llm import ChatReply, ChatRequest, Deadline, LlmError, Spend


class TimedCalls:
    """A `ChatClient` that adds up what its calls waited: in the rate limit, for the model, between attempts."""

    def __init__(self, client: ChatClient) -> None:
        self._client = client
        self.waited_seconds = 0.0

    def complete(self, request: ChatRequest, deadline: Deadline) -> ChatReply:
        try:
            reply = self._client.complete(request, deadline)
        except LlmError as failure:
            self._add(failure.spend)
            raise
        self._add(reply.spend)
        return reply

    def _add(self, spend: Spend) -> None:
        self.waited_seconds += spend.model_seconds + spend.waited_seconds

    def __repr__(self) -> str:
        return f"TimedCalls({self.waited_seconds:.3f} s)"
