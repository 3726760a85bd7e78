# SPDX-License-Identifier: Apache-2.0
"""What the forms of workflow files ask for, and how often they ask each level for a signature."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from approvals.domain.terms import Level
from devkit.declarations import read_declarations
from devkit.lint.canvas import read_canvas
from devkit.lint.reading import mapping, sequence
from devkit.lint.rules.policies import offered_types
from devkit.lint.rules.rule import Subject

_FACTS: Final = frozenset({"vendor", "cost_center", "context"})
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C reads nine workflows in the time that the other one takes for one."""
_PLUGIN: Final = Path(__file__).resolve().parents[2]


class Workflow(NamedTuple):
    """What a policy meets in a workflow file.

    `types`: those that its start form offers; none without such a form. `facts`: of `vendor`, `cost_center` and
    `context` those that the tool that analyzes is given. `levels`: one for each form in which somebody decides.
    `by_address`: a form goes to whoever signs next, also for a level below its own. `on_desk`: all sign on the desk.
    """

    file: str
    types: frozenset[str]
    facts: frozenset[str]
    levels: Sequence[Level] = ()
    by_address: bool = False
    on_desk: bool = False

    def asks_all(self, signatures: Sequence[Level]) -> bool:
        """True when one run can ask for all these signatures, the lowest level first."""
        if self.on_desk:
            return True
        if not self.by_address:
            return Counter(signatures) <= Counter(self.levels)
        left = sorted(level.rank for level in self.levels)
        for level in signatures:
            form = next((rank for rank in left if rank >= level.rank), None)
            if form is None:
                return False
            left = [rank for rank in left if rank > form]
        return True


def read_workflows(folder: Path) -> list[Workflow]:
    """Every workflow file of the folder. One that cannot be read is left out."""
    tools = read_declarations(_PLUGIN)
    found = []
    for file in sorted(folder.glob("*.yml")):
        try:
            document = yaml.load(file.read_bytes(), Loader=_Loader)  # noqa: S506 - it is the safe one
        except yaml.YAMLError:
            continue
        subject = Subject(document, read_canvas(document), tools)
        kinds = {kind.strip().casefold() for _, options in offered_types(subject) for kind in options}
        forms = subject.of_kind("human-input")
        found.append(
            Workflow(
                file.name,
                frozenset(kinds),
                frozenset(_facts(subject)),
                list(_levels(subject)) if forms else (),
                any(str(form.data.get("version")) == "2" for form in forms),
                any(
                    "decide_links" in sequence(one.data.get("iterator_selector"))
                    for one in subject.of_kind("iteration")
                ),
            )
        )
    return found


def _levels(subject: Subject) -> Iterator[Level]:
    """The level of each node that records what somebody decided in a form."""
    for node in subject.own_tools():
        level = mapping(mapping(node.data.get("tool_parameters")).get("actor_level")).get("value")
        if level in set(Level):
            yield Level(level)


def _facts(subject: Subject) -> Iterator[str]:
    for node in subject.own_tools():
        for name, given in mapping(node.data.get("tool_parameters")).items():
            if name in _FACTS and mapping(given).get("value"):
                yield str(name)
