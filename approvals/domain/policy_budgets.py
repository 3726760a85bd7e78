# SPDX-License-Identifier: Apache-2.0
"""Budgets of a policy: what they cover, how much may be spent in each period, and when a period begins."""

from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Any, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from approvals.domain.facts import Facts
from approvals.domain.policy_conditions import Scope
from approvals.domain.policy_types import AMOUNT_LIMIT, Money, Part
from approvals.domain.terms import Word

BUDGETS_LIMIT: Final = 100
_MONTHS: Final = 12


class Period(Word):
    """What a budget is for."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def months(self) -> int:
        """How many months it has."""
        return {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}[self]


class Span(NamedTuple):
    """The first and the last day of a period."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            "there is no such time zone; write a name of the IANA list, such as Europe/Berlin or UTC"
        ) from None
    return name


class FiscalYear(Part):
    """When the periods of budgets begin."""

    starts_in: Annotated[int, Field(ge=1, le=_MONTHS, strict=True)] = Field(
        1, description="The month in which a year begins, 1 to 12; quarters are counted from there."
    )
    time_zone: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_known_zone)] = Field(
        "UTC", description="Where a day begins, for requests without a document date: such as Europe/Berlin."
    )

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)

    def span(self, period: Period, day: date) -> Span:
        """The period that a day lies in."""
        months = day.year * _MONTHS + day.month - 1
        first = months - (months - (self.starts_in - 1)) % period.months
        return Span(_first_day(first), _first_day(first + period.months) - timedelta(days=1))


def _first_day(months: int) -> date:
    """The first day of a month, which is given as the number of months since the year 0; no calendar ends within it."""
    year = months // _MONTHS
    if year < date.min.year:
        return date.min
    return date.max if year > date.max.year else date(year, months % _MONTHS + 1, 1)


class Budget(Scope):
    """What may be spent on something in each period. What is not given is not tested."""

    name: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="How approvers know it. A budget keeps its count while its name stays."
    )
    period: Period = Field(description="month, quarter or year.")
    amount: Annotated[Money, Field(gt=0, le=AMOUNT_LIMIT)] = Field(
        description="What may be spent in each period, in the policy's currency."
    )

    def covers(self, facts: Facts) -> bool:
        """True for a request with these facts."""
        return all(not values.isdisjoint(facts.words.get(key, ())) for key, values in self.words.items())

    @cached_property
    def title(self) -> str:
        """Its name; without one, what it covers."""
        return self.name or self.scope or "all requests"

    @cached_property
    def scope(self) -> str:
        """What it covers in words, as in `cost_center 4711 or 0815`; "" for everything."""
        given: dict[str, Any] = {
            "request_type": self.request_type,
            "vendor": self.vendor,
            "cost_center": self.cost_center,
            **(self.context or {}),
        }
        return ", ".join(f"{key} {' or '.join(values)}" for key, values in given.items() if values)
