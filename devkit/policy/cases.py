# SPDX-License-Identifier: Apache-2.0
"""Worked cases of a policy: a table of requests, with the rule that decides about each and who signs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import Field, RootModel, ValidationError

from approvals.domain.policy import Policy
from approvals.domain.policy_faults import explain
from approvals.domain.policy_text import parse
from approvals.domain.policy_types import Stages, signatures_of
from approvals.domain.records import Route
from devkit.policy.asked import Asked, Said

FOLDER: Final = "cases"


class Case(Asked):
    """One worked case. No stages means that the policy approves by itself."""

    what: str = Field(description="The case in a few words.")
    risk: Said = Said.LOW
    rule: str = Field(description="The rule that decides, or 'default'.")
    stages: Stages = ()


class Worked(NamedTuple):
    """A case, and what the policy makes of it."""

    case: Case
    route: Route

    @property
    def holds(self) -> bool:
        """True when the policy says what the case expects."""
        return (self.route.rule, self.route.stages) == (self.case.rule, signatures_of(self.case.stages))


class Cases(RootModel[tuple[Case, ...]]):
    """A file of cases."""


def cases_beside(policy_file: Path) -> Path | None:
    """The file of cases that belongs to a policy file: `cases/NAME` in its folder; None where there is none."""
    file = policy_file.parent / FOLDER / policy_file.name
    return file if file.is_file() else None


def read_cases(text: str) -> Sequence[Case]:
    """The cases in YAML or JSON. Raises `ValueError` with the place, what was found, and what is allowed."""
    written = parse(text)
    try:
        return Cases.model_validate(written.document).root
    except ValidationError as error:
        raise ValueError(explain(error, written, {"": Case})) from None


def worked(policy: Policy, cases: Sequence[Case]) -> list[Worked]:
    """Each case with the route that the policy gives it. Raises `ValueError` for a case with an unknown budget."""
    for case in cases:
        case.require_budgets(policy)
    return [Worked(case, case.route(policy, case.risk)) for case in cases]
