# SPDX-License-Identifier: Apache-2.0
"""The inference layer: fast, within limits, and calm when the model is not. See `client.LlmClient`."""

from approvals.llm.chat import (
    ChatMessage,
    ChatReply,
    ChatRequest,
    ReplySchema,
    Spend,
    TokenUsage,
    estimate_tokens,
)
from approvals.llm.client import LlmClient
from approvals.llm.deadline import Deadline
from approvals.llm.failures import FailureKind, LlmError, Remedy
from approvals.llm.pricing import ModelPrice, Prices, parse_prices

__all__ = [
    "ChatMessage",
    "ChatReply",
    "ChatRequest",
    "Deadline",
    "FailureKind",
    "LlmClient",
    "LlmError",
    "ModelPrice",
    "Prices",
    "Remedy",
    "ReplySchema",
    "Spend",
    "TokenUsage",
    "estimate_tokens",
    "parse_prices",
]
