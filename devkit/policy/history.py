# SPDX-License-Identifier: Apache-2.0
"""Replays stored requests under another policy: who would have signed, and what that changes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from approvals.domain.checks import Comparison, with_findings
from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRecord, Finding, Route
from approvals.domain.routing import route
from devkit.policy.past import compared


class HistoryUnreadableError(Exception):
    """The file does not hold what `devkit export` writes or `find_approvals` answers; the message says where."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One stored request: the route that it had, if any, and the one that the policy would give it.

    `unchecked` is the route that it would have if no check found anything.
    """

    record: ApprovalRecord
    before: Route | None
    after: Route
    findings: Sequence[Finding]
    unchecked: Route

    @property
    def by_checks(self) -> bool:
        """True where the findings change who signs."""
        return self.after.stages != self.unchecked.stages

    @property
    def change(self) -> str:
        """`new`, `same`, `rule` (another rule, the same signatures), `stricter`, `laxer` or `other`."""
        if self.before is None:
            return "new"
        if self.before.stages == self.after.stages and self.before.auto_approve == self.after.auto_approve:
            return "same" if self.before.rule == self.after.rule else "rule"
        if self.before.strictness == self.after.strictness:
            return "other"
        return "stricter" if self.after.strictness > self.before.strictness else "laxer"


def read_history(path: Path) -> list[ApprovalRecord]:
    """The records in a file of `devkit export`, an answer of `find_approvals`, a list or lines of either, or a folder.

    Each request once, its newest version. Raises `HistoryUnreadableError`.
    """
    files = sorted(path.glob("*.json*")) if path.is_dir() else [path]
    newest: dict[str, ApprovalRecord] = {}
    for file in files:
        for record in _records(file):
            known = newest.get(record.request_id)
            if known is None or record.version > known.version:
                newest[record.request_id] = record
    if not newest:
        raise HistoryUnreadableError(
            f"{path}: no stored request in it; give what 'devkit export' wrote, or what find_approvals answered "
            "when it was given a request_id"
        )
    return sorted(newest.values(), key=lambda record: record.created_at)


def replayed(policy: Policy, records: Sequence[ApprovalRecord]) -> list[Replayed]:
    """Each request with the reading that it had, under `policy`, with all checks made anew as of when it came.

    It is compared with the requests that came before it and were not rejected, withdrawn or expired by then.
    """
    _, found = compared(policy, records)
    return [_replayed(policy, record, found[record.request_id]) for record in records]


def _replayed(policy: Policy, record: ApprovalRecord, others: Comparison) -> Replayed:
    read = record.analysis and record.analysis.model_copy(
        update={"findings": (), "combined": None, "budgets": ()}
    )
    checked = read and with_findings(policy, record.request, read, now=record.created_at, compared=others)
    return Replayed(
        record,
        record.route,
        route(policy, record.request, checked),
        checked.findings if checked else (),
        route(policy, record.request, read),
    )


def _records(file: Path) -> Iterator[ApprovalRecord]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise HistoryUnreadableError(f"{file}: {error}") from None
    for place, document in _documents(file, text):
        for found in _inside(document):
            try:
                yield ApprovalRecord.model_validate(found)
            except ValidationError as error:
                fault = error.errors(include_url=False)[0]
                path = ".".join(map(str, fault["loc"]))
                raise HistoryUnreadableError(
                    f"{place}: a record is damaged at {path}: {fault['msg']}"
                ) from None


def _documents(file: Path, text: str) -> Iterator[tuple[str, Any]]:
    """The JSON documents of a file: one, or one on each line."""
    try:
        yield str(file), json.loads(text)
    except ValueError as error:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if len(lines) < 2:  # noqa: PLR2004 - one line that is no JSON is no list of lines
            raise HistoryUnreadableError(f"{file}: not JSON: {error}") from None
        for number, line in lines:
            place = f"{file}, line {number}"
            try:
                document = json.loads(line)
            except ValueError as fault:
                raise HistoryUnreadableError(f"{place}: not JSON: {fault}") from None
            yield place, document


def _inside(document: Any) -> Iterator[dict[str, Any]]:
    """Every record in a document, whatever stands around it."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if {"request", "policy_digest", "state"} <= value.keys():
                yield value
            else:
                waiting += value.values()
        elif isinstance(value, list):
            waiting += value
