# SPDX-License-Identifier: Apache-2.0
"""Dify runs nodes of different branches side by side, which a Variable Assigner does not survive.

It copies all variables while it runs, and fails the run ("dictionary changed size during iteration") when another
node ends meanwhile and adds its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pytest

from devkit.engine import Workflow, load_workflow
from tests.workflows.stories import ROOT

NAMES = sorted(path.name for path in (ROOT / "workflows").glob("*.yml"))


def reached(edges: Iterable[tuple[str, str]], start: str) -> frozenset[str]:
    """The node and all that an edge or several lead to."""
    follows: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        follows[source].append(target)
    found, waiting = {start}, [start]
    while waiting:
        for target in follows[waiting.pop()]:
            if target not in found:
                found.add(target)
                waiting.append(target)
    return frozenset(found)


def side_by_side(workflow: Workflow) -> Iterator[tuple[str, str]]:
    """Every assigner with a node that may run at the same time: neither follows the other, and no branch parts them."""
    root, arrows = workflow.root(), [(edge.source, edge.target) for edge in workflow.edges]
    after = {node_id: reached(arrows, node_id) for node_id in workflow.nodes}
    along = {node_id: _in_runs_through(workflow, root, node_id) for node_id in after[root]}
    for node_id, data in workflow.nodes.items():
        if data["type"] == "assigner":
            for other in along[node_id] - after[node_id]:
                if node_id in along[other] and node_id not in after[other]:
                    yield node_id, other


def _in_runs_through(workflow: Workflow, root: str, node_id: str) -> frozenset[str]:
    """What a run may reach that reaches this node: every branch on the only way to it has been taken."""
    ways = {(edge.source, edge.handle) for edge in workflow.edges}
    needed = {way for way in ways if node_id not in _without(workflow, root, {way})}
    refused = {way for way in ways - needed if way[0] in {source for source, _ in needed}}
    return _without(workflow, root, refused)


def _without(workflow: Workflow, root: str, refused: set[tuple[str, str]]) -> frozenset[str]:
    """What a run may reach without these ways out of nodes."""
    edges = workflow.edges
    return reached(
        [(one.source, one.target) for one in edges if (one.source, one.handle) not in refused], root
    )


@pytest.mark.parametrize("name", NAMES)
def test_nothing_runs_beside_a_variable_assigner(name: str) -> None:
    workflow = load_workflow(ROOT / "workflows" / name)

    assert sorted(side_by_side(workflow)) == []
