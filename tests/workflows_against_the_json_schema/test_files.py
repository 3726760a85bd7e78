# SPDX-License-Identifier: Apache-2.0
"""The schema files are what the script builds, and our own workflows keep to the strict one."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from devkit.schema.__main__ import FOLDER, files

WORKFLOWS = sorted((FOLDER.parent / "workflows").glob("*.yml"))


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NAMES = sorted(path.name for path in FOLDER.glob("dify-workflow*.json"))


def read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - a safe loader, in C


def test_the_committed_schemas_are_what_the_script_builds() -> None:
    committed = {name: (FOLDER / name).read_text(encoding="utf-8") for name in NAMES}
    assert committed == files(), "run `python -m devkit.schema`"


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_itself_valid(name: str) -> None:
    Draft202012Validator.check_schema(read(FOLDER / name))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_our_workflows_keep_to_both_schemas(path: Path, name: str) -> None:
    validator = Draft202012Validator(read(FOLDER / name))
    assert [error.message for error in validator.iter_errors(read(path))] == []
