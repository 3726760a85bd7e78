# SPDX-License-Identifier: Apache-2.0
"""The levels of a workflow in which people decide: for each one a gate, a form, and two nodes that record its answer.

The plugin says who decides next. A request enters that level's form and passes by every other gate, so levels only
rise and the graph has no cycle. All steps at a level carry the version that the request had on arrival: if somebody
else moved the request meanwhile (the hourly sweep, say), the step changes nothing and the run goes on from there.

Dify lists every path through the graph at each start and at each resume, so a level is kept small: its buttons, its
timeout and its way past multiply the paths, and nothing else does.
"""

from dataclasses import dataclass
from itertools import pairwise

from approvals.domain.terms import Level
from devkit.bundle.asking import Asking, actions
from devkit.bundle.canvas import Canvas
from devkit.bundle.layout import BOTTOM, LOWER, TIMEOUT, UPPER
from devkit.bundle.nodes import Condition, Data, Selector, aggregator, if_else
from devkit.bundle.router import Router, called

LEVELS = tuple(Level)
SUBMIT = "submit"
"""The node that submits the request; its answer says which level is first."""
FIRST_GATE = f"gate_{LEVELS[0]}"
_VARIABLES = {
    "step": ("next_step", "string"),
    "brief": ("brief", "string"),
    "version": ("version", "number"),
    "email": ("approver_email", "string"),
}
"""What a level needs of the latest answer: the variable and its type."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Puts the levels onto a canvas, from column `first`.

    `end` is the node to which the last level leads. `takes_up` asks also about a request that another run submitted.
    """

    canvas: Canvas
    router: Router
    asking: Asking
    first: int
    end: str = "outcome"
    takes_up: bool = False

    @property
    def last(self) -> int:
        """The column after the last level."""
        top = LEVELS[-1]
        return self._column(top) + len(self._lower(top)) + len(self._upper(top)) + 2

    def add(self) -> None:
        """All nodes."""
        for level in LEVELS:
            self._add(level)

    def connect(self) -> None:
        """All edges but the one that leads to the first gate."""
        for level in LEVELS:
            self._connect(level)

    def routing(self) -> list[str]:
        """Every node whose answer says where the request stands, the latest to run first."""
        steps = [node for level in reversed(LEVELS) for node in _steps(level)]
        return [*steps, SUBMIT]

    def _column(self, level: Level) -> int:
        """The first column of a level."""
        widths = [len(self._lower(one)) + len(self._upper(one)) + 2 for one in LEVELS[: level.rank]]
        return self.first + sum(widths)

    def _lower(self, level: Level) -> list[str]:
        """The nodes before a level's form that every request passes, in their order."""
        before = ["step", "email"] if self.asking.by_address else ["step"]
        return ["gate"] if level is LEVELS[0] else [*before, "gate"]

    def _upper(self, level: Level) -> list[str]:
        """The nodes before a level's form that only its own requests pass, in their order."""
        return [] if level is LEVELS[0] else ["brief", "version"]

    def _latest(self, level: Level, name: str) -> Selector:
        """Where a variable of the latest answer stands once a request has come to a level."""
        return (SUBMIT, _VARIABLES[name][0]) if level is LEVELS[0] else (f"{name}_{level}", "output")

    def _aggregator(self, level: Level, name: str) -> Data:
        # Not a group of an aggregator: groups do not survive a pause, the engine restores them as raw records.
        variable, kind = _VARIABLES[name]
        below = LEVELS[level.rank - 1]
        sources = [*((node, variable) for node in _steps(below)), self._latest(below, name)]
        return aggregator(f"{called(level)}: latest {name}", "", kind, sources)

    def _add(self, level: Level) -> None:
        add, column = self.canvas.node, self._column(level)
        for y, names in ((LOWER, self._lower(level)), (UPPER, self._upper(level))):
            for name in names:
                data = self._gate(level) if name == "gate" else self._aggregator(level, name)
                add(f"{name}_{level}", data, column=column, y=y)
                column += 1
        if self.asking.by_address:
            nobody = aggregator(f"{called(level)}: no address", "", "string", [("env", no_address(level))])
            add(f"nobody_{level}", nobody, column=column, y=BOTTOM + 160 * (level.rank + 1))
        brief, email = self._latest(level, "brief"), self._latest(level, "email")
        version = [*self._latest(level, "version")]
        add(f"ask_{level}", self.asking.form(level, brief, email), column=column, y=UPPER)
        add(f"decide_{level}", self._decision(level, email, version), column=column + 1, y=UPPER)
        add(f"timeout_{level}", self._timeout(level, version), column=column + 1, y=TIMEOUT)

    def _gate(self, level: Level) -> Data:
        step = self._latest(level, "step")
        # A second run with the same request's ID must not open a second form.
        own = [Condition((SUBMIT, "status"), "is", "ok")] if level is LEVELS[0] and not self.takes_up else []
        here = [*own, *self._asks(level, step)]
        cases = {"ask": here}
        if self.asking.by_address:
            reachable = Condition(self._latest(level, "email"), "contains", "@")
            cases = {"ask": [*here, reachable], "nobody": here}
        if level is not LEVELS[0]:
            return if_else(f"gate_{level}", f"{called(level)} needed?", "", cases)
        past = [*own, Condition(step, "start with", "review_")]
        return if_else(
            FIRST_GATE, "Who decides?", "A manager, somebody higher, or nobody.", {**cases, "past": past}
        )

    def _asks(self, level: Level, step: Selector) -> list[Condition]:
        """When a level's form is for the request: when that level must sign.

        By address it is also for whoever signs next for a level below: another signature of the level that was just
        asked, or the same person again where a form ran out before the policy's deadline.
        """
        if not self.asking.by_address or level is LEVELS[0]:
            return [Condition(step, "is", f"review_{level}")]
        above = [one for one in LEVELS if one.rank > level.rank]
        return [
            Condition(step, "start with", "review_"),
            *(Condition(step, "is not", f"review_{one}") for one in above),
        ]

    def _decision(self, level: Level, email: Selector, version: list[str]) -> Data:
        form = f"ask_{level}"
        return self.router.node(
            f"{called(level)}: record the decision",
            "The plugin checks who may. A decision that it refuses goes one level up.",
            [form, "__action_id"],
            f"{level}-{{{{#{form}.__action_id#}}}}",
            actor=self.asking.actor(level, email),
            actor_level=level.value,
            comment=f"{{{{#{form}.comment#}}}}",
            expected_version=version,
            if_refused="escalate",
        )

    def _timeout(self, level: Level, version: list[str]) -> Data:
        return self.router.node(
            f"{called(level)}: no answer",
            "The policy says whether the request rises or expires.",
            "timeout",
            f"{level}-timeout",
            expected_version=version,
        )

    def _connect(self, level: Level) -> None:
        edge = self.canvas.edge
        onward = f"step_{level.above}" if level.above else self.end
        passed, gate, asked = self._lower(level)[:-1], f"gate_{level}", [*self._upper(level), "ask"]
        for source, target in pairwise([*passed, "gate"]):
            edge(f"{source}_{level}", f"{target}_{level}")
        edge(gate, f"{asked[0]}_{level}", "ask")
        for source, target in pairwise(asked):
            edge(f"{source}_{level}", f"{target}_{level}")
        if self.asking.by_address:
            edge(gate, f"nobody_{level}", "nobody")
            edge(f"nobody_{level}", self.end)
        edge(gate, onward, "past" if gate == FIRST_GATE else "false")
        edge(f"ask_{level}", f"decide_{level}", *actions(level))
        edge(f"ask_{level}", f"timeout_{level}", "__timeout")
        edge(f"decide_{level}", onward)
        edge(f"timeout_{level}", onward)


def no_address(level: Level) -> str:
    """The environment variable with what a run says when the policy has no address for a level that must decide."""
    return f"NO_ADDRESS_{level.upper()}"


def _steps(level: Level) -> tuple[str, str]:
    """The nodes of a level that change the request; in a run one of them answers at most."""
    return (f"decide_{level}", f"timeout_{level}")
