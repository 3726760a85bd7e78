# SPDX-License-Identifier: Apache-2.0
"""Every policy to start from, held to its table of worked cases."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from approvals.domain.policy_reader import PolicyDocument, read_policy
from approvals.domain.records import Analysis
from approvals.domain.routing import DEFAULT_RULE, route
from tests.approvals.domain.worlds import analysis, request

POLICIES = Path(__file__).parents[2] / "policies"
CASES: Mapping[str, list[dict[str, Any]]] = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted((POLICIES / "cases").glob("*.yaml"))
}
EVERY_CASE = [
    pytest.param(name, case, id=f"{name}: {case['what']}") for name, cases in CASES.items() for case in cases
]


def policy(name: str) -> PolicyDocument:
    return read_policy((POLICIES / f"{name}.yaml").read_text(encoding="utf-8"))


def reading(case: Mapping[str, Any]) -> Analysis:
    """What the model says in a case: calm, but for what the case names."""
    if case["risk"] == "none":
        return analysis(usable=False, risk="high", auto_approve=False, confidence=0.0)
    return analysis(**{name: case[name] for name in ("risk", "level", "confidence") if name in case})


@pytest.mark.parametrize(("name", "case"), EVERY_CASE)
def test_a_case_is_routed_as_its_table_says(name: str, case: dict[str, Any]) -> None:
    asked = request(
        content=case["what"],
        request_type=case["request_type"],
        amount=Decimal(str(case["amount"])) if "amount" in case else None,
        currency=case.get("currency", ""),
    )

    found = route(policy(name).policy, asked, reading(case))

    assert (found.rule, [*found.stages]) == (case["rule"], case["stages"])
    assert found.auto_approve == (not case["stages"])


@pytest.mark.parametrize("name", CASES)
def test_every_rule_of_a_policy_has_a_case(name: str) -> None:
    rules = {rule.name for rule in policy(name).policy.rules} | {DEFAULT_RULE}
    assert {case["rule"] for case in CASES[name]} == rules


def test_every_policy_to_start_from_has_its_table() -> None:
    assert {path.stem for path in POLICIES.glob("*.yaml")} - {"default"} == CASES.keys()
    assert len(CASES) >= 4


@pytest.mark.parametrize("path", sorted(POLICIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_editor_finds_the_schema_of_a_policy(path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    reference = first.removeprefix("# yaml-language-server: $schema=")
    assert reference != first
    assert (path.parent / reference).is_file()
