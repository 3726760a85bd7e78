# SPDX-License-Identifier: Apache-2.0
"""What a call costs: in exact decimals, input and output apart, and unknown rather than zero."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Final

from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.llm.chat import TokenUsage

_MILLION: Final = Decimal(1_000_000)
_HIGHEST: Final = Decimal(100_000)
_EXAMPLE: Final = '{"deepseek-v3.2": {"input": 0.14, "output": 0.28}}'


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """USD per million tokens, read and written."""

    input: Decimal
    output: Decimal

    def cost(self, usage: TokenUsage) -> Decimal:
        """USD for one call, exact."""
        return (self.input * usage.prompt_tokens + self.output * usage.completion_tokens) / _MILLION


def _usd(given: str, written: str) -> ModelPrice:
    return ModelPrice(Decimal(given), Decimal(written))


LIST_PRICES: Final[Mapping[str, ModelPrice]] = MappingProxyType(
    {
        "deepseek-v3.2": _usd("0.14", "0.28"),
        "gemini-2.5-flash": _usd("0.35", "1.25"),
        "gpt-4.1": _usd("2.50", "10.00"),
        "claude-sonnet-4.5": _usd("3.00", "15.00"),
    }
)
"""What the default endpoint's models cost there."""


class Prices:
    """Answers what a call cost: by the reply's own word, the credential's prices, the list, or the public catalogue."""

    def __init__(self, own: Mapping[str, ModelPrice] | None = None) -> None:
        """`own`: prices from the credentials, which go before the list."""
        self._known = {**LIST_PRICES, **(own or {})}

    def cost(self, model: str, usage: TokenUsage, stated: Decimal | None) -> Decimal | None:
        """USD, or None when nobody knows the model's price. `stated` is what the reply itself says it cost."""
        if stated is not None:
            return stated
        price = self._known.get(model)
        return price.cost(usage) if price else _catalogue_cost(model, usage)


def _catalogue_cost(model: str, usage: TokenUsage) -> Decimal | None:
    """By the catalogue of public list prices. Loaded here, as that takes 0.2 s and most installations never need it.

    Its updater, which would fetch new prices in a thread of its own, stays off: nothing is downloaded.
    """
    from genai_prices import Usage, calc_price  # noqa: PLC0415

    asked = Usage(input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens)
    try:
        return calc_price(asked, model_ref=model).total_price
    except (LookupError, ValueError):
        return None


def parse_prices(text: str) -> Mapping[str, ModelPrice]:
    """The prices in a JSON document as `{"model": {"input": 0.14, "output": 0.28}}`, USD per million tokens.

    Empty text gives no prices. Raises `bad_parameter` naming the path of the bad value.
    """
    if not text.strip():
        return {}
    try:
        document = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER, f"prices is no JSON ({error}): {shown(text)}. Example: {_EXAMPLE}"
        ) from None
    if not isinstance(document, dict):
        raise _bad("prices", document, "an object of models")
    return {model: _price(f"prices.{model}", price) for model, price in document.items()}


def _price(path: str, value: Any) -> ModelPrice:
    if not isinstance(value, dict) or set(value) != {"input", "output"}:
        raise _bad(path, value, 'an object with "input" and "output"')
    return ModelPrice(_amount(f"{path}.input", value["input"]), _amount(f"{path}.output", value["output"]))


def _amount(path: str, value: Any) -> Decimal:
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        amount = Decimal(value)
        if amount.is_finite() and 0 <= amount <= _HIGHEST:
            return amount
    raise _bad(path, value, f"a number from 0 to {_HIGHEST:,}, in USD per million tokens")


def _bad(path: str, value: object, wanted: str) -> ApprovalError:
    found = str(value) if isinstance(value, Decimal) else shown(value)
    return ApprovalError(
        ErrorCode.BAD_PARAMETER, f"{path} is {found}, but must be {wanted}. Example: {_EXAMPLE}"
    )
