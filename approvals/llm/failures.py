# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in a call: the kinds, as data, and the two exceptions that carry one."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.chat import Spend, TokenUsage


class FailureKind(StrEnum):
    """Every way in which a call can fail."""

    NAME_NOT_FOUND = "name_not_found"
    REFUSED = "refused"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    DEADLINE = "deadline"
    CONNECTION_LOST = "connection_lost"
    REDIRECT = "redirect"
    PROXY_REFUSED = "proxy_refused"
    AUTH = "auth"
    PATH_UNKNOWN = "path_unknown"
    MODEL_UNKNOWN = "model_unknown"
    REQUEST_REFUSED = "request_refused"
    NO_BUDGET = "no_budget"
    DAILY_BUDGET = "daily_budget"
    RATE_LIMITED = "rate_limited"
    TRY_AGAIN = "try_again"
    SERVER_ERROR = "server_error"
    REPLY_TOO_LARGE = "reply_too_large"
    REPLY_MALFORMED = "reply_malformed"
    REPLY_EMPTY = "reply_empty"
    LIMITER_FULL = "limiter_full"
    CIRCUIT_OPEN = "circuit_open"
    SHUTTING_DOWN = "shutting_down"
    ABANDONED = "abandoned"


class Remedy(StrEnum):
    """What may help a request that brought no answer."""

    MORE_ROOM = "more_room"
    """The same with more output tokens."""
    ASK_AGAIN = "ask_again"
    """The same once more."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a kind of failure means for the caller, the retry loop, the breaker and the bill."""

    code: ErrorCode
    retryable: bool = False
    counts_for_breaker: bool = False
    may_be_billed: bool = False
    """The endpoint may have worked for us without telling how much."""
    callers_fault: bool = False
    """The settings are wrong: no request will get through until someone changes them."""


_UNAVAILABLE: Final = ErrorCode.MODEL_UNAVAILABLE

CONSEQUENCES: Final[dict[FailureKind, Consequence]] = {
    FailureKind.NAME_NOT_FOUND: Consequence(_UNAVAILABLE, retryable=True, counts_for_breaker=True),
    FailureKind.REFUSED: Consequence(_UNAVAILABLE, retryable=True, counts_for_breaker=True),
    FailureKind.CONNECT: Consequence(_UNAVAILABLE, retryable=True, counts_for_breaker=True),
    FailureKind.TLS: Consequence(_UNAVAILABLE, counts_for_breaker=True),
    FailureKind.TIMEOUT: Consequence(
        _UNAVAILABLE, retryable=True, counts_for_breaker=True, may_be_billed=True
    ),
    FailureKind.DEADLINE: Consequence(
        ErrorCode.DEADLINE_EXCEEDED, counts_for_breaker=True, may_be_billed=True
    ),
    FailureKind.CONNECTION_LOST: Consequence(
        _UNAVAILABLE, retryable=True, counts_for_breaker=True, may_be_billed=True
    ),
    FailureKind.REDIRECT: Consequence(_UNAVAILABLE),
    # A proxy, a firewall or a filter between the plugin and the endpoint; some judge each request by its content.
    FailureKind.PROXY_REFUSED: Consequence(_UNAVAILABLE),
    FailureKind.AUTH: Consequence(ErrorCode.BAD_PARAMETER, callers_fault=True),
    FailureKind.PATH_UNKNOWN: Consequence(ErrorCode.BAD_PARAMETER, callers_fault=True),
    FailureKind.MODEL_UNKNOWN: Consequence(ErrorCode.BAD_PARAMETER, callers_fault=True),
    # Not the settings' fault: one content too long, or one that the provider's filter refuses.
    FailureKind.REQUEST_REFUSED: Consequence(ErrorCode.BAD_PARAMETER),
    FailureKind.NO_BUDGET: Consequence(ErrorCode.BUDGET_EXCEEDED),
    FailureKind.DAILY_BUDGET: Consequence(ErrorCode.BUDGET_EXCEEDED),
    FailureKind.RATE_LIMITED: Consequence(ErrorCode.RATE_LIMITED, retryable=True),
    FailureKind.TRY_AGAIN: Consequence(_UNAVAILABLE, retryable=True),
    FailureKind.SERVER_ERROR: Consequence(_UNAVAILABLE, retryable=True, counts_for_breaker=True),
    # A whole reply of the wrong size or shape would come again, and be billed again: not retried.
    FailureKind.REPLY_TOO_LARGE: Consequence(_UNAVAILABLE, counts_for_breaker=True, may_be_billed=True),
    FailureKind.REPLY_MALFORMED: Consequence(_UNAVAILABLE, counts_for_breaker=True, may_be_billed=True),
    FailureKind.REPLY_EMPTY: Consequence(ErrorCode.MODEL_REPLY_INVALID, may_be_billed=True),
    FailureKind.LIMITER_FULL: Consequence(ErrorCode.RATE_LIMITED),
    FailureKind.CIRCUIT_OPEN: Consequence(ErrorCode.CIRCUIT_OPEN),
    FailureKind.SHUTTING_DOWN: Consequence(ErrorCode.SHUTTING_DOWN),
    # Its caller was killed; only an observer ever sees this one.
    FailureKind.ABANDONED: Consequence(_UNAVAILABLE),
}


_KINDS_OF_CODES: Final = {
    ErrorCode.RATE_LIMITED: FailureKind.LIMITER_FULL,
    ErrorCode.CIRCUIT_OPEN: FailureKind.CIRCUIT_OPEN,
    ErrorCode.DEADLINE_EXCEEDED: FailureKind.DEADLINE,
    ErrorCode.BUDGET_EXCEEDED: FailureKind.NO_BUDGET,
}
"""What the limiter, the breaker and the deadline raise before anything is sent."""


class CallFailure(ApprovalError):  # noqa: N818 - one failed attempt, which need not become the caller's error
    """One failed attempt."""

    def __init__(
        self,
        kind: FailureKind,
        message: str,
        *,
        retry_after: float | None = None,
        usage: TokenUsage | None = None,
        remedy: Remedy | None = None,
    ) -> None:
        """`retry_after`: seconds that the endpoint asks us to wait. `usage`: what it says was used all the same.

        `remedy`: what may help, beyond what the retry loop does.
        """
        consequence = CONSEQUENCES[kind]
        super().__init__(consequence.code, message)
        self.kind = kind
        self.retry_after = retry_after
        self.usage = usage
        self.remedy = remedy
        self.retryable = consequence.retryable
        self.counts_for_breaker = consequence.counts_for_breaker
        self.may_be_billed = consequence.may_be_billed


class LlmError(ApprovalError):
    """A call that failed for good, and what was spent on trying."""

    def __init__(
        self, kind: FailureKind, code: ErrorCode, message: str, spend: Spend, *, remedy: Remedy | None = None
    ) -> None:
        """`remedy`: what may help, beyond what has been tried."""
        super().__init__(code, message)
        self.kind = kind
        self.spend = spend
        self.remedy = remedy

    @property
    def callers_fault(self) -> bool:
        """The settings are wrong: no request will get through until someone changes them."""
        return CONSEQUENCES[self.kind].callers_fault

    @classmethod
    def after(cls, failure: ApprovalError, spend: Spend) -> Self:
        """The error to raise for the last failure of a call."""
        if isinstance(failure, CallFailure):
            return cls(failure.kind, failure.code, failure.message, spend, remedy=failure.remedy)
        return cls(_KINDS_OF_CODES[failure.code], failure.code, failure.message, spend)
