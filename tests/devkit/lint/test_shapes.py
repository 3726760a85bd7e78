# SPDX-License-Identifier: Apache-2.0
"""Parts of objects, where a tool's output schema says which there are: a wrong one is empty without a message."""

import pytest

from tests.devkit.lint.flows import (
    PROVIDER,
    ROOT,
    TOOLS,
    Document,
    add_edge,
    add_node,
    edge,
    lint,
    lint_text,
    route,
)
from tests.devkit.lint.sound import sound


def reading(template: str) -> Document:
    """The sound workflow, in which a template shows what an analysis found."""
    document = sound()
    analysis = {**route(), "tool_name": "analyze_approval", "tool_label": "x", "error_strategy": None}
    analysis["output_schema"] = dict(TOOLS[PROVIDER, "analyze_approval"].output_schema)
    add_node(document, "analyze", "tool", **analysis)
    edge(document, "line", "ask").update(source="analyze", id="analyze-source-ask-target")
    edge(document, "analyze", "ask")["data"]["sourceType"] = "tool"
    add_edge(document, "line", "analyze")
    given = [{"variable": "factors", "value_selector": ["analyze", "decision_factors"]}]
    add_node(document, "shown", "template-transform", template=template, variables=given)
    edge(document, "analyze", "ask").update(source="shown", id="shown-source-ask-target")
    edge(document, "shown", "ask")["data"]["sourceType"] = "template-transform"
    add_edge(document, "analyze", "shown")
    return document


@pytest.mark.parametrize(
    ("right", "wrong"), [("factor.claim", "factor.clam"), ("factor.verified", "factor.verifed")]
)
def test_a_part_that_is_not_there_is_found_in_a_template(right: str, wrong: str) -> None:
    template = "{% for factor in factors %}{{ factor.claim if factor.verified }}{% endfor %}"

    before = [one for one in lint(reading(template)) if one.rule == "jinja"]
    found = [one for one in lint(reading(template.replace(right, wrong))) if one.rule == "jinja"]

    assert before == []
    assert [one.remedy for one in found] == [f"did you mean {right.partition('.')[2]!r}?"]


def test_a_part_that_is_not_there_is_found_in_a_text() -> None:
    text = (ROOT / "workflows" / "approval_batch.yml").read_text(encoding="utf-8")
    wrong = text.replace("{{#each.item.request_id#}}", "{{#each.item.requst_id#}}", 1)
    assert wrong != text

    found = [one for one in lint_text(wrong) if one.rule == "selector"]

    assert [one.remedy for one in found] == ["did you mean 'request_id'?"]


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
