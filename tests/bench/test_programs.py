# SPDX-License-Identifier: Apache-2.0
"""A benchmark that runs once a month still loads after every change."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# In a process of its own: some put gevent in the place of the standard library as soon as they are imported.
PROGRAM = """
import importlib, pathlib, warnings
warnings.simplefilter("ignore")
for path in sorted(pathlib.Path("bench").glob("*.py")):
    if path.stem != "__main__":
        importlib.import_module(f"bench.{path.stem}")
"""


def test_every_module_of_the_bench_loads() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
