# SPDX-License-Identifier: Apache-2.0
"""A scripted model and a clock that stands still, for the tests of what is asked and what is believed."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from approvals.errors import ErrorCode
from approvals.llm import ChatReply, ChatRequest, Deadline, FailureKind, LlmError, Remedy, Spend

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SPEND = Spend(
    prompt_tokens=400, completion_tokens=100, cost_usd=Decimal("0.0001"), cost_known=True, attempts=1
)


class StillClock:
    """A clock on which no time passes but what `sleep` lets pass."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def reply(*ids: str, **changes: Any) -> dict[str, Any]:
    """A calm reply for the ids, changed as asked."""
    calm = {
        "risk_level": "low",
        "approver_level": "manager",
        "auto_approve": True,
        "confidence": 0.9,
        "summary": "A chair.",
        "factors": [{"claim": "It is small.", "evidence": "A chair"}],
    }
    return {"analyses": [{"id": one, **calm, **changes} for one in ids]}


type Answer = str | dict[str, Any] | FailureKind | LlmError | ChatReply | Callable[[ChatRequest], str]


def cut(text: str = '{"analyses": [{"id":') -> ChatReply:
    """A reply whose model ran out of tokens."""
    return ChatReply(text=text, model="first-model", spend=SPEND, latency_ms=40, is_cut=True)


def without_text(remedy: Remedy | None, kind: FailureKind = FailureKind.REPLY_EMPTY) -> LlmError:
    """A reply that has no text, and what may help."""
    return LlmError(kind, ErrorCode.MODEL_REPLY_INVALID, "no text", SPEND, remedy=remedy)


class ScriptedModel:
    """Answers in turn with texts, documents or failures, and keeps what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[ChatRequest] = []

    def complete(self, request: ChatRequest, deadline: Deadline) -> ChatReply:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, LlmError):
            raise answer
        if isinstance(answer, ChatReply):
            return answer
        if isinstance(answer, FailureKind):
            raise LlmError(answer, ErrorCode.MODEL_UNAVAILABLE, f"scripted {answer}", Spend.free_attempt())
        if callable(answer):
            answer = answer(request)
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return ChatReply(text=text, model=request.model, spend=SPEND, latency_ms=40)


def user_documents(asked: Sequence[ChatRequest]) -> list[dict[str, Any]]:
    """The JSON document of each call's first user message."""
    return [json.loads(request.messages[1].content) for request in asked]
