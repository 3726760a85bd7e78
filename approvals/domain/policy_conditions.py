# SPDX-License-Identifier: Apache-2.0
"""What a rule of a policy tests. What is not given is not tested."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from approvals.domain.facts import CONTEXT_KEY_LIMIT, Facts, as_seen
from approvals.domain.policy_types import Money, Part, TypeName
from approvals.domain.terms import Risk

_VALUE_LIMIT: Final = 200  # characters
_VALUES_LIMIT: Final = 200
_KEYS_LIMIT: Final = 20


def _word(value: object) -> object:
    """A whole number as its digits. What YAML makes of `no`, `1.10` and the like is not what was written."""
    if isinstance(value, bool):
        raise ValueError("allowed: text or a whole number; put it in quotes")  # noqa: TRY004 - pydantic reports it
    if isinstance(value, float):
        raise ValueError("allowed: text or a whole number; put a number with decimals in quotes")  # noqa: TRY004
    return str(value) if isinstance(value, int) else value


def _visible(value: str) -> str:
    if not as_seen(value):
        raise ValueError("a reader sees nothing here; give letters or digits")
    return value


def _told_apart(context: Mapping[str, object]) -> Mapping[str, object]:
    seen: dict[str, str] = {}
    for key in context:
        other = seen.setdefault(as_seen(key), key)
        if other != key:
            raise ValueError(f"{other!r} and {key!r} are the same key to a reader; write it once")
    return context


Word = Annotated[
    str,
    Field(min_length=1, max_length=_VALUE_LIMIT),
    BeforeValidator(_word),
    AfterValidator(_visible),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "minLength": 1, "maxLength": _VALUE_LIMIT}, {"type": "integer"}]}
    ),
]
Words = Annotated[tuple[Word, ...], Field(min_length=1, max_length=_VALUES_LIMIT)]
ContextKey = Annotated[str, Field(min_length=1, max_length=CONTEXT_KEY_LIMIT), AfterValidator(_visible)]


class AmountBounds(Part):
    """Bounds in the policy's currency, at most one below and one above: `from` and `to` belong to them."""

    from_: Money | None = Field(None, alias="from", description="At least this amount (inclusive).")
    above: Money | None = Field(None, description="More than this amount (exclusive).")
    to: Money | None = Field(None, description="At most this amount (inclusive).")
    below: Money | None = Field(None, description="Less than this amount (exclusive).")

    @model_validator(mode="after")
    def _bounds_make_sense(self) -> Self:
        if self.from_ is not None and self.above is not None:
            raise ValueError("give 'from' (inclusive) or 'above' (exclusive), not both")
        if self.to is not None and self.below is not None:
            raise ValueError("give 'to' (inclusive) or 'below' (exclusive), not both")
        if self.lowest is None and self.highest is None:
            raise ValueError("give 'from' or 'above', 'to' or 'below', or one of each")
        fault = self._why_empty()
        if fault:
            raise ValueError(f"{fault}, so nothing would match")
        return self

    @property
    def lowest(self) -> Decimal | None:
        """The lower bound, whichever kind; None where there is none."""
        return self.from_ if self.above is None else self.above

    @property
    def highest(self) -> Decimal | None:
        """The upper bound, whichever kind; None where there is none."""
        return self.to if self.below is None else self.below

    def hold(self, amount: Decimal | None) -> bool:
        """True when a known amount lies within the bounds; an unknown one never does."""
        if amount is None:
            return False
        return (
            (self.from_ is None or amount >= self.from_)
            and (self.above is None or amount > self.above)
            and (self.to is None or amount <= self.to)
            and (self.below is None or amount < self.below)
        )

    def __str__(self) -> str:
        """The bounds in words, as in `above 500 up to 1,000`."""
        given = {"from": self.from_, "above": self.above, "up to": self.to, "below": self.below}
        return " ".join(f"{word} {bound:,f}" for word, bound in given.items() if bound is not None)

    def _why_empty(self) -> str:
        """Why no amount lies within the bounds; "" where one does."""
        low, high = self.lowest, self.highest
        if high is None:
            return ""
        if low is None:
            return f"no amount is below {high}" if self.below == 0 else ""
        least = f"'from' {low}" if self.above is None else f"'above' {low}"
        most = f"'to' {high}" if self.below is None else f"'below' {high}"
        if low > high:
            return f"{least} is above {most}"
        one_alone = low == high and (self.above is not None or self.below is not None)
        return f"no amount lies between {least} and {most}" if one_alone else ""


class Scope(Part):
    """Tests of what is said in words. What is not given is not tested; a fact that is missing fails the test."""

    request_type: Annotated[tuple[TypeName, ...], Field(min_length=1)] | None = Field(
        None, description="The kinds of request, such as [expense, purchase]."
    )
    vendor: Words | None = Field(None, description="The suppliers, such as [Contoso, Fabrikam].")
    cost_center: Words | None = Field(None, description="The cost centers, such as [4711].")
    context: (
        Annotated[
            Mapping[ContextKey, Words],
            Field(min_length=1, max_length=_KEYS_LIMIT),
            AfterValidator(_told_apart),
        ]
        | None
    ) = Field(
        None,
        description="The values that a key of the request's context may have, such as {department: [sales]}.",
    )

    @cached_property
    def words(self) -> Mapping[str, frozenset[str]]:
        """The words that each given test of text takes, as a reader sees them."""
        given = {
            "request_type": self.request_type,
            "vendor": self.vendor,
            "cost_center": self.cost_center,
            **{f"context.{as_seen(key)}": values for key, values in (self.context or {}).items()},
        }
        return {key: frozenset(map(as_seen, values)) for key, values in given.items() if values}

    @cached_property
    def context_keys(self) -> frozenset[str]:
        """The keys of the context that are tested, as a reader sees them."""
        return frozenset(map(as_seen, self.context or ()))


class Condition(Scope):
    """What a rule tests. What is not given is not tested; a fact that is missing fails the test."""

    amount: AmountBounds | None = Field(None, description="Bounds in the policy's currency.")
    risk: Annotated[tuple[Risk, ...], Field(min_length=1)] | None = Field(
        None, description="The risks that the analysis may have found."
    )

    def matches(self, facts: Facts, risk: Risk) -> bool:
        """True when every given test holds."""
        return all(held for _, held in self.tests(facts, risk))

    def tests(self, facts: Facts, risk: Risk) -> Iterator[tuple[str, bool]]:
        """Each given test, by its key (`amount`, `context.department`), and whether it holds."""
        for key, values in self.words.items():
            yield key, not values.isdisjoint(facts.words.get(key, ()))
        if self.amount is not None:
            yield "amount", self.amount.hold(facts.amount)
        if self.risk is not None:
            yield "risk", risk in self.risk
