# SPDX-License-Identifier: Apache-2.0
"""How many paths lead through a workflow. Dify lists every one of them at the start and at each resume of a run."""

from collections.abc import Iterator

from devkit.lint.canvas import Node
from devkit.lint.finding import Problem
from devkit.lint.rules.rule import Subject
from devkit.paths import CyclicWorkflowError, PathCount, count_paths

MAX_PATHS = 1_500
SECONDS_PER_PATH = 27e-6  # of CPU in Dify's stream filter, at each start and resume
BYTES_PER_PATH = 700  # of a run's stored state, at each pause
_CAPPED = 10**12
_TIMES = (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0), ("s", 1.0))
_SIZES = (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3))


def paths(subject: Subject) -> Iterator[Problem]:
    """At most 1,500 paths lead to the outputs; Dify lists all of them at each start and resume."""
    canvas = subject.canvas
    types = {node_id: node.kind for node_id, node in canvas.nodes.items()}
    arrows = [(edge.source, edge.target) for edge in canvas.edges]
    for root in subject.roots():
        try:
            counted = count_paths(types, arrows, root.node_id)
        except CyclicWorkflowError:
            continue  # the rule `cycle` reports it
        if counted.paths > MAX_PATHS:
            yield _problem(subject, root, counted)


def _problem(subject: Subject, root: Node, counted: PathCount) -> Problem:
    nodes = [subject.canvas.nodes[one.node_id] for one in counted.multipliers[:2]]
    number = min(counted.paths, _CAPPED)
    what = (
        f"{counted} paths lead from {root.title!r} to the outputs. Dify lists them all: about "
        f"{_amount(number * SECONDS_PER_PATH, _TIMES)} of CPU at the start and at each resume of a run"
    )
    if subject.of_kind("human-input"):
        what += f", and {_amount(number * BYTES_PER_PATH, _SIZES)} stored at each pause"
    names = " and ".join(
        f"{node.title!r} (by {one.factor:.1f})" for node, one in zip(nodes, counted.multipliers, strict=False)
    )
    remedy = (
        f"{names} multiply them most: lead fewer edges out of them, and give failures default values instead "
        "of branches"
    )
    return Problem((*nodes[0].path, "id"), what, remedy)


def _amount(value: float, units: tuple[tuple[str, float], ...]) -> str:
    """The value in the largest unit of which there is one, with two digits."""
    unit, size = next(((unit, size) for unit, size in units if value >= size), units[-1])
    count = value / size
    return f"{count:.1f} {unit}" if count < 10 else f"{count:,.0f} {unit}"  # noqa: PLR2004 - two digits
