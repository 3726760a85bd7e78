# SPDX-License-Identifier: Apache-2.0
"""Which checks a policy asks for, and the amounts at which its rules change."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field, WithJsonSchema

from approvals.domain.policy_types import Part, Switch

_LONGEST_DAYS = 400


class Bound(NamedTuple):
    """An amount at which a rule begins or ends. `below`: the amount itself lies above it already."""

    amount: Decimal
    below: bool

    def holds(self, amount: Decimal) -> bool:
        """True for an amount on the lower side."""
        return amount < self.amount if self.below else amount <= self.amount


class Days(Part):
    """A check that looks some days back."""

    days: Annotated[int, Field(ge=1, le=_LONGEST_DAYS, strict=True)]


def _switched(days: int) -> BeforeValidator:
    """`on` stands for the usual number of days, `off` for no check."""

    def read(value: Any) -> Any:
        on = {"on": True, "off": False}.get(value, value) if isinstance(value, str) else value
        if isinstance(on, bool):
            return {"days": days} if on else None
        if not isinstance(on, Mapping | Days):
            raise ValueError(  # noqa: TRY004 - pydantic reports it
                f"allowed: on, off, or a number of days as in {{days: {days}}}"
            )
        return on

    return BeforeValidator(
        read,
        json_schema_input_type=Annotated[
            Any,
            WithJsonSchema(
                {
                    "anyOf": [
                        {"type": "boolean"},
                        {"enum": ["on", "off"]},
                        {
                            "type": "object",
                            "properties": {
                                "days": {"type": "integer", "minimum": 1, "maximum": _LONGEST_DAYS}
                            },
                            "required": ["days"],
                            "additionalProperties": False,
                        },
                    ]
                }
            ),
        ],
    )


class Checks(Part):
    """What is compared with what is stated. A finding forbids auto-approval; it never grants anything."""

    amount_in_text: Switch = Field(True, description="Amounts in the text above the stated one.")
    duplicates: Annotated[Days | None, _switched(90)] = Field(
        Days(days=90),
        description="Requests that may be the same as one of the last days. A document's number is remembered for "
        "400 days.",
    )
    splitting: Annotated[Days | None, _switched(7)] = Field(
        Days(days=7), description="Requests of some days that stay below a bound each and pass it together."
    )
    near_limit: Switch = Field(
        True, description="Amounts within 5 % below a bound, where another check has found something."
    )
    stale_document: Annotated[Days | None, _switched(90)] = Field(
        Days(days=90), description="Documents that are older."
    )
    future_document: Switch = Field(True, description="Documents of a day to come.")
    new_vendor: Switch = Field(False, description="Vendors that no request of the last 400 days named.")
    above_usual: Switch = Field(
        False, description="Amounts above three times the median of five requests or more of the same vendor."
    )

    budget: Switch = Field(True, description="Requests that a budget of the policy does not cover any more.")

    @property
    def compares(self) -> bool:
        """True where a check looks at other requests."""
        return bool(self.duplicates or self.splitting or self.new_vendor or self.above_usual)
