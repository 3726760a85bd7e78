# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest
from graphon.nodes.code.entities import CodeLanguage

from devkit.engine import RunStatus
from devkit.engine.code import CodeError, PythonCode
from tests.devkit.engine.worlds import output, runner, start, workflow


def code(text: str, **outputs: str) -> dict[str, Any]:
    return {
        "type": "code",
        "title": "Code",
        "code_language": "python3",
        "code": text,
        "variables": [{"variable": "who", "value_selector": ["start", "who"]}],
        "outputs": {name: {"type": kind, "children": None} for name, kind in outputs.items()},
    }


def run_with(node: dict[str, Any]) -> Any:
    nodes = {"start": start({"name": "who", "type": "text-input"}), "code": node}
    nodes["output"] = output(said=["code", "said"])
    return runner().start(workflow(nodes, "start -> code, code -> output"), {"who": 'M"ia\n'})


def test_code_reads_variables_and_gives_outputs() -> None:
    run = run_with(
        code("def main(who):\n    print('noise')\n    return {'said': f'Hello {who}'}", said="string")
    )

    assert run.outputs == {"said": 'Hello M"ia\n'}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("def main(who):\n    return 1 / 0", "ZeroDivisionError"),
        ("def main(who):\n    return [1]", "must return a dict, found list"),
        ("def main(", "SyntaxError"),
        ("def main(who):\n    return {'other': 'x'}", "said"),
    ],
)
def test_what_the_code_does_wrong_fails_its_node(text: str, complaint: str) -> None:
    run = run_with(code(text, said="string"))

    assert run.status is RunStatus.FAILED
    assert complaint in run.errors[0]


def test_a_result_beyond_dify_s_bounds_is_refused() -> None:
    run = run_with(code("def main(who):\n    return {'said': ['x'] * 31}", said="array[string]"))

    assert run.status is RunStatus.FAILED


def test_another_language_is_refused() -> None:
    with pytest.raises(CodeError, match="javascript"):
        PythonCode().execute(language=CodeLanguage.JAVASCRIPT, code="", inputs={})
