# SPDX-License-Identifier: Apache-2.0
"""The plugin on a clock that is put forward: `python -m devkit.clock.plugin` in place of `-m main`."""

import runpy

import dify_plugin  # noqa: F401 - it makes the standard library cooperative, which must come first

from approvals import wiring
from devkit.clock.moved import MovedClock

if __name__ == "__main__":
    wiring.SystemClock = MovedClock  # type: ignore[attr-defined] # wiring takes its clock from there
    runpy.run_module("main", run_name="__main__")
