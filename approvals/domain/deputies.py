# SPDX-License-Identifier: Apache-2.0
"""Deputies: who stands in for somebody of the policy's people, from one day to another, both included, in UTC."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, Self

from pydantic import BeforeValidator, Field, model_validator

from approvals.domain.people import Directory, Person, Spelling, same_person
from approvals.domain.policy_types import Part
from approvals.text.names import read_name

DEPUTIES_LIMIT: Final = 200


def _day(value: object) -> object:
    """A day as text; a number would be read as seconds since 1970."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError("write the day as 2026-12-24, year first") from None


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=date)]


class Deputy(Part):
    """Somebody who acts for a person while that person is away."""

    of: Spelling = Field(
        description="Whom the deputy acts for: the name or address of one of the policy's people."
    )
    is_: Spelling = Field(alias="is", description="Who acts: a name or an address.")
    from_: Day = Field(alias="from", description="The first day, in UTC.")
    until: Day = Field(description="The last day, in UTC.")

    @model_validator(mode="after")
    def _comes_some_day(self) -> Self:
        if self.until < self.from_:
            raise ValueError(f"'until' {self.until} is before 'from' {self.from_}, so it would never begin")
        return self

    def acts_on(self, day: date) -> bool:
        """True on the days from the first to the last."""
        return self.from_ <= day <= self.until

    def email(self, directory: Directory) -> str:
        """Where to write to the deputy; "" where that is not known."""
        person = directory.find(self.is_)
        if person is not None:
            return person.email or ""
        typed = read_name(self.is_)
        return typed.key if typed.is_address else ""


def principals(deputies: Sequence[Deputy], directory: Directory, actor: str, day: date) -> Sequence[Person]:
    """Whom `actor` acts for on a day."""
    found = (
        directory.find(deputy.of)
        for deputy in deputies
        if deputy.acts_on(day) and same_person(directory, deputy.is_, actor)
    )
    return [person for person in found if person is not None]


def deputy_of(deputies: Sequence[Deputy], directory: Directory, person: Person, day: date) -> Deputy | None:
    """Who acts for a person on a day."""
    acting = (deputy for deputy in deputies if deputy.acts_on(day))
    return next((deputy for deputy in acting if directory.find(deputy.of) is person), None)
