# SPDX-License-Identifier: Apache-2.0
"""Runs code nodes: the code in a Python process of its own, within the bounds that Dify sets to its results."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from graphon.nodes.code.entities import CodeLanguage
from graphon.nodes.code.limits import CodeNodeLimits

_SECONDS = 15
_CALL = """
import json as _json, sys as _sys
_sys.stdout.write("\\n" + _json.dumps(main(**_json.loads(_sys.stdin.read()))))
"""

# Dify's defaults.
LIMITS = CodeNodeLimits(
    max_string_length=400_000,
    max_number=9_223_372_036_854_775_807,
    min_number=-9_223_372_036_854_775_808,
    max_precision=20,
    max_depth=5,
    max_number_array_length=1_000,
    max_string_array_length=30,
    max_object_array_length=30,
)


class CodeError(Exception):
    """The code of a node raised, or answered with something that is not a mapping."""


class PythonCode:
    """The engine's code executor. Unlike Dify's sandbox it trusts the code."""

    def execute(self, *, language: CodeLanguage, code: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """What `main(**inputs)` returns. Raises CodeError."""
        if language is not CodeLanguage.PYTHON3:
            raise CodeError(f"the runner runs python3, found {language.value!r}")
        command = [sys.executable, "-I", "-c", code + _CALL]
        try:
            ended = subprocess.run(  # noqa: S603 - a workflow's own code, which running the workflow means to run
                command,
                input=json.dumps(inputs),
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CodeError(f"the code ran longer than {_SECONDS} s") from None
        if ended.returncode:
            raise CodeError(ended.stderr.strip().rpartition("\n")[2])
        result = json.loads(ended.stdout.rpartition("\n")[2])
        if not isinstance(result, dict):
            raise CodeError(f"main must return a dict, found {type(result).__name__}")
        return result

    def is_execution_error(self, error: Exception) -> bool:
        """True for what the code did wrong."""
        return isinstance(error, CodeError)
