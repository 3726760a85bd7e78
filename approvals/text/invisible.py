# SPDX-License-Identifier: Apache-2.0
"""Characters that a reader does not see: those that take no room, and those that only look like a space."""

import re
from typing import Final

# Unicode's Default_Ignorable_Code_Point: soft hyphen, zero-width characters, bidi controls, variation selectors, tags.
_NOTHING: Final = re.compile(
    "[\u00ad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Letters without a shape, controls, and everything else that only keeps words apart.
_BLANK: Final = re.compile("[\\s\u0000-\u0020\u007f-\u00a0\u115f\u1160\u2800\u3164\uffa0]+")


def without_invisible(text: str) -> str:
    """The text without characters that take no room. Linear in its length."""
    return text if text.isascii() else _NOTHING.sub("", text)


def one_line(text: str) -> str:
    """The text with single spaces between its words and none around it. Linear in its length."""
    return _BLANK.sub(" ", text).strip(" ")
