# SPDX-License-Identifier: Apache-2.0
"""A README that stands alone: what it points to and the package does not hold becomes an address of the repository."""

import re
from collections.abc import Container
from pathlib import PurePosixPath
from typing import Final

_LINK: Final = re.compile(
    r"(?P<head>!?\[[^\]]*\]\(|<(?:img|source|a)\b[^>]*?\b(?:src|srcset|href)=\")(?P<target>[^)\"\s]+)"
)
_ELSEWHERE: Final = re.compile(r"[a-z]+:|#|//", re.IGNORECASE)


def standing_alone(text: str, packed: Container[str], repository: str, tag: str) -> str:
    """`text` with absolute addresses for what is not `packed`. `repository` is its address, `tag` the release's."""

    def absolute(found: re.Match[str]) -> str:
        head, target = found["head"], found["target"]
        path = str(PurePosixPath(target.partition("#")[0]))
        if _ELSEWHERE.match(target) or path in packed:
            return found[0]
        shows = head.startswith(("!", "<img", "<source"))
        return f"{head}{repository}/{'raw' if shows else 'blob'}/{tag}/{target.removeprefix('./')}"

    return _LINK.sub(absolute, text)


def targets(text: str) -> list[str]:
    """The files that a README links to and shows, without what is elsewhere."""
    return [
        found["target"].partition("#")[0]
        for found in _LINK.finditer(text)
        if not _ELSEWHERE.match(found["target"])
    ]
