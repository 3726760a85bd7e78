# SPDX-License-Identifier: Apache-2.0
import pytest

from devkit.engine import Run, RunStatus, ToolFailure
from tests.devkit.engine.worlds import ScriptedTools, act, output, runner, start, workflow

RETRY = {"retry_enabled": True, "max_retries": 2, "retry_interval": 1}
BROKEN = ToolFailure("no store", "InvokeServerUnavailableError")


def played(tools: ScriptedTools, **changes: object) -> Run:
    """start, the tool, output; what fails goes to the output as well when there is a fail-branch."""
    edges = "start -> act, act -> output" + (
        ", act -fail-branch-> output" if "error_strategy" in changes else ""
    )
    results = output(said=["act", "said"], error=["act", "error_message"], kind=["act", "error_type"])
    world = workflow(
        {"start": start({"name": "who", "type": "text-input"}), "act": act(**changes), "output": results},
        edges,
    )
    return runner(tools, ("who", "string"), ("many", "string")).start(world, {"who": "Mia"})


def test_a_tool_gets_its_parameters_and_gives_its_variables() -> None:
    tools = ScriptedTools([{"said": "hello"}])

    run = played(tools, parameters={"who": ["start", "who"], "many": "I am {{#start.who#}}"})

    assert tools.received == [{"who": "Mia", "many": "I am Mia"}]
    assert run.status is RunStatus.SUCCEEDED
    assert run.outputs == {"said": "hello", "error": None, "kind": None}
    answered = run.trace[1]
    assert (answered.node_id, answered.title, answered.type, answered.status) == (
        "act",
        "Act",
        "tool",
        "succeeded",
    )
    assert answered.outputs["json"] == [{"said": "hello"}]
    assert answered.outputs["text"] == "said"


def test_a_missing_variable_is_left_out_and_a_missing_name_in_a_text_stays_bare() -> None:
    tools = ScriptedTools([{}])

    played(tools, parameters={"who": ["start", "gone"], "many": "to {{#start.gone#}}"})

    assert tools.received == [{"many": "to start.gone"}]


def test_an_undeclared_parameter_arrives_empty() -> None:
    tools = ScriptedTools([{}])

    played(tools, parameters={"typo": "x"})

    assert tools.received == [{"typo": None}]


def test_a_tool_that_recovers_makes_the_run_partly_succeeded() -> None:
    run = played(ScriptedTools([BROKEN, BROKEN, {"said": "at last"}]), retry_config=RETRY)

    assert run.status is RunStatus.PARTIAL
    assert run.status.succeeded
    assert [node.status for node in run.trace if node.node_id == "act"] == ["retry", "retry", "succeeded"]
    assert run.outputs["said"] == "at last"


def test_what_still_fails_takes_the_fail_branch_with_the_message() -> None:
    run = played(ScriptedTools([BROKEN] * 3), retry_config=RETRY, error_strategy="fail-branch")

    assert run.outputs == {"said": None, "error": "no store", "kind": "ToolRuntimeInvocationError"}
    assert run.edges_taken == {"start-source-act", "act-fail-branch-output"}
    assert run.errors == ("act: no store",) * 3


def test_an_error_that_is_not_the_sdks_own_is_wrapped_as_dify_wraps_it() -> None:
    run = played(ScriptedTools([ToolFailure("boom", "KeyError")]), error_strategy="fail-branch")

    assert run.outputs["error"] == (
        "An error occurred in the acme/kit/kit, please contact the author of acme/kit/kit for help, "
        "error type: KeyError, error details: boom"
    )


def test_without_a_fail_branch_the_run_fails_and_says_why() -> None:
    run = played(ScriptedTools([BROKEN]))

    assert run.status is RunStatus.FAILED
    assert run.errors[0] == "act: no store"
    assert run.outputs == {}


@pytest.mark.parametrize("changes", [{"tool_name": "nap"}, {"provider_id": "acme/kit/other"}])
def test_an_unknown_tool_fails_the_node(changes: dict[str, str]) -> None:
    run = played(ScriptedTools(), **changes)

    assert run.status is RunStatus.FAILED
    assert "no tool" in run.errors[0]
