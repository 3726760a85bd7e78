# SPDX-License-Identifier: Apache-2.0
"""A plugin in a process of its own, on a clock that can be put forward: nobody waits two days for a form to run out."""

from devkit.clock.moved import HOURS_FILE, PLUGIN, Hours, MovedClock, OnTime

__all__ = ["HOURS_FILE", "PLUGIN", "Hours", "MovedClock", "OnTime"]
