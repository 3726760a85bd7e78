# SPDX-License-Identifier: Apache-2.0
"""Handles and their edges. A run that takes a handle without an edge ends there and counts as a success."""

from collections.abc import Iterable, Iterator

from devkit.lint.branches import SUCCESS, branches
from devkit.lint.finding import Problem
from devkit.lint.rules.rule import Subject


def open_branches(subject: Subject) -> Iterator[Problem]:
    """Every handle of a branching node has an edge; a run that takes one without ends as a success with no output."""
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


def unknown_handles(subject: Subject) -> Iterable[Problem]:
    """An edge starts at a handle that its node has."""
    return subject.misspelt("handle")
