# SPDX-License-Identifier: Apache-2.0
"""The handles of a node, from which its edges lead."""

from collections.abc import Iterator

from devkit.lint.canvas import Node
from devkit.lint.reading import records, text

SUCCESS, FAILURE, ELSE, TIMEOUT = "source", "fail-branch", "false", "__timeout"


def branches(node: Node) -> frozenset[str]:
    """The handles that a node has."""
    match node.kind:
        case "if-else":
            return frozenset(_cases(node)) | {ELSE}
        case "question-classifier":
            return frozenset(_ids(node, "classes"))
        case "human-input":
            return frozenset(_ids(node, "user_actions")) | {TIMEOUT}
        case "end" | "loop-end":
            return frozenset()
    failure = {FAILURE} if node.data.get("error_strategy") == FAILURE else set[str]()
    return frozenset({SUCCESS, *failure})


def _cases(node: Node) -> Iterator[str]:
    cases = [
        text(case.get("case_id")) or text(case.get("id")) for _, case in records(node.data.get("cases"), ())
    ]
    yield from cases or ["true"]  # the form before there were cases


def _ids(node: Node, key: str) -> Iterator[str]:
    return (text(one.get("id")) for _, one in records(node.data.get(key), ()))
