# SPDX-License-Identifier: Apache-2.0
"""Findings: one per fault, with its place, its rule, and how to correct it."""

from dataclasses import asdict, dataclass
from enum import StrEnum

type Path = tuple[str | int, ...]


class Severity(StrEnum):
    """An error fails the run, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Strength(StrEnum):
    """How much is asked of a file."""

    DIFY = "dify"
    """An error is what Dify itself refuses on import or publishing, or what breaks without a message. What Dify
    reports during a run is a warning."""
    BUNDLE = "bundle"
    """For files that are shipped: most warnings are errors, and the file has to be what Dify exports."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule found: where in the document, what is wrong, and how to correct it."""

    path: Path
    what: str
    remedy: str


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A problem with its place in the text. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    severity: Severity
    rule: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}:{self.column}: {self.severity} {self.rule}: {self.what}; {self.remedy}"
        )

    def as_json(self) -> dict[str, str | int]:
        """The finding as plain data."""
        return asdict(self)
