# SPDX-License-Identifier: Apache-2.0
"""Checks one file: it must parse, then the schema, then every rule of the table."""

from collections.abc import Iterator
from dataclasses import dataclass

from devkit.declarations import Declarations
from devkit.lint.canvas import Canvas
from devkit.lint.finding import Finding, Problem, Severity, Strength
from devkit.lint.rules import RULES, Subject
from devkit.lint.schema_check import is_read_later, schema_problems
from devkit.lint.source import Source, SourceError, read_source


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
        found = {_finding(name, source, *each) for each in self._problems(source)}
        return sorted(found)

    def _problems(self, source: Source) -> Iterator[tuple[str, Severity, Problem]]:
        for problem in source.doubled_keys():
            yield "doubled-key", Severity.ERROR, problem
        for problem in schema_problems(source.document, self.strength):
            if self.strength is Strength.DIFY and is_read_later(source.document, problem.path):
                yield "node-data", Severity.WARNING, problem
            else:
                yield "schema", Severity.ERROR, problem
        subject = Subject(source.document, Canvas(source.document), self.declarations)
        for rule in RULES:
            severity = rule.severity(self.strength)
            if severity is not None and subject.canvas.has_graph:
                yield from ((rule.name, severity, problem) for problem in rule.check(subject))


def _finding(name: str, source: Source, rule: str, severity: Severity, problem: Problem) -> Finding:
    line, column = source.place(problem.path)
    return Finding(name, line, column, severity, rule, problem.what, problem.remedy)
