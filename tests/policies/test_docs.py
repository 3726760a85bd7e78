# SPDX-License-Identifier: Apache-2.0
"""docs/policy.md shows policies that the plugin takes, and leaves out no key."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from approvals.domain.policy import Outcome, Policy, Rule
from approvals.domain.policy_conditions import AmountBounds, Condition
from approvals.domain.policy_reader import read_policy
from approvals.errors import ApprovalError
from devkit.policy.cases import read_cases

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
RULE = "version: 1\nrules:\n"


def as_policy(block: str) -> str:
    """The block as the policy that it is a part of."""
    if block.startswith("- name"):
        return RULE + block
    if block.startswith("when:"):
        return f"{RULE}- name: a\n  then: {{stages: [vp]}}\n" + "".join(
            f"  {line}\n" for line in block.splitlines()
        )
    return block if "version:" in block else f"version: 1\n{block}"


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_an_example_is_a_policy_or_a_table_of_cases(block: str) -> None:
    if "what:" in block:
        assert read_cases(block)
    else:
        assert read_policy(as_policy(block))


@pytest.mark.parametrize(
    "model", [Policy, Rule, Condition, AmountBounds, Outcome], ids=lambda model: model.__name__
)
def test_every_key_has_an_example(model: type[BaseModel]) -> None:
    shown: set[str] = set()

    def note(value: Any) -> None:
        if isinstance(value, dict):
            shown.update(map(str, value))
            for each in value.values():
                note(each)
        elif isinstance(value, list):
            for each in value:
                note(each)

    for block in BLOCKS:
        note(yaml.safe_load(block))
    assert {field.alias or name for name, field in model.model_fields.items()} <= shown


@pytest.mark.parametrize(
    "line",
    re.findall(r"^\| (`.*?`(?:, `.*?`)*) \| .* \| .* \|$", PAGE.partition("YAML reads")[2], re.MULTILINE),
)
def test_what_the_page_calls_a_trap_is_refused(line: str) -> None:
    written = [part.strip("`") for part in line.split(", ") if part.startswith("`")]
    for one in written:
        if one.startswith(("&", "*")):
            continue
        _, _, value = one.rpartition(": ")
        where = f"amount: {{to: {value}}}" if value[0].isdigit() else f"context: {{a: {value}}}"
        with pytest.raises(ApprovalError):
            read_policy(f"{RULE}- {{name: a, when: {{{where}}}, then: {{stages: [vp]}}}}")
