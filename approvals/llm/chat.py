# SPDX-License-Identifier: Apache-2.0
"""What is asked of a model and what comes back, with what it cost. Named tuples, as every call builds several."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple, Self

from pydantic_core import to_json

BYTES_PER_TOKEN: Final = 3
"""Measured on o200k: English 3.16, German 3.88, JSON 2.89, Chinese 3.37 bytes per token. 3 errs to the safe side."""


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` is: its UTF-8 bytes divided by three, rounded up."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return -(-size // BYTES_PER_TOKEN)


class ChatMessage(NamedTuple):
    """One message. `role` is `system`, `user` or `assistant`."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class ReplySchema:
    """The JSON Schema that the reply must follow, with the name that `response_format` wants for it."""

    name: str
    schema: Mapping[str, Any]
    encoded: bytes = field(init=False, repr=False)
    """The schema as it stands in every question."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "encoded", to_json(self.schema))


class ChatRequest(NamedTuple):
    """One question to a model. `request_id` is for logs and the `X-Request-Id` header, not for the model."""

    model: str
    messages: tuple[ChatMessage, ...]
    reply_schema: ReplySchema | None
    max_output_tokens: int
    request_id: str

    def estimated_tokens(self) -> int:
        """The most tokens this can cost, in and out, by `estimate_tokens`: what the limiter reserves."""
        return sum([estimate_tokens(text) for _, text in self.messages], self.max_output_tokens)


class TokenUsage(NamedTuple):
    """What the endpoint says it read and wrote."""

    prompt_tokens: int
    completion_tokens: int

    @property
    def total(self) -> int:
        return self.prompt_tokens + self.completion_tokens


class Spend(NamedTuple):
    """What was spent, summed over attempts. Tokens count what was reported.

    `cost_known` is False as soon as one attempt's cost is not known; `cost_usd` is then only the known part, never
    to be shown as the price. `model_seconds` run from sending to the end of the reply; `waited_seconds` are those in
    the limiter, for a slot, and between attempts: what is neither the model's nor ours.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    cost_known: bool = True
    attempts: int = 0
    model_seconds: float = 0.0
    waited_seconds: float = 0.0

    @staticmethod
    def none() -> "Spend":
        """Nothing tried, nothing spent."""
        return _NOTHING

    @staticmethod
    def free_attempt() -> "Spend":
        """One attempt that cost nothing: it never reached the endpoint, or got an error status."""
        return Spend(attempts=1)

    @staticmethod
    def unknown_attempt() -> "Spend":
        """One attempt that may have been billed without our being told."""
        return Spend(cost_known=False, attempts=1)

    @classmethod
    def priced_attempt(cls, usage: TokenUsage, cost_usd: Decimal | None) -> Self:
        """One attempt with the usage it reported; a cost of None is unknown."""
        return cls(*usage, cost_usd or Decimal(0), cost_usd is not None, 1)

    def timed(self, model_seconds: float, waited_seconds: float) -> "Spend":
        """The same, with these times."""
        return Spend(*self[:5], model_seconds, waited_seconds)

    def __add__(self, other: "Spend") -> "Spend":  # type: ignore[override] # a sum, not a longer tuple
        if self is _NOTHING:
            return other
        return Spend(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cost_usd + other.cost_usd,
            self.cost_known and other.cost_known,
            self.attempts + other.attempts,
            self.model_seconds + other.model_seconds,
            self.waited_seconds + other.waited_seconds,
        )


_NOTHING: Final = Spend()


class ChatReply(NamedTuple):
    """The model's text, the model that says it wrote it, what it cost and how long it took in all.

    `is_cut`: the model had no more output tokens and stopped in the middle.
    """

    text: str
    model: str
    spend: Spend
    latency_ms: int
    is_cut: bool = False
