# SPDX-License-Identifier: Apache-2.0
"""Checks one file: it must parse, then the schema, then every rule of the table."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from devkit.declarations import Declarations
from devkit.lint.canvas import GRAPH, read_canvas
from devkit.lint.corrected import correct
from devkit.lint.finding import Finding, Path, Problem, Severity, Strength
from devkit.lint.reading import text
from devkit.lint.rules import RULES, Subject
from devkit.lint.schema_check import is_read_later, node_types, schema_problems
from devkit.lint.source import Source, SourceError, read_source

MAX_NODES = 3_000  # a run of Dify takes 500 steps; who comes before whom takes the square of this in memory
_LINES = 6  # that one finding lists


@dataclass(frozen=True, slots=True)
class Found:
    """A problem with the rule that found it, and its severity at the linter's strength."""

    rule: str
    severity: Severity
    problem: Problem


@dataclass(frozen=True, slots=True)
class Linter:
    """What is the same for every file: how strict to be, and the tools whose declarations are at hand."""

    strength: Strength
    declarations: Declarations

    def lint(self, name: str, content: bytes) -> list[Finding]:
        """All findings in a file, in its order. Takes any bytes."""
        try:
            source = read_source(content)
        except SourceError as error:
            return [Finding(name, error.line, error.column, Severity.ERROR, "yaml", error.what, error.remedy)]
        return self.check(name, source)

    def check(self, name: str, source: Source) -> list[Finding]:
        """All findings in a file that has been parsed, in its order."""
        return sorted(_merged(name, source, self._problems(source)))

    def _problems(self, source: Source) -> Iterator[Found]:
        for problem in source.doubled_keys():
            yield Found("doubled-key", Severity.ERROR, problem)
        canvas = read_canvas(source.document)
        if len(canvas.drawn) > MAX_NODES:
            what = f"the canvas has {len(canvas.drawn):,} nodes, and the rules follow at most {MAX_NODES:,}"
            yield Found("size", Severity.ERROR, Problem(GRAPH, what, "split the workflow"))
            return
        corrected = correct(canvas, node_types())
        subject = Subject(source.document, corrected.canvas, self.declarations, corrected.problems)
        found = list(self._of_rules(subject))
        yield from found
        said = {
            (one.problem.path, severity) for one in found for severity in (one.severity, Severity.WARNING)
        }
        for one in self._of_schema(subject):
            by_rule = (one.problem.path, one.severity) in said  # in better words than the schema's
            is_handle = one.problem.path[-1:] == ("sourceHandle",) and text(
                _at(subject.document, one.problem.path)
            )
            if not by_rule and not is_handle:
                yield one

    def _of_rules(self, subject: Subject) -> Iterator[Found]:
        for rule in RULES:
            severity = rule.severity(self.strength)
            if severity is not None and subject.canvas.has_graph:
                yield from (Found(rule.name, severity, problem) for problem in rule.check(subject))

    def _of_schema(self, subject: Subject) -> Iterator[Found]:
        for problem in schema_problems(subject.document, self.strength):
            if self.strength is Strength.DIFY and is_read_later(subject.document, problem.path):
                yield Found("node-data", Severity.WARNING, problem)
            else:
                yield Found("schema", Severity.ERROR, problem)


def _at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def _merged(name: str, source: Source, found: Iterable[Found]) -> Iterator[Finding]:
    """One finding for each message: the same fault in several places, such as a renamed variable, is one."""
    places: dict[tuple[str, Severity, str, str], list[tuple[int, int]]] = defaultdict(list)
    for one in found:
        said = (one.rule, one.severity, one.problem.what, one.problem.remedy)
        places[said].append(source.place(one.problem.path))
    for (rule, severity, what, remedy), where in places.items():
        line, column = min(where)
        lines = sorted({one for one, _ in where} - {line})
        listed = ", ".join(map(str, lines[:_LINES])) + (", …" if len(lines) > _LINES else "")
        more = (
            f" (also on line {listed})" if len(lines) == 1 else f" (also on lines {listed})" if lines else ""
        )
        yield Finding(name, line, column, severity, rule, what + more, remedy)
