# SPDX-License-Identifier: Apache-2.0
"""What a policy's parts must say of each other before it is taken: every stage can be signed by the people it lists.

A policy that a record keeps is not held to this again: a request that is stored must stay readable.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from approvals.domain.policy import Outcome, Policy
from approvals.domain.policy_text import Path
from approvals.errors import shown

_NAMED_AT_MOST: Final = 5


def require_signers(policy: Policy) -> None:
    """Raises `ValidationError`, with the path of each stage that has fewer people than it asks for."""
    faults = list(_faults(policy)) if policy.people else []
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


def _fault(path: Path, found: object, message: str) -> InitErrorDetails:
    return InitErrorDetails(
        type=PydanticCustomError("value_error", "{message}", {"message": message}), loc=path, input=found
    )
