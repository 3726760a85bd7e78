# SPDX-License-Identifier: Apache-2.0
"""The blocks of a workflow in which people decide, one for each level.

A block asks one level, records what it said, and hands on to the next block. The plugin says who decides
next; a request enters that block, so levels only rise and the graph has no cycle. All steps at a level carry
the version that the request had on arrival: whoever moved it meanwhile (the hourly sweep, say) was first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from approvals.domain.terms import Level
from devkit.bundle.asking import TOP, Asking, ByDelivery, actions
from devkit.bundle.brief import brief_template, brief_variables
from devkit.bundle.canvas import Canvas
from devkit.bundle.nodes import Condition, Data, Selector, aggregator, if_else, template
from devkit.bundle.router import RUN_ID, Router, called, version_before

LEVELS = tuple(Level)
LADDER, LATE, MIDDLE = 1020, 800, 600


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: where its fields come from, and how the levels are asked about it."""

    fields: Mapping[str, Selector]
    request_id: str = RUN_ID
    asking: Asking = field(default_factory=ByDelivery)

    @property
    def block(self) -> int:
        """The columns of one level."""
        return 8 + self.asking.columns


def add_level(canvas: Canvas, router: Router, asked: Asked, level: Level, column: int) -> None:
    """The nodes of one block. `column` is that of the brief."""
    earlier = LEVELS[: level.rank]
    name = called(level)
    if earlier:
        canvas.node(f"step_{level}", _latest_step(level, asked.asking), column=column - 3, y=LADDER)
        canvas.node(f"version_{level}", _latest_version(level, asked.asking), column=column - 2, y=LADDER)
        canvas.node(f"need_{level}", _needed(level), column=column - 1, y=LADDER)
    sources = routing_nodes(earlier, asked.asking)
    brief = template(
        f"{name}: brief",
        "What the form and the mail say. Strangers' words appear as plain text.",
        brief_template(earlier, sources),
        brief_variables(asked.fields, earlier, sources),
    )
    canvas.node(f"brief_{level}", brief, column=column, y=TOP)
    asked.asking.add(canvas, router, level, sources, column + 1)
    after = column + 1 + asked.asking.columns
    canvas.node(f"record_{level}", _record(router, level), column=after, y=TOP)
    canvas.node(f"timeout_{level}", _timeout(router, level), column=after, y=LATE)
    if level.above:
        canvas.node(f"counted_{level}", _counted(level), column=after + 1, y=TOP)
        canvas.node(f"pass_up_{level}", _pass_up(router, level), column=after + 2, y=MIDDLE)


def connect_level(canvas: Canvas, asking: Asking, level: Level, end: str) -> None:
    """The edges of one block, and those to the next one; from the last block they lead to `end`."""
    edge = canvas.edge
    onward = f"step_{level.above}" if level.above else end
    if level.rank:
        edge(f"step_{level}", f"version_{level}")
        edge(f"version_{level}", f"need_{level}")
        edge(f"need_{level}", f"brief_{level}", "true")
        edge(f"need_{level}", onward, "false")
    asking.connect(canvas, level, onward)
    edge(f"ask_{level}", f"record_{level}", *actions(level))
    edge(f"ask_{level}", f"timeout_{level}", "__timeout")
    edge(f"timeout_{level}", onward, "source", "fail-branch")
    if level.above:
        edge(f"record_{level}", f"counted_{level}")
        edge(f"record_{level}", f"pass_up_{level}", "fail-branch")
        edge(f"counted_{level}", onward, "true")
        edge(f"counted_{level}", f"pass_up_{level}", "false")
        edge(f"pass_up_{level}", onward, "source", "fail-branch")
    else:
        edge(f"record_{level}", onward, "source", "fail-branch")


def routing_nodes(levels: Sequence[Level], asking: Asking) -> list[str]:
    """Every node that calls `route_approval` up to these levels, the latest to run first."""
    found: list[str] = []
    for level in reversed(levels):
        found += [f"pass_up_{level}"] if level.above else []
        found += [f"record_{level}", f"timeout_{level}", *asking.routing(level)]
    return [*found, "submit"]


def _latest_step(level: Level, asking: Asking) -> Data:
    # Not a group of an aggregator: groups do not survive a pause, the engine restores them as raw records.
    desc = "What the plugin said last."
    return aggregator(
        f"{called(level)}: latest step", desc, "string", _chain(level, asking, "step", "next_step")
    )


def _latest_version(level: Level, asking: Asking) -> Data:
    desc = "A step at this level counts only while nobody else has moved the request."
    return aggregator(
        f"{called(level)}: latest version", desc, "number", _chain(level, asking, "version", "version")
    )


def _chain(level: Level, asking: Asking, name: str, key: str) -> list[Selector]:
    """A variable as the level below left it, or as it was before that."""
    below = LEVELS[level.rank - 1]
    before = (f"{name}_{below}", "output") if below.rank else ("submit", key)
    own = (f"pass_up_{below}", f"record_{below}", f"timeout_{below}", *asking.routing(below))
    return [*((node, key) for node in own), before]


def _needed(level: Level) -> Data:
    condition = Condition((f"step_{level}", "output"), "is", f"review_{level}")
    return if_else(f"need_{level}", f"{called(level)} needed?", "", {"true": [condition]})


def _record(router: Router, level: Level) -> Data:
    form = f"ask_{level}"
    return router.node(
        f"{called(level)}: record",
        "The plugin checks who may: not the requester, and nobody twice.",
        [form, "__action_id"],
        f"{level}-{{{{#{form}.__action_id#}}}}",
        actor=f"{{{{#{form}.approver#}}}}",
        actor_level=level.value,
        comment=f"{{{{#{form}.comment#}}}}",
        expected_version=version_before(level),
    )


def _timeout(router: Router, level: Level) -> Data:
    return router.node(
        f"{called(level)}: no answer",
        "The policy says whether the request rises or expires.",
        "timeout",
        f"{level}-timeout",
        expected_version=version_before(level),
    )


def _counted(level: Level) -> Data:
    condition = Condition((f"record_{level}", "status"), "is", "ok")
    return if_else(f"counted_{level}", f"{called(level)}: did it count?", "", {"true": [condition]})


def _pass_up(router: Router, level: Level) -> Data:
    return router.node(
        f"{called(level)}: pass it up",
        "A decision that does not count must not lose the request.",
        "escalate",
        f"{level}-pass-up",
        actor="workflow",
        actor_level=level.value,
        comment=f"The decision at level {level} did not count: {{{{#record_{level}.error_message#}}}}",
        expected_version=version_before(level),
    )
