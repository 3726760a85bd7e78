# SPDX-License-Identifier: Apache-2.0
"""Prints findings: lines as a compiler prints them, or JSON for another program."""

import json
from collections.abc import Sequence
from enum import StrEnum

from devkit.lint.finding import Finding, Severity


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"


def printed(findings: Sequence[Finding], files: int, form: Format) -> str:
    """The whole report. The text ends with a line that counts."""
    if form is Format.JSON:
        return _printable(
            json.dumps([finding.as_json() for finding in findings], ensure_ascii=False, indent=1)
        )
    return _printable("\n".join([*map(str, findings), _summary(findings, files)]))


def _printable(text: str) -> str:
    """Half a surrogate pair, which a file can hold in an escape, cannot be written as UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _summary(findings: Sequence[Finding], files: int) -> str:
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    warnings = len(findings) - errors
    return f"{_counted(files, 'file')}: {_counted(errors, 'error')}, {_counted(warnings, 'warning')}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
