# SPDX-License-Identifier: Apache-2.0
"""Every rule finds what it is for, and nothing in a workflow without a fault."""

import pytest

from devkit.lint.finding import Severity, Strength
from devkit.lint.rules import RULES
from tests.devkit.lint.breakers import BREAKERS, DIFY_BREAKERS, HARMLESS
from tests.devkit.lint.flows import Breaker, lint, rules
from tests.devkit.lint.sound import sound

CASES = [
    pytest.param(rule, breaker, id=f"{rule}-{number}")
    for rule, breakers in BREAKERS.items()
    for number, breaker in enumerate(breakers)
]


@pytest.mark.parametrize("strength", Strength)
def test_a_sound_workflow_has_no_finding(strength: Strength) -> None:
    assert lint(sound(), strength) == []


@pytest.mark.parametrize(("rule", "breaker"), CASES)
def test_a_rule_finds_what_it_is_for(rule: str, breaker: Breaker) -> None:
    document = sound()
    breaker(document)
    assert rule in rules(lint(document))


@pytest.mark.parametrize(
    ("rule", "breaker"), [(rule, one) for rule, breakers in DIFY_BREAKERS.items() for one in breakers]
)
def test_a_rule_for_files_in_use_finds_what_it_is_for(rule: str, breaker: Breaker) -> None:
    document = sound()
    breaker(document)
    assert rule in rules(lint(document, Strength.DIFY))
    assert rule not in rules(lint(document, Strength.BUNDLE))


def test_every_rule_has_a_broken_example() -> None:
    assert BREAKERS.keys() | DIFY_BREAKERS.keys() == {rule.name for rule in RULES} | {"schema"}


@pytest.mark.parametrize("breaker", HARMLESS.values(), ids=HARMLESS)
def test_a_sound_change_is_not_refused(breaker: Breaker) -> None:
    document = sound()
    breaker(document)
    assert lint(document) == []


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule.dify is Severity.ERROR], ids=lambda rule: rule.name
)
def test_what_dify_refuses_is_an_error_at_both_strengths(rule: object) -> None:
    assert getattr(rule, "bundle") is Severity.ERROR  # noqa: B009


def test_a_path_explosion_is_named_with_its_cost_and_its_two_causes() -> None:
    document = sound()
    BREAKERS["paths"][0](document)

    (found,) = [one for one in lint(document) if one.rule == "paths"]

    assert found.what == (
        "45,056 paths lead from 'Start' to the outputs. Dify lists them all: about 1.2 s of CPU at the start and at "
        "each resume of a run, and 32 MB stored at each pause"
    )
    assert found.remedy.startswith("'Ask' (by 2.2) and 'Way11' (by 2.0) multiply them most")


def test_a_refused_policy_is_reported_with_the_path_of_the_fault() -> None:
    document = sound()
    BREAKERS["policy"][0](document)

    (found,) = [one for one in lint(document, Strength.DIFY) if one.rule == "policy"]

    assert "rules[0]" in found.what
    assert found.severity is Severity.ERROR
