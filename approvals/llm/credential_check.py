# SPDX-License-Identifier: Apache-2.0
"""Proves with one cheap call that an endpoint, a key and a model work together, in the form that requests use."""

from typing import Final

from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.chat import ChatMessage, ChatRequest, ReplySchema
from approvals.llm.client import LlmClient
from approvals.llm.deadline import Deadline
from approvals.llm.failures import FailureKind, LlmError

_QUESTION: Final = (
    ChatMessage("system", "You answer in JSON."),
    ChatMessage("user", 'Answer with this JSON and nothing else: {"analyses": []}'),
)
_ENOUGH_TOKENS: Final = 64
_TOO_LATE: Final = frozenset({FailureKind.DEADLINE, FailureKind.TIMEOUT})


def check_endpoint(
    client: LlmClient, model: str, schema: ReplySchema, deadline: Deadline, *, host: str
) -> None:
    """Ask `model` for a reply that fits `schema`, as every request will.

    Raises `LlmError`, whose message explains to an admin what is wrong, and `model_unavailable` when the endpoint
    does not answer in time. An answer without text is proof enough: a model that thinks first may need more tokens
    than a check is worth.
    """
    request = ChatRequest(
        model=model,
        messages=_QUESTION,
        reply_schema=schema,
        max_output_tokens=_ENOUGH_TOKENS,
        request_id="credential-check",
    )
    try:
        client.complete(request, deadline)
    except LlmError as failure:
        if failure.kind in _TOO_LATE:
            raise ApprovalError(
                ErrorCode.MODEL_UNAVAILABLE,
                f"{host} did not answer within {deadline.seconds:g} seconds. Check base_url: the "
                "host, the port, and https where the server speaks TLS (http where it does not). The address must be "
                "reachable from the machine of Dify's plugin daemon.",
            ) from None
        if failure.kind is not FailureKind.REPLY_EMPTY and failure.remedy is None:
            raise
