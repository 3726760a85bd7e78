# SPDX-License-Identifier: Apache-2.0
"""The blocks of a workflow in which people decide, one for each level.

A block asks one level, records what it said, and hands on to the next block. The plugin says who decides
next; a request enters that block, so levels only rise and the graph has no cycle. All steps at a level carry
the version that the request had on arrival: whoever moved it meanwhile (the hourly sweep, say) was first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from approvals.domain.terms import Level
from devkit.bundle.brief import brief_template, brief_variables
from devkit.bundle.canvas import Canvas
from devkit.bundle.human_input import Mail, human_input
from devkit.bundle.nodes import (
    Condition,
    Data,
    Selector,
    SharedSchema,
    aggregator,
    if_else,
    template,
    tool,
)
from devkit.declarations import ToolDeclaration

LEVELS = tuple(Level)
RUN_ID = "{{#sys.workflow_run_id#}}"
BLOCK = 9  # columns of one level
LADDER, LATE, MIDDLE, TOP = 1020, 800, 600, 80


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: where its fields come from, and whether the run's starter sees the approvers' forms too."""

    fields: Mapping[str, Selector]
    request_id: str = RUN_ID
    web_app: bool = True


@dataclass(frozen=True, slots=True)
class Router:
    """Makes nodes that call `route_approval` for one request: by default the run is the request."""

    declared: ToolDeclaration
    schema: SharedSchema
    request_id: str = RUN_ID

    def node(self, title: str, desc: str, event: str | list[str], step: str, **parameters: Any) -> Data:
        """One event. `step` names it in the idempotency key, so that Dify may repeat the node."""
        key = f"{RUN_ID}-{step}"
        return tool(
            title,
            desc,
            self.declared,
            self.schema,
            request_id=self.request_id,
            event=event,
            idempotency_key=key,
            **parameters,
        )


def add_level(canvas: Canvas, router: Router, asked: Asked, level: Level, column: int) -> None:
    """The nodes of one block. `column` is that of the brief."""
    earlier = LEVELS[: level.rank]
    name = called(level)
    if earlier:
        canvas.node(f"step_{level}", _latest_step(level), column=column - 3, y=LADDER)
        canvas.node(f"version_{level}", _latest_version(level), column=column - 2, y=LADDER)
        canvas.node(f"need_{level}", _needed(level), column=column - 1, y=LADDER)
    sources = routing_nodes(earlier)
    brief = template(
        f"{name}: brief",
        "What the form and the mail say. Strangers' words appear as plain text.",
        brief_template(earlier, sources),
        brief_variables(asked.fields, earlier, sources),
    )
    canvas.node(f"brief_{level}", brief, column=column, y=TOP)
    canvas.node(f"ask_{level}", _form(level, web_app=asked.web_app), column=column + 1, y=TOP)
    canvas.node(f"record_{level}", _record(router, level), column=column + 2, y=TOP)
    canvas.node(f"timeout_{level}", _timeout(router, level), column=column + 2, y=LATE)
    if level.above:
        canvas.node(f"counted_{level}", _counted(level), column=column + 3, y=TOP)
        canvas.node(f"pass_up_{level}", _pass_up(router, level), column=column + 4, y=MIDDLE)


def connect_level(canvas: Canvas, level: Level, end: str) -> None:
    """The edges of one block, and those to the next one; from the last block they lead to `end`."""
    edge = canvas.edge
    onward = f"step_{level.above}" if level.above else end
    if level.rank:
        edge(f"step_{level}", f"version_{level}")
        edge(f"version_{level}", f"need_{level}")
        edge(f"need_{level}", f"brief_{level}", "true")
        edge(f"need_{level}", onward, "false")
    edge(f"brief_{level}", f"ask_{level}")
    edge(f"ask_{level}", f"record_{level}", *_actions(level))
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


def routing_nodes(levels: Sequence[Level]) -> list[str]:
    """Every node that calls `route_approval` up to these levels, the latest to run first."""
    found: list[str] = []
    for level in reversed(levels):
        found += [f"pass_up_{level}"] if level.above else []
        found += [f"record_{level}", f"timeout_{level}"]
    return [*found, "submit"]


def called(level: Level) -> str:
    """The level as the titles of its nodes write it."""
    return "VP" if level is Level.VP else level.capitalize()


def _latest_step(level: Level) -> Data:
    # Not a group of an aggregator: groups do not survive a pause, the engine restores them as raw records.
    desc = "What the plugin said last."
    return aggregator(f"{called(level)}: latest step", desc, "string", _chain(level, "step", "next_step"))


def _latest_version(level: Level) -> Data:
    desc = "A step at this level counts only while nobody else has moved the request."
    return aggregator(f"{called(level)}: latest version", desc, "number", _chain(level, "version", "version"))


def _chain(level: Level, name: str, key: str) -> list[Selector]:
    """A variable as the level below left it, or as it was before that."""
    below = LEVELS[level.rank - 1]
    before = (f"{name}_{below}", "output") if below.rank else ("submit", key)
    return [(f"pass_up_{below}", key), (f"record_{below}", key), (f"timeout_{below}", key), before]


def _needed(level: Level) -> Data:
    condition = Condition((f"step_{level}", "output"), "is", f"review_{level}")
    return if_else(f"need_{level}", f"{called(level)} needed?", "", {"true": [condition]})


def _form(level: Level, *, web_app: bool) -> Data:
    brief = f"{{{{#brief_{level}.output#}}}}\n"
    fields = "**Your name**\n\n{{#$output.approver#}}\n\n**Comment**\n\n{{#$output.comment#}}\n"
    return human_input(
        f"ask_{level}",
        f"{called(level)} decides",
        "Two days, then the policy's on_timeout applies.",
        content=f"{brief}\n{fields}",
        fields=("approver", "comment"),
        actions=_actions(level),
        mail=Mail(
            address=f"{level}@example.com",
            subject=f"Your decision is needed ({level})",
            body=f"{brief}\nDecide here: {{{{#url#}}}}\n",
        ),
        web_app=web_app,
    )


def _actions(level: Level) -> Mapping[str, str]:
    """The buttons. Nobody stands above the highest level, so it has no button to escalate."""
    actions = {"approve": "Approve", "reject": "Reject"}
    return {**actions, "escalate": "Escalate"} if level.above else actions


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
        expected_version=_version_before(level),
    )


def _timeout(router: Router, level: Level) -> Data:
    return router.node(
        f"{called(level)}: no answer",
        "The policy says whether the request rises or expires.",
        "timeout",
        f"{level}-timeout",
        expected_version=_version_before(level),
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
        expected_version=_version_before(level),
    )


def _version_before(level: Level) -> list[str]:
    return [f"version_{level}", "output"] if level.rank else ["submit", "version"]
