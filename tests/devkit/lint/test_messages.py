# SPDX-License-Identifier: Apache-2.0
"""A finding says where, what, and the likely right name."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from devkit.__main__ import app
from devkit.lint.linter import MAX_NODES
from tests.devkit.lint.breakers import put
from tests.devkit.lint.flows import WORKFLOWS, Breaker, add_edge, add_node, edge, form, lint, lint_text
from tests.devkit.lint.sound import sound

TYPOS = {
    "a selector": (put("line", "variables", 0, "value_selector", value=["start", "whar"]), "what"),
    "a node": (put("line", "variables", 0, "value_selector", value=["stard", "what"]), "start"),
    "a tool": (put("submit", "tool_name", value="route_aproval"), "route_approval"),
    "a parameter": (put("submit", "tool_parameters", "actr", value={"type": "mixed", "value": "x"}), "actor"),
    "an edge's end": (lambda document: edge(document, "line", "ask").update(target="asc"), "ask"),
    "a handle": (lambda document: edge(document, "who", "state").update(sourceHandle="dome"), "done"),
    "a key": (put("submit", "retry_confih", value={}), "retry_config"),
    "an operator": (
        put("who", "cases", 0, "conditions", 0, "comparison_operator", value="contain"),
        "contains",
    ),
    "a value": (put("who", "cases", 0, "conditions", 0, "value", value="close"), "closed"),
}


@pytest.mark.parametrize(("breaker", "right"), TYPOS.values(), ids=TYPOS)
def test_a_typo_is_answered_with_the_likely_right_name(breaker: Breaker, right: str) -> None:
    document = sound()
    breaker(document)
    assert any(f"did you mean {right!r}?" in str(finding) for finding in lint(document))


def test_a_finding_names_its_line_and_column() -> None:
    text = WORKFLOWS[0].read_text(encoding="utf-8").replace("[start, content]", "[start, contend]", 1)
    line = next(number for number, part in enumerate(text.splitlines(), 1) if "[start, contend]" in part)
    found = [finding for finding in lint_text(text) if finding.rule == "selector"]
    assert [finding.line for finding in found] == [line]
    assert str(found[0]).startswith(f"flow.yml:{line}:")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "5", "a: [", "a: &x [*x]", "\t", "? {a: b}\n: c", "a: !!python/object:os.system {}",
     "a: 2024-13-45",
     "a: " + "[" * 5000, "workflow: {graph: {nodes: [1, {id: []}], edges: 3}}", "1: 2\napp: {mode: workflow}"],
)  # fmt: skip
def test_any_text_gets_an_answer(text: str) -> None:
    assert lint_text(text)


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12))]
    assert [finding.rule for finding in lint_text("\n".join(lines))] == ["yaml"]


def test_a_key_that_is_there_twice_is_refused() -> None:
    assert "doubled-key" in {finding.rule for finding in lint_text("app: {mode: chat, mode: chat}")}


def test_a_secret_is_not_repeated() -> None:
    document = sound()
    put("line", "template", value="sk-" + "a" * 24)(document)
    assert not any("aaaa" in str(finding) for finding in lint(document))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_our_workflows_are_without_a_finding(path: Path) -> None:
    assert lint_text(path.read_text(encoding="utf-8")) == []


def test_the_command_ends_with_a_count_and_fails_on_errors(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text("version: 0.6\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["lint", str(broken), str(WORKFLOWS[0])])
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].startswith("2 files: ")
    assert CliRunner().invoke(app, ["lint", "--bundle", str(WORKFLOWS[0])]).exit_code == 0


def test_findings_can_be_had_as_json(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["lint", "--format", "json", str(tmp_path / "missing.yml")])
    assert [finding["rule"] for finding in json.loads(result.stdout)] == ["file"]


def test_a_canvas_that_no_run_can_go_through_is_refused_at_once() -> None:
    nodes = ", ".join(f"{{id: n{number}, data: {{type: code}}}}" for number in range(MAX_NODES + 1))
    text = f"app: {{mode: workflow}}\nworkflow: {{graph: {{nodes: [{nodes}], edges: []}}}}"
    assert [finding.rule for finding in lint_text(text)] == ["size"]


def test_many_forms_side_by_side_are_one_finding_each() -> None:
    document = sound()
    for number in range(60):
        add_node(document, f"ask{number}", "human-input", **form())
        add_edge(document, "who", f"ask{number}", "false")
    found = [finding for finding in lint(document) if finding.rule == "form-parallel"]
    assert len(found) == 60
