# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys

from tests.devkit.lint.flows import ROOT

PROGRAM = """
import sys
from pathlib import Path
from devkit.lint.command import lint_files
from devkit.lint.finding import Strength
from devkit.lint.report import Format
code = lint_files([Path("workflows/approval.yml")], Strength.BUNDLE, Format.TEXT)
print([name for name in sys.modules if name.split(".")[0] in ("graphon", "dify_plugin")])
sys.exit(code)
"""


def test_linting_loads_no_engine_and_no_sdk() -> None:
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines() == ["1 file: 0 errors, 0 warnings", "[]"]
