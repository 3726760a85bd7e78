# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest

from devkit.engine import RunStatus, StartFormError, ToolFailure
from tests.devkit.engine.worlds import ScriptedTools, act, output, runner, start, workflow

AMOUNT = {"name": "amount", "type": "number"}


def big_or_small() -> dict[str, dict[str, Any]]:
    case = {
        "case_id": "big",
        "logical_operator": "and",
        "conditions": [
            {
                "id": "c",
                "variable_selector": ["start", "amount"],
                "varType": "number",
                "comparison_operator": ">",
                "value": "10",
            }
        ],
    }
    return {
        "start": start(AMOUNT),
        "size": {"type": "if-else", "title": "Size", "cases": [case]},
        "big": template("big"),
        "small": template("small"),
        "either": {
            "type": "variable-aggregator",
            "title": "Either",
            "output_type": "string",
            "variables": [["big", "output"], ["small", "output"]],
        },
        "output": output(size=["either", "output"]),
    }


def template(text: str, **variables: list[str]) -> dict[str, Any]:
    selectors = [{"variable": name, "value_selector": selector} for name, selector in variables.items()]
    return {"type": "template-transform", "title": text, "template": text, "variables": selectors}


@pytest.mark.parametrize(
    ("amount", "size", "way"), [(11, "big", "size-big-big"), (10, "small", "size-false-small")]
)
def test_a_branch_takes_one_edge(amount: int, size: str, way: str) -> None:
    world = workflow(
        big_or_small(),
        "start -> size, size -big-> big, size -false-> small, big -> either, small -> either, either -> output",
    )

    run = runner().start(world, {"amount": amount})

    assert run.outputs == {"size": size}
    assert [edge for edge in run.edges_taken if edge.startswith("size")] == [way]
    assert all(node.seconds >= 0 for node in run.trace)


def test_templates_are_rendered_as_in_dify_with_undefined_names_empty() -> None:
    text = "{{ who }}|{{ gone is none }}|{{ never }}|{{ '<b>' }}"
    nodes = {
        "start": start({"name": "who", "type": "text-input"}),
        "text": template(text, who=["start", "who"], gone=["start", "gone"]),
        "output": output(text=["text", "output"]),
    }

    run = runner().start(workflow(nodes, "start -> text, text -> output"), {"who": "Mia"})

    assert run.outputs == {"text": "Mia|True||<b>"}


def test_a_broken_template_fails_the_run() -> None:
    nodes = {"start": start(), "text": template("{{ 1 / 0 }}{% if %}"), "output": output()}

    run = runner().start(workflow(nodes, "start -> text, text -> output"))

    assert run.status is RunStatus.FAILED


def test_system_and_environment_variables_are_there() -> None:
    environment = [
        {"name": "POLICY", "value_type": "string", "value": "strict"},
        {"name": "TOKEN", "value_type": "secret", "value": "s3cret-of-the-test"},
    ]
    nodes = {
        "start": start(),
        "act": act(
            parameters={"who": "{{#sys.workflow_run_id#}}/{{#env.POLICY#}}", "token": ["env", "TOKEN"]}
        ),
        "output": output(app=["sys", "app_id"], user=["sys", "user_id"]),
    }
    tools = ScriptedTools([{}])
    play = runner(tools, ("who", "string"), ("token", "string"))

    run = play.start(workflow(nodes, "start -> act, act -> output", environment), run_id="run-7")

    assert tools.received == [{"who": "run-7/strict", "token": "s3cret-of-the-test"}]
    assert run.outputs == {"app": play.app_id, "user": play.user_id}


def iterating(**changes: Any) -> tuple[dict[str, dict[str, Any]], str]:
    nodes = {
        "start": start(),
        "list": act(),
        "each": {
            "type": "iteration",
            "title": "Each",
            "start_node_id": "eachstart",
            "iterator_selector": ["list", "items"],
            "output_selector": ["one", "risk"],
            "output_type": "array[string]",
            "is_parallel": True,
            "parallel_nums": 4,
            "error_handle_mode": "terminated",
            **changes,
        },
        "eachstart": {"type": "iteration-start", "title": "", "isInIteration": True, "iteration_id": "each"},
        "one": act(parameters={"item": ["each", "item"]}, isInIteration=True, iteration_id="each"),
        "output": output(risks=["each", "output"]),
    }
    return nodes, "start -> list, list -> each, eachstart -> one, each -> output"


def rated(parameters: dict[str, Any]) -> Any:
    if "item" not in parameters:
        return {"items": ["a", "b", "c"]}
    return (
        ToolFailure("no", "InvokeConnectionError")
        if parameters["item"] == "b"
        else {"risk": parameters["item"] + "!"}
    )


@pytest.mark.parametrize(
    ("mode", "risks"), [("continue-on-error", ["a!", None, "c!"]), ("remove-abnormal-output", ["a!", "c!"])]
)
def test_an_iteration_runs_each_item_and_keeps_their_order(mode: str, risks: list[str | None]) -> None:
    tools = ScriptedTools(rated)

    run = runner(tools, ("item", "string")).start(workflow(*iterating(error_handle_mode=mode)))

    assert run.outputs == {"risks": risks}
    assert sorted(one["item"] for one in tools.received if one) == ["a", "b", "c"]
    assert "eachstart-source-one" in run.edges_taken


def test_an_iteration_that_may_not_fail_fails_the_run() -> None:
    run = runner(ScriptedTools(rated), ("item", "string")).start(workflow(*iterating()))

    assert run.status is RunStatus.FAILED


def test_a_trigger_starts_the_run_and_the_other_root_stays_still() -> None:
    hook = {"type": "trigger-webhook", "title": "Hook", "body": [{"name": "amount", "required": True}]}
    nodes = {
        "hook": hook,
        "clock": {"type": "trigger-schedule", "title": "Every hour"},
        "output": output(amount=["hook", "amount"], when=["sys", "timestamp"]),
    }
    world = workflow(nodes, "hook -> output, clock -> output")

    hooked = runner().start(world, {"amount": 12}, root="hook")
    ticked = runner().start(world, root="clock")

    assert (hooked.path, hooked.outputs["amount"]) == (("hook", "output"), 12)
    assert (ticked.path, ticked.outputs["amount"]) == (("clock", "output"), None)
    assert [node.type for node in ticked.trace] == ["trigger-schedule", "end"]
    with pytest.raises(StartFormError):
        runner().start(world, {}, root="hook")


def test_a_node_type_that_the_runner_lacks_is_refused_by_name() -> None:
    nodes = {"start": start(), "ask": {"type": "llm", "title": "Ask"}, "output": output()}

    with pytest.raises(ValueError, match="node 'ask' has type 'llm'"):
        runner().start(workflow(nodes, "start -> ask, ask -> output"))


def test_a_run_of_too_many_steps_is_stopped_as_in_dify() -> None:
    nodes, edges = iterating()
    tools = ScriptedTools(lambda got: {"risk": "low"} if "item" in got else {"items": ["x"] * 600})

    run = runner(tools, ("item", "string")).start(workflow(nodes, edges))

    assert run.status is RunStatus.STOPPED
    assert "500" in run.errors[-1]
