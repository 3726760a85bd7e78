# SPDX-License-Identifier: Apache-2.0
"""Proves with one cheap call that an endpoint, a key and a model work together."""

from typing import Final

from approvals.llm.chat import ChatMessage, ChatRequest
from approvals.llm.client import LlmClient
from approvals.llm.deadline import Deadline
from approvals.llm.failures import FailureKind, LlmError

_QUESTION: Final = (ChatMessage("user", "Answer with the word: ok"),)
_ENOUGH_TOKENS: Final = 16


def prove(client: LlmClient, model: str, deadline: Deadline) -> None:
    """Ask `model` for one word. Raises `LlmError`, whose message explains to an admin what is wrong.

    An answer without text is proof enough: a model that thinks first may need more tokens than a proof is worth.
    """
    request = ChatRequest(
        model=model,
        messages=_QUESTION,
        reply_schema=None,
        max_output_tokens=_ENOUGH_TOKENS,
        request_id="credential-check",
    )
    try:
        client.complete(request, deadline)
    except LlmError as failure:
        if failure.kind is not FailureKind.REPLY_EMPTY:
            raise
