# SPDX-License-Identifier: Apache-2.0
"""The workflows of .github call the make targets that a developer calls, with pinned actions and few rights."""

import re
from pathlib import Path

import pytest
import yaml

from tests.package.files import ROOT

FOLDER = ROOT / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_every_action_is_pinned_by_its_commit(file: Path) -> None:
    used = re.findall(r"uses: (\S+)", file.read_text(encoding="utf-8"))
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action)] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_rights_are_few_and_targets_exist(file: Path) -> None:
    declared = yaml.safe_load(file.read_text(encoding="utf-8"))
    called = [step["run"] for job in declared["jobs"].values() for step in job["steps"] if "run" in step]

    assert declared["permissions"] == {"contents": "read"}
    assert {line.split()[1] for line in called if line.startswith("make ")} <= TARGETS


def test_the_tests_run_on_every_python_that_the_project_names() -> None:
    declared = yaml.safe_load((FOLDER / "workflows" / "test.yml").read_text(encoding="utf-8"))
    assert declared["jobs"]["test"]["strategy"]["matrix"]["python"] == ["3.12", "3.13"]


@pytest.mark.parametrize(
    "file", sorted((FOLDER / "ISSUE_TEMPLATE").glob("*.yml")), ids=lambda file: file.name
)
def test_issue_templates_are_forms(file: Path) -> None:
    declared = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert "body" in declared or declared == {"blank_issues_enabled": False}
