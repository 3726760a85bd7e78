# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in a call: the kinds, as data, and the two exceptions that carry one."""

from enum import Flag, StrEnum, auto
from typing import Final, Self

from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.chat import Spend, TokenUsage


class Effect(Flag):
    """What a kind of failure means, besides its code."""

    NONE = 0
    RETRY = auto()
    """Another attempt may succeed."""
    BREAKER = auto()
    """It counts against the endpoint."""
    BILLED = auto()
    """The endpoint may have worked for us without telling how much."""
    SETTINGS = auto()
    """The settings are wrong: no request will get through until someone changes them."""


_UNAVAILABLE: Final = ErrorCode.MODEL_UNAVAILABLE
_OUTAGE: Final = Effect.RETRY | Effect.BREAKER
_WASTED: Final = Effect.BREAKER | Effect.BILLED


class FailureKind(StrEnum):
    """Every way in which a call can fail: its name, the code that the caller meets, its effects."""

    _value_: str
    code: ErrorCode
    effects: Effect

    def __new__(cls, name: str, code: ErrorCode = _UNAVAILABLE, effects: Effect = Effect.NONE) -> Self:
        kind = str.__new__(cls, name)
        kind._value_, kind.code, kind.effects = name, code, effects
        return kind

    NAME_NOT_FOUND = "name_not_found", _UNAVAILABLE, _OUTAGE
    REFUSED = "refused", _UNAVAILABLE, _OUTAGE
    CONNECT = "connect", _UNAVAILABLE, _OUTAGE
    TLS = "tls", _UNAVAILABLE, Effect.BREAKER
    TIMEOUT = "timeout", _UNAVAILABLE, _OUTAGE | Effect.BILLED
    DEADLINE = "deadline", ErrorCode.DEADLINE_EXCEEDED, _WASTED
    CONNECTION_LOST = "connection_lost", _UNAVAILABLE, _OUTAGE | Effect.BILLED
    REDIRECT = "redirect", _UNAVAILABLE
    # A proxy, a firewall or a filter between the plugin and the endpoint; some judge each request by its content.
    PROXY_REFUSED = "proxy_refused", _UNAVAILABLE
    AUTH = "auth", ErrorCode.BAD_PARAMETER, Effect.SETTINGS
    PATH_UNKNOWN = "path_unknown", ErrorCode.BAD_PARAMETER, Effect.SETTINGS
    MODEL_UNKNOWN = "model_unknown", ErrorCode.BAD_PARAMETER, Effect.SETTINGS
    # Not the settings' fault: one content too long, or one that the provider's filter refuses.
    REQUEST_REFUSED = "request_refused", ErrorCode.BAD_PARAMETER
    NO_BUDGET = "no_budget", ErrorCode.BUDGET_EXCEEDED
    DAILY_BUDGET = "daily_budget", ErrorCode.BUDGET_EXCEEDED
    RATE_LIMITED = "rate_limited", ErrorCode.RATE_LIMITED, Effect.RETRY
    TRY_AGAIN = "try_again", _UNAVAILABLE, Effect.RETRY
    SERVER_ERROR = "server_error", _UNAVAILABLE, _OUTAGE
    # A whole reply of the wrong size or shape would come again, and be billed again: not retried.
    REPLY_TOO_LARGE = "reply_too_large", _UNAVAILABLE, _WASTED
    REPLY_MALFORMED = "reply_malformed", _UNAVAILABLE, _WASTED
    REPLY_EMPTY = "reply_empty", ErrorCode.MODEL_REPLY_INVALID, Effect.BILLED
    LIMITER_FULL = "limiter_full", ErrorCode.RATE_LIMITED
    CIRCUIT_OPEN = "circuit_open", ErrorCode.CIRCUIT_OPEN
    SHUTTING_DOWN = "shutting_down", ErrorCode.SHUTTING_DOWN
    # Its caller was killed; only an observer ever sees this one.
    ABANDONED = "abandoned", _UNAVAILABLE


class Remedy(StrEnum):
    """What may help a request that brought no answer."""

    MORE_ROOM = "more_room"
    """The same with more output tokens."""
    ASK_AGAIN = "ask_again"
    """The same once more."""


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
        super().__init__(kind.code, message)
        self.kind = kind
        self.retry_after = retry_after
        self.usage = usage
        self.remedy = remedy


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
        return Effect.SETTINGS in self.kind.effects

    @classmethod
    def after(cls, failure: ApprovalError, spend: Spend) -> Self:
        """The error to raise for the last failure of a call."""
        if isinstance(failure, CallFailure):
            return cls(failure.kind, failure.code, failure.message, spend, remedy=failure.remedy)
        return cls(_KINDS_OF_CODES[failure.code], failure.code, failure.message, spend)
