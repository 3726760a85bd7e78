# SPDX-License-Identifier: Apache-2.0
import os
from pathlib import Path

import pytest

from devkit.engine import WorkflowFileError, load_workflow, parse_workflow
from tests.devkit.engine.worlds import act, dsl, output, start, workflow

SIMPLE = {"start": start(), "act": act(), "output": output()}
SETTING = {"name": "POLICY", "value_type": "string", "value": ""}


def test_a_file_that_has_not_changed_is_parsed_once(tmp_path: Path) -> None:
    path = tmp_path / "simple.yml"
    path.write_text(dsl(SIMPLE))
    first = load_workflow(path)

    assert load_workflow(path) is first

    path.write_text(dsl({"start": start()}))
    os.utime(path, ns=(0, 0))
    assert len(load_workflow(path).nodes) == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: [", "not YAML"),
        ("app:\t{}", "not YAML"),
        ("[" * 5_000, "not YAML"),
        ("when: 2026-02-30", "not YAML"),
        ("- a", "'app' is missing"),
        ("app: {}\nworkflow: 3", "'workflow' is 3"),
        ("app: {}\nworkflow: {graph: {nodes: 7}}", "'nodes' is 7"),
        (
            dsl({"start": start()}).replace("edges: []", "edges: [{id: e, source: start, target: gone}]"),
            "edge 'e'",
        ),
    ],
)
def test_what_is_no_workflow_is_refused_with_the_place(text: str, complaint: str) -> None:
    with pytest.raises(WorkflowFileError, match=complaint):
        parse_workflow(text)


def test_notes_on_the_canvas_are_not_nodes() -> None:
    text = dsl({"start": start(), "note": {"type": ""}}).replace(
        "id: note\n      type: custom", "id: note\n      type: custom-note"
    )

    assert list(parse_workflow(text).nodes) == ["start"]


def test_the_only_start_is_the_root_and_several_must_be_named() -> None:
    one = workflow(SIMPLE, "start -> act")
    two = workflow({"start": start(), "hook": {"type": "trigger-webhook", "title": "Hook"}}, "")

    assert one.root() == "start"
    assert two.root("hook") == "hook"
    with pytest.raises(WorkflowFileError, match="start, hook"):
        two.root()
    with pytest.raises(WorkflowFileError, match="'act'"):
        one.root("act")


def test_environment_variables_are_set_by_name_and_unknown_ones_refused() -> None:
    world = workflow(SIMPLE, "", [SETTING])

    assert world.with_environment(POLICY="{}").environment[0]["value"] == "{}"
    assert world.environment[0]["value"] == ""
    with pytest.raises(WorkflowFileError, match="POLCY"):
        world.with_environment(POLCY="{}")


def test_the_retry_interval_changes_only_where_a_node_retries() -> None:
    retry = {"retry_enabled": True, "max_retries": 2, "retry_interval": 1000}
    world = workflow({"start": start(), "act": act(retry_config=retry)}, "start -> act").with_retry_interval(
        5
    )

    assert world.nodes["act"]["retry_config"] == {**retry, "retry_interval": 5}
    assert "retry_config" not in world.nodes["start"]
    assert [str(edge) for edge in world.edges] == ["start -source-> act"]
