# SPDX-License-Identifier: Apache-2.0
"""The schema files are what the script builds, and our own workflows keep to the strict one."""

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from devkit.schema.__main__ import FOLDER, files

WORKFLOWS = sorted((FOLDER.parent / "workflows").glob("*.yml"))


@pytest.mark.parametrize(("name", "text"), files().items())
def test_a_committed_schema_is_what_the_script_builds(name: str, text: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == text, "run `python -m devkit.schema`"


@pytest.mark.parametrize("name", files())
def test_a_schema_is_itself_valid(name: str) -> None:
    Draft202012Validator.check_schema(yaml.safe_load(files()[name]))


@pytest.mark.parametrize("name", files())
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_our_workflows_keep_to_both_schemas(path: Path, name: str) -> None:
    validator = Draft202012Validator(yaml.safe_load(files()[name]))
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert [error.message for error in validator.iter_errors(document)] == []
