# SPDX-License-Identifier: Apache-2.0
"""Parts of objects, where a tool's output schema says which there are: a wrong one is empty in silence."""

import pytest

from tests.devkit.lint.flows import ROOT, lint_text


@pytest.mark.parametrize(
    ("name", "right", "wrong", "rule"),
    [
        ("approval_batch.yml", "item.risk_level }}", "item.rsk_level }}", "jinja"),
        ("approval_batch.yml", "{{#each.item.request_id#}}", "{{#each.item.requst_id#}}", "selector"),
        ("approval.yml", "plain(factor.claim)", "plain(factor.clam)", "jinja"),
        ("approval.yml", "not factor.verified", "not factor.verifed", "jinja"),
    ],
)
def test_a_part_that_there_is_not_is_found(name: str, right: str, wrong: str, rule: str) -> None:
    text = (ROOT / "workflows" / name).read_text(encoding="utf-8")
    assert right in text

    found = [one for one in lint_text(text.replace(right, wrong, 1)) if one.rule == rule]

    assert len(found) == 1
    assert "did you mean" in found[0].remedy


@pytest.mark.parametrize("place", [0, 1], ids=["where it is compared", "where it is set"])
def test_what_a_conversation_remembers_is_compared_with_what_it_is_set_to(place: int) -> None:
    text = (ROOT / "workflows" / "approval_chat.yml").read_text(encoding="utf-8")
    parts = text.split("value: requester\n")
    assert len(parts) == 3

    changed = parts[0] + "".join(
        f"value: {'equester' if number == place else 'requester'}\n{part}"
        for number, part in enumerate(parts[1:])
    )

    assert lint_text(text) == []
    assert "operand-value" in {one.rule for one in lint_text(changed)}
