# SPDX-License-Identifier: Apache-2.0
"""What people put between the groups of a number."""

from typing import Final

SPACES: Final = " \u00a0\u2000-\u200f\u202f\u2060\u3000\ufeff"
"""Spaces of every width, none included, for a character class of `re`."""
DASHES: Final = "\u2010-\u2015\u2212\uff0d-"
"""Hyphens and dashes, for the end of a character class of `re`."""
