# SPDX-License-Identifier: Apache-2.0
"""The list of the rules in docs/linting.md, written from the rules themselves."""

from pathlib import Path

from devkit.lint.finding import Severity
from devkit.lint.rules import RULES, Rule

PAGE = Path(__file__).resolve().parents[2] / "docs" / "linting.md"
_BEGIN, _END = "<!-- rules: written by python -m devkit.lint -->", "<!-- end of the rules -->"
_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", None: "–"}


def with_rules(page: str) -> str:
    """The page with the list of rules as they are now. Raises ValueError for a page without the two marks."""
    before, _, rest = page.partition(_BEGIN)
    _, mark, after = rest.partition(_END)
    if not mark:
        raise ValueError(f"the page needs the lines {_BEGIN} and {_END}")
    return f"{before}{_BEGIN}\n{_table()}\n{_END}{after}"


def _table() -> str:
    rows = [_row(rule) for rule in sorted(RULES, key=lambda rule: rule.name)]
    return "\n".join(["| rule | any workflow | `--bundle` | what holds |", "|---|---|---|---|", *rows])


def _row(rule: Rule) -> str:
    said = " ".join((rule.check.__doc__ or "").split())
    return f"| `{rule.name}` | {_WORDS[rule.dify]} | {_WORDS[rule.bundle]} | {said} |"
