# SPDX-License-Identifier: Apache-2.0
"""Makes characters visible that a reader would not see, or that move the words around them."""

import re
from typing import Final

# Controls but tab and line feed; marks that turn the direction of writing; characters without width that join nothing;
# tags, which can carry a hidden text; halves of surrogate pairs and non-characters, which UTF-8 cannot carry.
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """The text with each hidden character as its number, such as `[U+202E]`. Linear in its length."""
    return text if text.isprintable() else _HIDDEN.sub(_number, text.replace("\r\n", "\n"))


def _number(found: re.Match[str]) -> str:
    return f"[U+{ord(found[0]):04X}]"
