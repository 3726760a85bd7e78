# SPDX-License-Identifier: Apache-2.0
"""Template and code nodes run in Dify's code sandbox, a service of its own that can be down or overloaded."""

from collections.abc import Iterator

from devkit.lint.canvas import Node
from devkit.lint.finding import Problem
from devkit.lint.rules.rule import Subject


def before_decisions(subject: Subject) -> Iterator[Problem]:
    """No template or code node stands before a form or a decision, which would fail with the code sandbox."""
    waiting = [*subject.of_kind("human-input"), *(one for one in subject.own_tools() if _decides(one))]
    for node in subject.of_kind("template-transform", "code"):
        behind = [one for one in waiting if node.node_id in subject.canvas.ancestors[one.node_id]]
        if behind and not node.data.get("error_strategy"):
            what = f"{node.title!r} runs in the code sandbox before {behind[0].title!r}, and fails while that is down"
            remedy = "move it behind, write the text where it is used, or let a tool make it"
            yield Problem((*node.path, "id"), what, remedy)


def _decides(node: Node) -> bool:
    return node.data.get("tool_name") == "route_approval"
