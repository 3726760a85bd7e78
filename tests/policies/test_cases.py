# SPDX-License-Identifier: Apache-2.0
"""Every policy to start from, held to its table of worked cases."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from approvals.domain.policy import Policy
from approvals.domain.policy_reader import read_policy
from approvals.domain.policy_types import signatures_of
from approvals.domain.routing import DEFAULT_RULE
from approvals.domain.terms import Level
from devkit.policy.cases import Case, cases_beside, read_cases
from devkit.policy.warnings import warnings

POLICIES = sorted((Path(__file__).parents[2] / "policies").glob("*.yaml"))


def policy(file: Path) -> Policy:
    return read_policy(file.read_text(encoding="utf-8")).policy


def cases(file: Path) -> Sequence[Case]:
    beside = cases_beside(file)
    return read_cases(beside.read_text(encoding="utf-8")) if beside else ()


CASES: Mapping[Path, Sequence[Case]] = {file: cases(file) for file in POLICIES}
EVERY_CASE = [
    pytest.param(file, case, id=f"{file.stem}: {case.what}")
    for file, found in CASES.items()
    for case in found
]


@pytest.mark.parametrize(("file", "case"), EVERY_CASE)
def test_a_case_is_routed_as_its_table_says(file: Path, case: Case) -> None:
    found = case.route(policy(file), case.risk)

    assert (found.rule, found.stages) == (case.rule, signatures_of(case.stages))
    assert found.auto_approve == (not case.stages)


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: file.stem)
def test_every_rule_of_a_policy_has_a_case(file: Path) -> None:
    assert {case.rule for case in CASES[file]} == {*(rule.name for rule in policy(file).rules), DEFAULT_RULE}


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: file.stem)
def test_a_policy_to_start_from_says_what_it_means(file: Path) -> None:
    assert warnings(policy(file), [], date(2026, 3, 2)) == []


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: file.stem)
def test_an_editor_finds_the_schema_of_a_policy(file: Path) -> None:
    first = file.read_text(encoding="utf-8").partition("\n")[0]
    reference = first.removeprefix("# yaml-language-server: $schema=")
    assert reference != first
    assert (file.parent / reference).is_file()


WANTED: Mapping[str, Callable[[Policy], object]] = {
    "departments": lambda read: "department" in read.context_keys,
    "cost centers": lambda read: [rule for rule in read.rules if rule.when.cost_center],
    "suppliers": lambda read: [rule for rule in read.rules if rule.when.vendor],
    "categories": lambda read: "category" in read.context_keys,
    "names of finance": lambda read: "CFO" in read.titles.values(),
    "names of IT": lambda read: "Head of IT" in read.titles.values(),
    "names of HR": lambda read: "HR partner" in read.titles.values(),
    "two signatures of one level": lambda read: [
        rule for rule in read.rules if len(set(rule.then.signatures)) < len(rule.then.signatures)
    ],
    "several people per level": lambda read: len(read.directory.able(Level.DIRECTOR)) > 1,
    "deputies": lambda read: read.deputies,
    "reminders": lambda read: read.remind_at,
    "strictly above": lambda read: [
        rule for rule in read.rules if rule.when.amount and rule.when.amount.above is not None
    ],
    "strictly below": lambda read: [
        rule for rule in read.rules if rule.when.amount and rule.when.amount.below is not None
    ],
    "the clause that a rule stands for": lambda read: [rule for rule in read.rules if rule.text],
    "what the model does not see": lambda read: read.redact,
}
"""What companies want to write, and how it shows in a policy."""


@pytest.mark.parametrize("wanted", WANTED)
def test_what_companies_want_to_write_stands_in_a_policy_to_start_from(wanted: str) -> None:
    assert [file.stem for file in POLICIES if WANTED[wanted](policy(file))]
