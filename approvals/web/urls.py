# SPDX-License-Identifier: Apache-2.0
"""Parts of addresses. Pages do not know under which host and path browsers see them: their links are relative."""

from urllib.parse import quote


def path_part(text: str) -> str:
    """Text as one part of a path."""
    return quote(text, safe="")


def root_of(path: str) -> str:
    """What leads from a page to the endpoint's root: `./` from `/desk`, `../` from `/desk/PO-1`."""
    return "../" * (path.count("/") - 1) or "./"
