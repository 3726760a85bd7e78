# SPDX-License-Identifier: Apache-2.0
"""Mends JSON text that holds half of a surrogate pair, which strict readers refuse to read at all."""

import re
from typing import Final

_HALF: Final = re.compile(
    rb"(?P<whole>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"  # a pair: left as it is
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|\\."  # any other escape, so that an escaped backslash is never taken for the start of one
)


def mended(line: bytes) -> bytes:
    """A JSON text with every lone surrogate escape replaced by that of U+FFFD."""
    if b"\\ud" not in line and b"\\uD" not in line:
        return line
    return _HALF.sub(lambda found: b"\\ufffd" if found["half"] else found[0], line)
