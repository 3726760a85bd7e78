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
