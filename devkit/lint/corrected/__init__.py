# SPDX-License-Identifier: Apache-2.0
"""One misspelt name breaks everything that stands behind it. The rules look at the canvas as if it were corrected.

An edge that leads to `asc` instead of `ask` leaves a node that no run reaches, and a variable that is not there for
each node after it. This package finds such a name, reports it once, and assumes the likely right one for all rules.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from devkit.lint.canvas import Canvas
from devkit.lint.corrected.edges import correct_ends, correct_handles, correct_ways
from devkit.lint.corrected.nodes import correct_ids, correct_parents, correct_types
from devkit.lint.finding import Problem

__all__ = ["Corrected", "correct"]


@dataclass(frozen=True, slots=True)
class Corrected:
    """The canvas with the likely right names, and what is wrong with the names in the file, by the name of its rule."""

    canvas: Canvas
    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)


def correct(canvas: Canvas, node_types: Collection[str]) -> Corrected:
    """Replace each misspelt type, id and handle. `node_types` are the types of node that Dify has."""
    canvas, types = correct_types(canvas, node_types)
    canvas, ids = correct_ids(canvas)
    canvas, parents = correct_parents(canvas)
    canvas, ends = correct_ends(canvas)
    canvas, handles = correct_handles(canvas)
    canvas, ways = correct_ways(canvas)
    found = {
        "node-type": types,
        "container-parent": parents,
        "edge-end": (*ids, *ends, *ways),
        "handle": handles,
    }
    return Corrected(canvas, found)
