# SPDX-License-Identifier: Apache-2.0
"""Version 2 of Dify's Human Input node: the policy says whom to write to, and a variable carries the address.

Dify fails the whole run when a form can reach nobody, so a level without an address never opens one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from approvals.domain.terms import Level
from devkit.bundle.asking import TOP, body, form, subject
from devkit.bundle.canvas import Canvas
from devkit.bundle.human_input import human_input_v2
from devkit.bundle.nodes import Condition, if_else, template
from devkit.bundle.router import Router, called, version_before

FALLBACK = "APPROVER_EMAIL"
_BELOW = 950  # under the way of a form that nobody answers, so that the two do not cross


@dataclass(frozen=True, slots=True)
class ByAddress:
    """The address is the latest answer's `approver_email`, or the environment's where the policy names none."""

    columns: int = 3

    def add(self, canvas: Canvas, router: Router, level: Level, sources: Sequence[str], column: int) -> None:
        """Whom to ask, whether there is anybody, the form, and the way past a level that nobody answers for."""
        name = called(level)
        known = {f"{source}_email": (source, "approver_email") for source in sources}
        latest = f"{{%- set latest = [{', '.join(known)}] | reject('none') | first -%}}"
        address = template(
            f"{name}: address",
            "The policy's, or the environment's.",
            f"{latest}\n{{{{ (latest or fallback or '') | trim }}}}\n",
            {**known, "fallback": ("env", FALLBACK)},
        )
        where = (f"address_{level}", "output")
        there = {"true": [Condition(where, "contains", "@")]}
        nobody = router.node(
            f"{name}: nobody to ask",
            "No address is known; the next level decides.",
            "escalate",
            f"{level}-nobody",
            actor=f"workflow (no address for level {level})",
            actor_level=level.value,
            expected_version=version_before(level),
        )
        canvas.node(where[0], address, column=column, y=TOP)
        canvas.node(f"reached_{level}", if_else(f"reached_{level}", f"{name}: an address?", "", there),
                    column=column + 1, y=TOP)  # fmt: skip
        asked = human_input_v2(form(level), subject(level), body(level), where)
        canvas.node(f"ask_{level}", asked, column=column + 2, y=TOP)
        canvas.node(f"nobody_{level}", nobody, column=column + 2, y=_BELOW)

    def connect(self, canvas: Canvas, level: Level, onward: str) -> None:
        """From the brief to the form, or onward."""
        canvas.edge(f"brief_{level}", f"address_{level}")
        canvas.edge(f"address_{level}", f"reached_{level}")
        canvas.edge(f"reached_{level}", f"ask_{level}", "true")
        canvas.edge(f"reached_{level}", f"nobody_{level}", "false")
        canvas.edge(f"nobody_{level}", onward, "source", "fail-branch")

    def routing(self, level: Level) -> Sequence[str]:
        """The way past."""
        return (f"nobody_{level}",)
