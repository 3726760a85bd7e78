# SPDX-License-Identifier: Apache-2.0
"""A rule: a pure function from a file to its problems, and their severity."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from devkit.declarations import Declarations
from devkit.lint.canvas import ROOTS, Canvas, Node
from devkit.lint.finding import Problem, Severity, Strength
from devkit.lint.reading import text
from devkit.lint.references import Reference, references


@dataclass(frozen=True, repr=False)
class Subject:
    """The file that the rules look at. `declarations` are the tools whose YAML is at hand.

    `canvas` has the likely right names in place of misspelt ones, `problems` what is wrong with those.
    """

    document: Any
    canvas: Canvas
    declarations: Declarations = field(default_factory=dict)
    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)

    def misspelt(self, rule: str) -> Iterable[Problem]:
        """What is wrong with the names that this rule is about."""
        return self.problems.get(rule, ())

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Every reading of a variable."""
        return tuple(references(self.canvas))

    @cached_property
    def providers(self) -> frozenset[str]:
        """The ids of the providers whose tools are at hand."""
        return frozenset(provider for provider, _ in self.declarations)

    def roots(self) -> list[Node]:
        """The nodes from which runs start."""
        return self.of_kind(*ROOTS)

    def own_tools(self) -> list[Node]:
        """The tool nodes whose declarations are at hand."""
        return [node for node in self.of_kind("tool") if text(node.data.get("provider_id")) in self.providers]

    def of_kind(self, *kinds: str) -> list[Node]:
        """The nodes of these types."""
        return [node for node in self.canvas.drawn if node.kind in kinds]


type Check = Callable[[Subject], Iterable[Problem]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: its name, its severity at each strength (None: not checked), and the check."""

    name: str
    dify: Severity | None
    bundle: Severity | None
    check: Check

    def severity(self, strength: Strength) -> Severity | None:
        """The severity of the rule's problems at that strength."""
        return self.dify if strength is Strength.DIFY else self.bundle
