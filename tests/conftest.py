# SPDX-License-Identifier: Apache-2.0
"""What holds for every test."""

import os

from hypothesis import settings

from devkit.host.process import BASE_ENVIRONMENT

# How long an example takes depends on what else the machine does; what must be quick is measured where it matters.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# A plugin sees next to nothing of this machine. When lines are counted, its process has to know of that.
BASE_ENVIRONMENT |= {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
