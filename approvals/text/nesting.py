# SPDX-License-Identifier: Apache-2.0
"""How deep lists and objects lie in each other, found without recursion: what came from outside may be any depth."""

from collections.abc import Mapping


def depth_of(value: object, most: int) -> int:
    """The depth of `value`: 0 for a plain value, 1 for a list or object of them. Stops counting above `most`."""
    depth, level = 0, [value]
    while depth <= most:
        below: list[object] = []
        found = False
        for each in level:
            if isinstance(each, Mapping):
                found = True
                below += each.values()
            elif isinstance(each, list | tuple):
                found = True
                below += each
        if not found:
            break
        depth, level = depth + 1, below
    return depth
