# SPDX-License-Identifier: Apache-2.0
"""A way to the model that leaves room for others before a reply is worked on."""

from collections.abc import Callable

from approvals.analysis.reading import ChatClient
from approvals.llm import ChatReply, ChatRequest, Deadline


class PausedCalls:
    """A `ChatClient` that calls `pause` after each reply."""

    def __init__(self, client: ChatClient, pause: Callable[[], None]) -> None:
        self._client = client
        self._pause = pause

    def complete(self, request: ChatRequest, deadline: Deadline) -> ChatReply:
        reply = self._client.complete(request, deadline)
        self._pause()
        return reply

    def __repr__(self) -> str:
        return f"PausedCalls({self._client!r})"
