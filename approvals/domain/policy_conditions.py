# SPDX-License-Identifier: Apache-2.0
"""What a rule of a policy tests. What is not given is not tested."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from approvals.domain.policy_types import Money, Part, TypeName
from approvals.domain.terms import Risk


class AmountBounds(Part):
    """Inclusive bounds in the policy's currency; at least one is given."""

    from_: Money | None = Field(None, alias="from", description="At least this amount (inclusive).")
    to: Money | None = Field(None, description="At most this amount (inclusive).")

    @model_validator(mode="after")
    def _bounds_make_sense(self) -> Self:
        if self.from_ is None and self.to is None:
            raise ValueError("give 'from', 'to' or both")
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError(f"'from' {self.from_} is above 'to' {self.to}, so nothing would match")
        return self

    def hold(self, amount: Decimal | None) -> bool:
        """True when a known amount lies within the bounds; an unknown one never does."""
        if amount is None:
            return False
        return (self.from_ is None or amount >= self.from_) and (self.to is None or amount <= self.to)


class Condition(Part):
    """What a rule tests. What is not given is not tested."""

    request_type: Annotated[tuple[TypeName, ...], Field(min_length=1)] | None = Field(
        None, description="The kinds of request, such as [expense, purchase]."
    )
    amount: AmountBounds | None = Field(None, description="Bounds in the policy's currency.")
    risk: Annotated[tuple[Risk, ...], Field(min_length=1)] | None = Field(
        None, description="The risks that the analysis may have found."
    )

    def matches(self, request_type: str, amount: Decimal | None, risk: Risk) -> bool:
        """True when every given test holds. `amount` is in the policy's currency, None when unknown."""
        return (
            (self.request_type is None or request_type.strip().casefold() in self.request_type)
            and (self.amount is None or self.amount.hold(amount))
            and (self.risk is None or risk in self.risk)
        )
