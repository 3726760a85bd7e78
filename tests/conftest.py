# SPDX-License-Identifier: Apache-2.0
"""What holds for every test."""

import os

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
