# SPDX-License-Identifier: Apache-2.0
"""The handles of a node, from which its edges lead. A run whose handle has no edge ends, and says it succeeded."""

from collections.abc import Iterator

from devkit.lint.canvas import CONTAINERS, Node
from devkit.lint.finding import Problem
from devkit.lint.nearest import did_you_mean
from devkit.lint.reading import records, text
from devkit.lint.rules.rule import Subject

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


def open_branches(subject: Subject) -> Iterator[Problem]:
    """Of a node that branches, every handle leads somewhere."""
    for node in subject.canvas.drawn:
        needed = branches(node)
        if len(needed) < 2 and node.kind not in {"if-else", "human-input"}:  # noqa: PLR2004 - no branching
            continue
        for handle in sorted(needed - subject.canvas.handles(node.node_id)):
            if handle == SUCCESS and not subject.canvas.handles(node.node_id):
                continue  # the last node of its path
            what = f"the branch {handle!r} of {node.title!r} leads nowhere"
            yield Problem(
                (*node.path, "id"), what, "connect it: a run that takes it ends empty and counts as a success"
            )


def unknown_handles(subject: Subject) -> Iterator[Problem]:
    """An edge leads from a handle that its node has."""
    for edge in subject.canvas.edges:
        node = subject.canvas.nodes.get(edge.source)
        if node is None or edge.handle in (known := branches(node)):
            continue
        if node.kind in CONTAINERS or not node.kind:
            continue
        what = f"{node.title!r} has no handle {edge.handle!r}"
        remedy = (
            "use 'source'" if edge.handle == "success-branch" else did_you_mean(edge.handle, known, "handle")
        )
        yield Problem((*edge.path, "sourceHandle"), what, remedy)


def _cases(node: Node) -> Iterator[str]:
    cases = [
        text(case.get("case_id")) or text(case.get("id")) for _, case in records(node.data.get("cases"), ())
    ]
    yield from cases or ["true"]  # the form before there were cases


def _ids(node: Node, key: str) -> Iterator[str]:
    return (text(one.get("id")) for _, one in records(node.data.get(key), ()))
