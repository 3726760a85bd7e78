# SPDX-License-Identifier: Apache-2.0
"""At `dify`, an error is what Dify refuses or what breaks without a message; what it reports in a run is a warning.

Each case stands for something that was found in files which people publish, and which Dify imports.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from devkit.lint.finding import Severity, Strength
from tests.devkit.lint.flows import Breaker, Document, both, data, edge, lint, put, shell
from tests.devkit.lint.sound import sound


def _assigner(**parts: Any) -> Breaker:
    """In place of the template: a node that sets a variable."""

    def breaker(document: Document) -> None:
        shell(document, "line")["data"] = {"type": "assigner", "title": "Line", "desc": "", **parts}

    return breaker


def _model(**parts: Any) -> Breaker:
    """In place of the template: a model."""
    llm = {
        "type": "llm",
        "model": {"provider": "openai", "name": "gpt-4", "mode": "chat"},
        "prompt_template": [{"role": "user", "text": "Hello"}],
    }

    def breaker(document: Document) -> None:
        shell(document, "line")["data"] = {"title": "Line", "desc": "", **llm, **parts}

    return breaker


IMPORTED: Mapping[str, Breaker] = {
    "an assigner of version 2 that does not say so": _assigner(items=[{"operation": "clear"}]),
    "an assigner with keys of its own": _assigner(actions=[{"operation": "set", "value": "x"}]),
    "a model without its context": _model(),
    "a memory without its window": _model(context={"enabled": False}, memory={"query_prompt_template": "x"}),
    "an operator that does not exist": put(
        "who", "cases", 0, "conditions", 0, "comparison_operator", value="is empty"
    ),
    "an iteration that does not say where it starts": lambda document: data(document, "each").pop(
        "start_node_id"
    ),
    "a template without variables": lambda document: data(document, "line").pop("variables"),
    "outputs of code as a list": put("split", "outputs", value=[{"variable": "parts", "type": "array"}]),
    "an error mode in capitals": put("each", "error_handle_mode", value="CONTINUE_ON_ERROR"),
    "data without a type": lambda document: data(document, "line").pop("type"),
    "a selector that is a text": put("output", "outputs", 0, "value_selector", value="state.output"),
    "a node of a size that is a text": lambda document: shell(document, "line").update(width="244"),
    "an edge without the types of its ends": lambda document: edge(document, "line", "ask").update(data=None),
}
SAID_AS_TEXT: Mapping[str, Breaker] = {
    "the repeats and the pause between them": put(
        "submit",
        "retry_config",
        value={"retry_enabled": "true", "max_retries": "1", "retry_interval": "4997"},
    ),
    "how many rounds run side by side": put("each", "parallel_nums", value="10"),
    "whether they do": put("each", "is_parallel", value="False"),
}
UNNAMED_DELIVERIES: Breaker = both(
    *(lambda document, number=number: data(document, "ask")["delivery_methods"][number].pop("id") for number in (0, 1))
)  # fmt: skip
REFUSED: Mapping[str, Breaker] = {
    "a form of a kind that there is not": put("ask", "inputs", 0, "type", value="text-input"),
    "two buttons of one name": put("ask", "user_actions", 1, "id", value="approve"),
    "a delivery whose id is no UUID": put("ask", "delivery_methods", 0, "id", value="webapp"),
    "no graph": lambda document: document["workflow"].pop("graph"),
    "nodes that stand elsewhere": lambda document: document["workflow"]["graph"].pop("nodes"),
    "a node that is none": lambda document: document["workflow"]["graph"]["nodes"].append("line"),
    "a node whose data is none": lambda document: shell(document, "line").update(data=["template"]),
    "two nodes of one id": lambda document: shell(document, "line").update(id="ask"),
    "a version that is a number": lambda document: document.update(version=0.6),
    "a variable without a type": lambda document: document["workflow"]["environment_variables"][0].pop(
        "value_type"
    ),
}


def errors(breaker: Breaker, strength: Strength) -> list[str]:
    document = sound()
    breaker(document)
    return [str(one) for one in lint(document, strength) if one.severity is Severity.ERROR]


@pytest.mark.parametrize("breaker", IMPORTED.values(), ids=IMPORTED)
def test_what_dify_imports_and_only_a_run_complains_of_is_a_warning(breaker: Breaker) -> None:
    document = sound()
    breaker(document)

    found = lint(document, Strength.DIFY)

    assert [str(one) for one in found if one.severity is Severity.ERROR] == []
    assert "node-data" in {one.rule for one in found}


@pytest.mark.parametrize("breaker", IMPORTED.values(), ids=IMPORTED)
def test_a_file_that_is_shipped_must_not_have_it(breaker: Breaker) -> None:
    assert errors(breaker, Strength.BUNDLE)


@pytest.mark.parametrize("breaker", SAID_AS_TEXT.values(), ids=SAID_AS_TEXT)
def test_a_number_or_a_yes_may_be_written_as_text_except_in_what_is_shipped(breaker: Breaker) -> None:
    document = sound()
    breaker(document)

    assert lint(document, Strength.DIFY) == []
    assert errors(breaker, Strength.BUNDLE)


@pytest.mark.parametrize(
    "breaker",
    [
        _model(context={"enabled": False}, vision={"enabled": False, "configs": None}),
        _model(context={"enabled": False}, prompt_config=None),
        _model(context={"enabled": False}, prompt_config={"jinja2_variables": None}),
    ],
)
def test_null_is_as_good_as_nothing_where_the_engine_reads_it_so(breaker: Breaker) -> None:
    document = sound()
    breaker(document)

    assert "node-data" not in {one.rule for one in lint(document, Strength.DIFY)}
    assert errors(breaker, Strength.BUNDLE)


def test_a_field_of_dify_1_13_that_later_versions_refuse_is_a_warning() -> None:
    document = sound()
    put("ask", "inputs", 0, "type", value="text_input")(document)

    assert [(one.rule, one.severity) for one in lint(document, Strength.DIFY)] == [
        ("form-field-type", Severity.WARNING)
    ]
    assert [one.rule for one in lint(document, Strength.BUNDLE)] == ["form-field-type"]


@pytest.mark.parametrize("value", ["ten", "1.5", "", "1e3"])
def test_other_texts_are_no_whole_number(value: str) -> None:
    document = sound()
    put("each", "parallel_nums", value=value)(document)

    assert [one.rule for one in lint(document, Strength.DIFY)] == ["node-data"]


@pytest.mark.parametrize("strength", Strength)
@pytest.mark.parametrize("breaker", REFUSED.values(), ids=REFUSED)
def test_what_dify_refuses_or_breaks_on_in_silence_is_an_error(breaker: Breaker, strength: Strength) -> None:
    assert errors(breaker, strength)


def test_dify_names_a_delivery_that_has_no_id() -> None:
    assert errors(UNNAMED_DELIVERIES, Strength.DIFY) == []
    assert errors(UNNAMED_DELIVERIES, Strength.BUNDLE)


def test_an_app_that_is_no_workflow_is_taken() -> None:
    agent = {"version": "0.7.0", "kind": "app", "app": {"name": "Triage", "mode": "agent"}, "agent": {}}
    chat = {"version": "0.1.5", "app": {"name": "Old", "mode": "chat"}, "model_config": {"model": {}}}

    assert lint(agent, Strength.DIFY) == lint(chat, Strength.DIFY) == []
