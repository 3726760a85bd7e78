# SPDX-License-Identifier: Apache-2.0
"""Prints what was found out about a policy. Readable at 60 columns; what people wrote is printed as it is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from approvals.domain.policy import Policy
from approvals.domain.policy_reader import PolicyDocument
from approvals.domain.records import ApprovalRecord, Route
from approvals.domain.routing import DEFAULT_RULE
from devkit.policy.asked import Asked
from devkit.policy.cases import Worked
from devkit.policy.history import Replayed
from devkit.policy.trying import Tried, facts_in_words
from devkit.policy.warnings import Warned

_CHANGES: Final[Mapping[str, str]] = {
    "same": "as before",
    "rule": "another rule, the same signatures",
    "stricter": "more or higher signatures",
    "laxer": "fewer or lower signatures",
    "other": "other signatures, as many and as high",
    "new": "not submitted before",
}
_SHOWN_CHANGES: Final = 50


def show_policy(console: Console, name: str, document: PolicyDocument) -> None:
    """One line for the policy as a whole."""
    policy = document.policy
    rules = f"{len(policy.rules)} rule{'' if len(policy.rules) == 1 else 's'}"
    people = f", {len(policy.people)} people" if policy.people else ""
    budgets = len(policy.budgets)
    covered = f", {budgets} budget{'' if budgets == 1 else 's'}" if budgets else ""
    console.print(Text(f"{name}: no faults. {rules}{people}{covered}, amounts in {policy.currency}."))
    console.print(Text(f"Digest {document.digest[:16]}…", style="dim"))


def show_warnings(console: Console, warned: Sequence[Warned], lines: Mapping[str, int]) -> None:
    """Each warning with the line and name of its rule."""
    for one in warned:
        place = [f"line {lines[one.rule]}"] if one.rule in lines else []
        place += [f"rule {one.rule!r}"] if one.rule and one.rule != DEFAULT_RULE else []
        place += ["default"] if one.rule == DEFAULT_RULE else []
        where = f"{', '.join(place)}: " if place else ""
        console.print(Text.assemble(("warning: ", "yellow"), where, one.said, "."))


def show_cases(console: Console, name: str, cases: Sequence[Worked], policy: Policy) -> None:
    """The worked cases as a table, and what is wrong with those that do not hold."""
    table = _table("", "case", "rule", "who signs")
    for one in cases:
        mark = Text("✓", "green") if one.holds else Text("✗", "red")
        table.add_row(mark, Text(one.case.what), Text(one.route.rule), Text(signers(one.route)))
    console.print(table)
    for one in cases:
        if not one.holds:
            stages = ", ".join(
                f"{stage.level} x{stage.signatures}" if stage.signatures > 1 else stage.level.value
                for stage in one.case.stages
            )
            console.print(
                Text.assemble(
                    ("fault: ", "red"),
                    f"case {one.case.what!r}: expected rule {one.case.rule!r} and {stages or 'auto-approval'}; "
                    f"the policy says {one.route.rule!r} and {signers(one.route)} ({'; '.join(one.route.reasons)}).",
                )
            )
    holding = sum(one.holds for one in cases)
    console.print(Text(f"{name}: {holding} of {len(cases)} cases hold."))
    decided = {one.case.rule for one in cases}
    without = [rule.name for rule in policy.rules if rule.name not in decided]
    if without:
        console.print(Text(f"No case for {', '.join(map(repr, without))}.", style="dim"))


def show_tried(console: Console, policy: Policy, asked: Asked, found: Sequence[Tried]) -> None:
    """What becomes of a request at each risk, and why."""
    console.print(Text("The rules see:"))
    for key, value in facts_in_words(policy, asked):
        console.print(Text(f"  {key}: {value}"))
    table = _table("risk", "rule", "who signs", "hours")
    for one in found:
        hours = f"{one.route.deadline_hours.normalize():f}" if one.route.stages else ""
        table.add_row(one.risk.value, Text(one.route.rule), Text(signers(one.route)), hours)
    console.print(table)
    for one in found:
        lower = "" if one.decided_at is one.risk else f" at risk {one.decided_at}, and that needs more"
        console.print(Text(f"At risk {one.risk}:", style="bold"))
        for reason in one.reasons:
            why = f"no: {', '.join(reason.failed)}" if reason.failed else f"yes, it decides{lower}"
            console.print(Text(f"  {reason.rule}: {why}"))
        if one.route.rule == DEFAULT_RULE:
            console.print(Text(f"  default: yes, no rule fits{lower}"))
        for added in one.added:
            console.print(Text(f"  and: {added}"))


def show_replayed(console: Console, found: Sequence[Replayed]) -> None:
    """How many stored requests the policy changes, and each of them."""
    counts = Counter(one.change for one in found)
    console.print(Text(f"{len(found)} stored requests under this policy:"))
    for change, meaning in _CHANGES.items():
        if counts[change]:
            console.print(Text(f"  {counts[change]:>6,}  {meaning}"))
    signed_before = sum(len(one.before.stages) for one in found if one.before)
    signed_after = sum(len(one.after.stages) for one in found if one.before)
    console.print(Text(f"  signatures: {signed_before:,} before, {signed_after:,} now"))
    changed = [one for one in found if one.change not in {"same", "new"}]
    table = _table("request", "before", "now", "change")
    for one in changed[:_SHOWN_CHANGES]:
        before = f"{one.before.rule}: {signers(one.before)}" if one.before else ""
        table.add_row(
            Text(one.record.request_id),
            Text(before),
            Text(f"{one.after.rule}: {signers(one.after)}"),
            one.change,
        )
    if changed:
        console.print(table)
    _show_rest(console, changed)
    _show_findings(console, found)


def show_compared(console: Console, stored: Sequence[ApprovalRecord], now: datetime) -> None:
    """With which requests the tried one was compared."""
    counted = f"{len(stored):,} stored request{'' if len(stored) == 1 else 's'}"
    console.print(Text(f"Compared with {counted}, as if it came now ({now:%Y-%m-%d})."))


def _show_findings(console: Console, found: Sequence[Replayed]) -> None:
    """What the checks find, and whose signatures that changes."""
    counts = Counter(finding.code for one in found for finding in one.findings)
    if not counts:
        console.print(Text("  the checks find nothing"))
        return
    changed = [one for one in found if one.by_checks]
    flagged = sum(bool(one.findings) for one in found)
    console.print(
        Text(f"  the checks find something in {flagged:,}, and change who signs for {len(changed):,}:")
    )
    for code, count in counts.most_common():
        console.print(Text(f"  {count:>6,}  {code}"))
    table = _table("request", "without checks", "with checks", "because")
    for one in changed[:_SHOWN_CHANGES]:
        because = "; ".join(f"{finding.code}: {finding.message}" for finding in one.findings)
        table.add_row(
            Text(one.record.request_id), Text(signers(one.unchecked)), Text(signers(one.after)), Text(because)
        )
    if changed:
        console.print(table)
    _show_rest(console, changed)


def _show_rest(console: Console, rows: Sequence[Replayed]) -> None:
    if len(rows) > _SHOWN_CHANGES:
        console.print(Text(f"and {len(rows) - _SHOWN_CHANGES:,} more", style="dim"))


def signers(route: Route) -> str:
    """Who signs, as in `manager, vp x2`."""
    if not route.stages:
        return "auto-approved"
    counted = [(level, len(list(group))) for level, group in groupby(route.stages)]
    return ", ".join(level.value if count == 1 else f"{level} x{count}" for level, count in counted)


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
