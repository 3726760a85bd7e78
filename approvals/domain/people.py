# SPDX-License-Identifier: Apache-2.0
"""The people of a policy: who a typed name, an address or an alias stands for, and what levels they hold."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from approvals.domain.decisions import SYSTEM, UNNAMED
from approvals.domain.policy_types import EmailAddress, Part, PlacedError
from approvals.domain.terms import Level
from approvals.errors import shown
from approvals.text.names import Name, read_name

PEOPLE_LIMIT = 500
ALIASES_LIMIT = 20


def _somebody(value: str) -> str:
    key = read_name(value).key
    if not key:
        raise ValueError("a reader sees no name here; give letters or digits")
    if key in {SYSTEM, UNNAMED}:
        raise ValueError("the ledger keeps this name for what no person does; give another")
    return value.strip()


def _rising(levels: tuple[Level, ...]) -> tuple[Level, ...]:
    if len(set(levels)) < len(levels):
        raise ValueError("each level is given once")
    return tuple(sorted(levels, key=lambda level: level.rank))


Spelling = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_somebody)]


class Person(Part):
    """Somebody who may sign."""

    name: Spelling = Field(description="As the ledger and the forms name the person.")
    email: EmailAddress | None = Field(None, description="Where forms and notifications go.")
    levels: Annotated[
        tuple[Level, ...], Field(min_length=1, max_length=len(Level)), AfterValidator(_rising)
    ] = Field(description="The levels that the person holds. The highest of them counts for those below.")
    aliases: Annotated[tuple[Spelling, ...], Field(max_length=ALIASES_LIMIT)] = Field(
        (), description="Other names and addresses that the person is known by."
    )

    @property
    def spellings(self) -> Sequence[str]:
        """Everything that stands for the person."""
        return (self.name, *((self.email,) if self.email else ()), *self.aliases)

    def level_for(self, stage: Level) -> Level | None:
        """The lowest of the person's levels that may sign for `stage`; None when they all stand below it."""
        return next((level for level in self.levels if level.rank >= stage.rank), None)

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.email else self.name


class Directory:
    """Finds persons by what was typed. Every spelling stands for one person."""

    def __init__(self, people: Sequence[Person]) -> None:
        self._people = people
        self._by_key: dict[str, Person] = {}
        self._by_loose_key: dict[str, list[tuple[Name, Person]]] = {}
        for position, person in enumerate(people):
            for spelling in person.spellings:
                self._enter(read_name(spelling), person, spelling, position)

    def find(self, typed: str) -> Person | None:
        """The person that a name, an address or an alias stands for; None when it stands for nobody, or for several."""
        name = read_name(typed)
        person = self._by_key.get(name.key)
        if person is not None or not name.key:
            return person
        alike = {id(other): other for other in self._alike(name)}
        return next(iter(alike.values())) if len(alike) == 1 else None

    def able(self, stage: Level | None) -> Sequence[Person]:
        """Who may sign for `stage`, in the order of the policy; everybody when there is no stage."""
        return [one for one in self._people if stage is None or one.level_for(stage) is not None]

    def _enter(self, name: Name, person: Person, spelling: str, position: int) -> None:
        others = [self._by_key[name.key]] if name.key in self._by_key else self._alike(name)
        for other in others:
            if other is not person:
                raise PlacedError(
                    f"{shown(spelling)} stands for {shown(other.name)} and for {shown(person.name)}; "
                    "give each person names and addresses of their own",
                    ("people", position),
                )
        self._by_key[name.key] = person
        self._by_loose_key.setdefault(name.loose_key, []).append((name, person))

    def _alike(self, name: Name) -> Sequence[Person]:
        """Whoever is spelled alike but for letters of other scripts."""
        return [
            person for other, person in self._by_loose_key.get(name.loose_key, ()) if name.is_alike(other)
        ]


def same_person(directory: Directory, one: str, other: str) -> bool:
    """True when two typed names may be one person's: by the policy, or else as a reader sees them."""
    first, second = directory.find(one), directory.find(other)
    if first is not None and second is not None:
        return first is second
    names, others = _readings(first, one), _readings(second, other)
    return any(name.is_same(counterpart) for name in names for counterpart in others)


def _readings(person: Person | None, typed: str) -> Sequence[Name]:
    return [read_name(spelling) for spelling in (person.spellings if person else (typed,))]
