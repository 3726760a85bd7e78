# SPDX-License-Identifier: Apache-2.0
"""What holds for every test."""

from hypothesis import settings

# How long an example takes depends on what else the machine does; what must be quick is measured where it matters.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
