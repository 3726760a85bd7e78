# SPDX-License-Identifier: Apache-2.0
"""What a policy's parts must say of each other before it is taken: enough people for every stage, sound deputies.

A policy that a record keeps is not held to this again: a request that is stored must stay readable.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from approvals.domain.people import Person, same_person
from approvals.domain.policy import Outcome, Policy
from approvals.domain.policy_text import Path
from approvals.errors import shown

_NAMED_AT_MOST: Final = 5


def require_signers(policy: Policy) -> None:
    """Raises `ValidationError`, with the path of each stage that has too few people, and of each wrong deputy."""
    faults = [*(_faults(policy) if policy.people else ()), *_deputy_faults(policy)]
    if faults:
        raise ValidationError.from_exception_data("Policy", faults)


def _faults(policy: Policy) -> Iterator[InitErrorDetails]:
    for position, rule in enumerate(policy.rules):
        yield from _outcome_faults(policy, rule.then, ("rules", position, "then", "stages"))
    if "default" in policy.model_fields_set:  # one that nobody wrote has no line to mend
        yield from _outcome_faults(policy, policy.default, ("default", "stages"))


def _outcome_faults(policy: Policy, outcome: Outcome, path: Path) -> Iterator[InitErrorDetails]:
    """The stages that nobody, or too few people, can sign.

    Whoever may sign a later stage may sign an earlier one, too; so a stage and those behind it need as many people
    together as they have signatures, and that is enough.
    """
    for position, stage in enumerate(outcome.stages):
        able = [person.name for person in policy.directory.able(stage.level)]
        behind = outcome.stages[position:] if policy.distinct_approvers else (stage,)
        needed = sum(one.signatures for one in behind)
        if needed > len(able):
            yield _fault(
                (*path, position),
                stage.level.value if stage.signatures == 1 else stage.model_dump(mode="json"),
                f"{_needed(needed, len(behind))} of '{stage.level}' or higher, and the policy's people list "
                f"{_listed(able)}: add people with that level, or ask for fewer signatures",
            )


def _needed(count: int, stages: int) -> str:
    people = "one person" if count == 1 else f"{count} different people"
    return f"this stage needs {people}" if stages == 1 else f"this stage and those behind it need {people}"


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "nobody"
    more = f" and {len(names) - _NAMED_AT_MOST} more" if len(names) > _NAMED_AT_MOST else ""
    return f"{len(names)} ({', '.join(map(shown, names[:_NAMED_AT_MOST]))}{more})"


def _deputy_faults(policy: Policy) -> Iterator[InitErrorDetails]:
    if policy.deputies and not policy.people:
        yield _fault(
            ("deputies",), [], "deputies act for people whom the policy lists; list them under 'people'"
        )
        return
    absent = [policy.directory.find(deputy.of) for deputy in policy.deputies]
    for position, (deputy, person) in enumerate(zip(policy.deputies, absent, strict=True)):
        path: Path = ("deputies", position)
        if person is None:
            yield _fault((*path, "of"), deputy.of, "the policy's people list nobody by that name or address")
            continue
        if same_person(policy.directory, deputy.of, deputy.is_):
            yield _fault(
                (*path, "is"), deputy.is_, "that is the person who is away; nobody is their own deputy"
            )
            continue
        for earlier, other in enumerate(policy.deputies[:position]):
            if absent[earlier] is person and deputy.from_ <= other.until and other.from_ <= deputy.until:
                yield _fault(
                    path,
                    deputy.model_dump(mode="json", by_alias=True),
                    f"{shown(person.name)} has {shown(other.is_)} as deputy from {other.from_} until {other.until} "
                    f"(deputies[{earlier}]), and this one from {deputy.from_} until {deputy.until}: one at a time",
                )
        circle = _circle(policy, absent, position)
        if circle:
            yield _fault(
                path,
                deputy.model_dump(mode="json", by_alias=True),
                f"on {deputy.from_} each of {', '.join(map(shown, circle))} has another of them as deputy, so that "
                "nobody is there; name somebody else",
            )


def _circle(policy: Policy, absent: Sequence[Person | None], position: int) -> Sequence[str]:
    """Who stand in for each other on the first day of a deputy, who is one of them; empty where nobody does."""
    day = policy.deputies[position].from_
    stands_in = {
        id(person): policy.directory.find(deputy.is_)
        for deputy, person in zip(policy.deputies, absent, strict=True)
        if person is not None and deputy.acts_on(day)
    }
    start = person = absent[position]
    names: list[str] = []
    while person is not None and len(names) <= len(stands_in):
        names.append(person.name)
        person = stands_in.get(id(person))
        if person is start:
            return names
    return ()


def _fault(path: Path, found: object, message: str) -> InitErrorDetails:
    return InitErrorDetails(
        type=PydanticCustomError("value_error", "{message}", {"message": message}), loc=path, input=found
    )
