# SPDX-License-Identifier: Apache-2.0
"""docs/tools.md says what the tools' YAML files say."""

from approvals.errors import ErrorCode
from devkit.tool_reference import ORDER, PAGE, written
from tests.package.files import TOOLS


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == written(), "run python -m devkit.tool_reference"


def test_every_tool_parameter_variable_and_error_code_has_its_line() -> None:
    text = written()
    assert set(ORDER) == set(TOOLS)
    for name, tool in TOOLS.items():
        section = text.partition(f"\n## `{name}`\n")[2].partition("\n## ")[0]
        for parameter in tool["parameters"]:
            assert f"`{parameter['name']}`" in section
        for variable in tool["output_schema"]["properties"]:
            assert f"\n| `{variable}` | " in section
    errors = text.partition("\n## Error codes\n")[2]
    assert [code for code in ErrorCode if f"\n| `{code}` | " not in errors] == []
