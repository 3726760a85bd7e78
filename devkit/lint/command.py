# SPDX-License-Identifier: Apache-2.0
"""The command `lint`: checks files, prints a report, returns an exit code."""

from collections.abc import Sequence
from pathlib import Path

from devkit.declarations import read_declarations
from devkit.lint.finding import Finding, Severity, Strength
from devkit.lint.linter import Linter
from devkit.lint.report import Format, printed

ROOT = Path(__file__).resolve().parents[2]


def lint_files(files: Sequence[Path], strength: Strength, form: Format, plugin_folder: Path = ROOT) -> int:
    """Print what is wrong with the files. Returns 1 when anything is an error, else 0."""
    linter = Linter(strength, read_declarations(plugin_folder))
    findings = [finding for path in files for finding in _lint(linter, path)]
    print(printed(findings, len(files), form))
    return 1 if any(finding.severity is Severity.ERROR for finding in findings) else 0


def _lint(linter: Linter, path: Path) -> list[Finding]:
    try:
        return linter.lint(str(path), path.read_bytes())
    except OSError as error:
        remedy = "name a file that can be read"
        return [Finding(str(path), 1, 1, Severity.ERROR, "file", error.strerror or "cannot be read", remedy)]
