# SPDX-License-Identifier: Apache-2.0
"""Asks a model for analyses, and once more where its answer cannot be used: with the fault, or with more room."""

from typing import Final, NamedTuple, Protocol

from approvals.analysis.prompt import SYSTEM
from approvals.analysis.reply import AnalysisReply, ReplyInvalidError, parse_reply, reply_schema
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.llm import (
    ChatMessage,
    ChatReply,
    ChatRequest,
    Deadline,
    FailureKind,
    LlmError,
    Remedy,
    ReplySchema,
    Spend,
)

MAX_OUTPUT_TOKENS: Final = 500
"""For each request of a call; an ordinary analysis has about 110."""
_MORE_ROOM: Final = 8
_MOST_OUTPUT_TOKENS: Final = 8_000
"""What a model that was cut gets the next time: thinking may take many times the tokens of an analysis."""
_QUOTED_CHARACTERS: Final = 2_000
REPLY_SCHEMA: Final = ReplySchema(name="analyses", schema=reply_schema())

# The endpoint would fail a smaller call in the same way: it is not there, not ready, or not to be had with this key.
_SIZE_DOES_NOT_MATTER: Final = frozenset(
    {
        FailureKind.NAME_NOT_FOUND,
        FailureKind.REFUSED,
        FailureKind.CONNECT,
        FailureKind.TLS,
        FailureKind.REDIRECT,
        FailureKind.NO_BUDGET,
        FailureKind.DAILY_BUDGET,
        FailureKind.RATE_LIMITED,
        FailureKind.LIMITER_FULL,
        FailureKind.CIRCUIT_OPEN,
        FailureKind.SHUTTING_DOWN,
    }
)


class ChatClient(Protocol):
    """The one thing that is needed of the inference layer."""

    def complete(self, request: ChatRequest, deadline: Deadline) -> ChatReply:
        """One answered call. Raises `LlmError` with what was spent on the way."""
        ...


class AnalysisFailedError(ApprovalError):
    """No usable analysis could be had.

    `spend` is what trying cost; `callers_fault` says that trying again is no use until someone mends the
    settings, `smaller_may_work` that the same requests in smaller calls may fare better. `latency_ms` is filled in
    by whoever measured.
    """

    def __init__(self, code: ErrorCode, message: str, spend: Spend, failure: LlmError | None = None) -> None:
        super().__init__(code, message)
        self.spend = spend
        self.callers_fault = failure is not None and failure.callers_fault
        self.key_refused = failure is not None and failure.kind is FailureKind.AUTH
        self.smaller_may_work = failure is None or not (
            failure.callers_fault or failure.kind in _SIZE_DOES_NOT_MATTER
        )
        self.latency_ms = 0

    def with_spend(self, spend: Spend) -> "AnalysisFailedError":
        """The same failure of one request, with its own part of what was spent."""
        other = AnalysisFailedError(self.code, self.message, spend)
        other.callers_fault, other.key_refused = self.callers_fault, self.key_refused
        other.smaller_may_work, other.latency_ms = self.smaller_may_work, self.latency_ms
        return other


class Question(NamedTuple):
    """What is asked in one call: the requests' ids, the document that holds them, and what to say besides."""

    model: str
    ids: tuple[str, ...]
    document: str
    deadline: Deadline
    note: str = ""


class Answer(NamedTuple):
    """The analyses by id, and what they cost."""

    replies: dict[str, AnalysisReply]
    spend: Spend


class _Unusable(NamedTuple):
    """An answer that cannot be used: why, how to ask again, and what it cost."""

    fault: str
    follow_up: tuple[ChatMessage, ...]
    needs_room: bool
    spend: Spend


class Asking:
    """Asks through one client. Which models need more room is remembered, so that only their first call is cut."""

    def __init__(self, client: ChatClient) -> None:
        self._client = client
        self._need_room: set[str] = set()

    def through(self, client: ChatClient) -> "Asking":
        """The same through another client."""
        other = Asking(client)
        other._need_room = self._need_room
        return other

    def ask(self, question: Question) -> Answer:
        """A usable answer, at the second try at the latest. Raises `AnalysisFailedError`."""
        has_room = question.model in self._need_room
        first = self._try(question, (), Spend.none(), more_room=has_room, is_last=False)
        if isinstance(first, Answer):
            return first
        second = self._try(
            question, first.follow_up, first.spend, more_room=has_room or first.needs_room, is_last=True
        )
        if isinstance(second, Answer):
            if first.needs_room:
                self._need_room.add(question.model)
            return second
        raise AnalysisFailedError(
            ErrorCode.MODEL_REPLY_INVALID,
            f"model {shown(question.model)} gave no usable answer twice; the last fault: {second.fault}. "
            "A person decides; choose another model if this keeps happening.",
            second.spend,
        )

    def _try(
        self,
        question: Question,
        follow_up: tuple[ChatMessage, ...],
        spent: Spend,
        *,
        more_room: bool,
        is_last: bool,
    ) -> Answer | _Unusable:
        try:
            reply = self._client.complete(
                _chat_request(question, follow_up, more_room=more_room), question.deadline
            )
        except LlmError as failure:
            if is_last or not _may_be_mended(failure, question, more_room=more_room):
                raise AnalysisFailedError(
                    failure.code, failure.message, spent + failure.spend, failure
                ) from None
            needs_room = failure.remedy is Remedy.MORE_ROOM
            return _Unusable(failure.message, follow_up, needs_room, spent + failure.spend)
        spend = spent + reply.spend
        try:
            return Answer(parse_reply(reply.text, question.ids), spend)
        except ReplyInvalidError as fault:
            if reply.is_cut and not more_room:
                return _Unusable("the answer was cut", follow_up, needs_room=True, spend=spend)
            return _Unusable(str(fault), _complaint(reply.text, str(fault)), needs_room=False, spend=spend)


def _may_be_mended(failure: LlmError, question: Question, *, more_room: bool) -> bool:
    """Several requests in one call are not asked again: smaller calls do more, and find the one that is refused."""
    if failure.remedy is Remedy.MORE_ROOM:
        return not more_room
    return failure.remedy is Remedy.ASK_AGAIN and len(question.ids) == 1


def _complaint(text: str, fault: str) -> tuple[ChatMessage, ...]:
    return (
        ChatMessage("assistant", text[:_QUOTED_CHARACTERS] or "(empty)"),
        ChatMessage("user", f"Your reply was refused: {fault}. Reply again with the JSON document alone."),
    )


def _chat_request(question: Question, follow_up: tuple[ChatMessage, ...], *, more_room: bool) -> ChatRequest:
    tokens = MAX_OUTPUT_TOKENS * len(question.ids)
    return ChatRequest(
        model=question.model,
        messages=(
            ChatMessage("system", SYSTEM + question.note),
            ChatMessage("user", question.document),
            *follow_up,
        ),
        reply_schema=REPLY_SCHEMA,
        max_output_tokens=max(tokens, min(tokens * _MORE_ROOM, _MOST_OUTPUT_TOKENS)) if more_room else tokens,
        request_id=question.ids[0],
    )
