# SPDX-License-Identifier: Apache-2.0
"""The kinds of value that a policy is made of, each with its bounds."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticKnownError

from approvals.domain.terms import Level
from approvals.text.numbers import read_number

DEADLINE_LIMIT_HOURS = Decimal(8784)  # a leap year: a longer deadline is a typing error
AMOUNT_LIMIT = Decimal("1e15")
REMINDERS_LIMIT = 5  # of one deadline
SIGNATURES_LIMIT = 20  # at one stage


class WrittenFloat(float):
    """A number with decimals, with the text that it was written as."""

    text: str

    def __new__(cls, text: str) -> Self:
        """Raises `ValueError` for what is no number."""
        made = super().__new__(cls, text)
        made.text = text
        return made


def _number(value: object) -> object:
    """A YAML or JSON number as its shortest decimal text; 1.1 must not become 1.100000000000000088."""
    if isinstance(value, bool):
        raise ValueError("expected a number, found a boolean")  # noqa: TRY004 - pydantic reports ValueError
    if isinstance(value, WrittenFloat):
        return value.text
    return str(value) if isinstance(value, float) else value


def _money(value: object) -> object:
    """Whatever was written is read as every amount is: what has two readings is refused with both."""
    written = value.text if isinstance(value, WrittenFloat) else value
    return read_number(written) if isinstance(written, str) else _number(value)


def _switch(value: object) -> object:
    """YAML makes a boolean of `on`; JSON and newer YAML keep the word."""
    return {"on": True, "off": False}.get(value, value) if isinstance(value, str) else value


def _type_name(value: str) -> str:
    return value.strip().casefold()


Money = Annotated[Decimal, BeforeValidator(_money), Field(ge=0, le=AMOUNT_LIMIT, allow_inf_nan=False)]
Rate = Annotated[
    Decimal, BeforeValidator(_number), Field(gt=0, le=Decimal(1_000_000_000), allow_inf_nan=False)
]
Hours = Annotated[
    Decimal, BeforeValidator(_number), Field(gt=0, le=DEADLINE_LIMIT_HOURS, allow_inf_nan=False)
]
_CURRENCY: Final = r"^[A-Z]{3}$"
# One plain address: no list, no name beside it, no second line for a mail's head.
_EMAIL: Final = r'^[^\s@,;<>"]+@[^\s@,;<>"]+\.[^\s@,;<>"]+$'
PATTERNS: Final[Mapping[str, str]] = {
    _CURRENCY: "a currency's three letters in capitals, such as USD",
    _EMAIL: "one e-mail address and nothing else, such as ann@example.com",
}
"""What each pattern allows, in words."""

Currency = Annotated[str, Field(pattern=_CURRENCY)]
EmailAddress = Annotated[str, Field(max_length=254, pattern=_EMAIL)]
TypeName = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_type_name)]
Clause = Annotated[str, Field(min_length=1, max_length=500)]
Title = Annotated[str, Field(min_length=1, max_length=60)]
Strict = Annotated[bool, Field(strict=True)]
Switch = Annotated[
    bool,
    Field(strict=True),
    BeforeValidator(_switch),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"enum": ["on", "off"]}]}),
]


class PlacedError(ValueError):
    """A fault that a table as a whole shows, and the path from the table to where it stands."""

    def __init__(self, message: str, path: tuple[str | int, ...]) -> None:
        super().__init__(message)
        self.path = path


def _parts_rise(parts: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    if any(later <= earlier for earlier, later in pairwise(parts)):
        raise ValueError("the parts of the deadline must rise, as in [0.5, 0.9]")
    return parts


RemindAt = Annotated[
    tuple[Annotated[Decimal, BeforeValidator(_number), Field(gt=0, lt=1, allow_inf_nan=False)], ...],
    AfterValidator(_parts_rise),
    Field(max_length=REMINDERS_LIMIT),
]


class Part(BaseModel):
    """A table of a policy: frozen, and without keys that do nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Stage(Part):
    """One level that must sign, and how many of its people."""

    level: Level
    signatures: Annotated[int, Field(ge=1, le=SIGNATURES_LIMIT, strict=True)] = Field(
        1, description="How many people sign at this level, one after the other."
    )


def _stage(value: object) -> object:
    """A level's name alone stands for one signature."""
    if isinstance(value, Mapping | Stage):
        return value
    if not isinstance(value, str) or value not in set(Level):
        *others, last = (repr(level.value) for level in Level)
        raise PydanticKnownError("enum", {"expected": f"{', '.join(others)} or {last}"})
    return Stage(level=Level(value))


def _rising(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    if any(later.level.rank <= earlier.level.rank for earlier, later in pairwise(stages)):
        raise ValueError(
            "stages must rise without repeats, as in [manager, director, vp, executive]; "
            "for two signatures of one level write {level: vp, signatures: 2}"
        )
    return stages


def signatures_of(stages: Sequence[Stage]) -> tuple[Level, ...]:
    """A level for each signature that the stages ask for, in rising order."""
    return tuple(stage.level for stage in stages for _ in range(stage.signatures))


Stages = Annotated[
    tuple[Annotated[Stage, BeforeValidator(_stage, json_schema_input_type=Level | Stage)], ...],
    AfterValidator(_rising),
    Field(max_length=len(Level)),
]
