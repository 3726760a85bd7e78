# SPDX-License-Identifier: Apache-2.0
"""What holds for every test."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from devkit.host.process import BASE_ENVIRONMENT

# What a test sees printed does not depend on the terminal, the colours and the width of who runs it.
for name in ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "PY_COLORS", "TERMINAL_WIDTH", "GITHUB_ACTIONS"):
    os.environ.pop(name, None)

# How long an example takes depends on what else the machine does; what must be quick is measured where it matters.
# `make test ARGS="--hypothesis-profile=thorough tests/devkit"` tries many more.
settings.register_profile("quick", deadline=None, max_examples=50)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("quick")

# A plugin sees next to nothing of this machine. When lines are counted, its process has to know of that.
BASE_ENVIRONMENT |= {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}

ROOT = Path(__file__).parents[1]
LONGEST_FIRST = (
    "tests/workflows/test_restarts.py",
    "tests/workflows/test_approval_chat.py",
    "tests/devkit/bundle/test_command.py",
    "tests/devkit/lint/test_mutations.py",
    "tests/approvals/test_linear_time.py",
    "tests/approvals/store/test_history.py",
    "tests/devkit/policy/test_overruled.py",
    "tests/workflows/test_approval_batch.py",
    "tests/plugin/test_process.py",
    "tests/plugin/test_databases.py",
    "tests/approvals/web/desk/test_accessibility.py",
)
"""The files that take longest. Begun first, so that no core waits at the end for another that has one of them left."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, the others in their order."""
    place = {ROOT / name: number for number, name in enumerate(LONGEST_FIRST)}
    absent = [str(path) for path in place if not path.exists()]
    assert not absent, f"{absent} in LONGEST_FIRST of tests/conftest.py"
    items.sort(key=lambda item: place.get(item.path, len(place)))
