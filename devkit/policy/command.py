# SPDX-License-Identifier: Apache-2.0
"""`devkit policy FILE`: checks a policy, warns, works its cases, and tries it on requests."""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from approvals.domain.checks import NOTHING_FOUND
from approvals.domain.policy_reader import PolicyDocument, faults_in, read_policy
from approvals.domain.policy_text import parse
from approvals.domain.routing import DEFAULT_RULE
from approvals.errors import ApprovalError
from devkit.bundle.edition import one_line
from devkit.policy import report
from devkit.policy.asked import read_asked
from devkit.policy.cases import cases_beside, read_cases, worked
from devkit.policy.forms import read_workflows
from devkit.policy.history import HistoryUnreadableError, read_history, replayed
from devkit.policy.past import compared
from devkit.policy.trying import tried
from devkit.policy.warnings import warnings

WORKFLOWS = Path(__file__).resolve().parents[2] / "workflows"
_WIDTH = 100  # where nothing says how wide the output may be


class Options(NamedTuple):
    """What to do besides checking. `against`: stored requests with which the tried one is compared.

    `cases`: a file of worked cases; None is the one beside the policy.
    """

    tries: str = ""
    history: Path | None = None
    against: Path | None = None
    cases: Path | None = None
    workflows: Path = WORKFLOWS
    one_line: bool = False
    strict: bool = False


class _FaultError(Exception):
    """What is wrong with the policy, or with what it should be tried on: each argument is one fault."""


def check_policy(file: Path, options: Options) -> int:
    """Print what there is to say of the policy in `file`.

    Gives the exit code: 1 for a fault in the policy, a case that does not hold, or input that cannot be read; with
    `strict` for a warning too; else 0.
    """
    console = _console(stderr=False)
    try:
        text = _text(file)
        document = _read(file, text)
        if options.one_line:
            print(one_line(document.document))
            return 0
        return _report(console, file, document, text, options)
    except (_FaultError, HistoryUnreadableError) as found:
        for fault in found.args:
            _console(stderr=True).print(Text.assemble(("fault: ", "red"), str(fault)))
        return 1


def _report(console: Console, file: Path, document: PolicyDocument, text: str, options: Options) -> int:
    policy = document.policy
    report.show_policy(console, str(file), document)
    warned = warnings(policy, read_workflows(options.workflows), datetime.now(UTC).date())
    report.show_warnings(console, warned, _lines(text, document))
    code = 1 if warned and options.strict else 0
    cases_file = options.cases or cases_beside(file)
    if cases_file is not None:
        try:
            cases = worked(policy, read_cases(_text(cases_file)))
        except (ValueError, ApprovalError) as fault:
            raise _FaultError(f"{cases_file}: {_said(fault)}") from None
        report.show_cases(console, str(cases_file), cases, policy)
        code = code if all(one.holds for one in cases) else 1
    if options.tries:
        try:
            asked = read_asked(options.tries)
            asked.require_budgets(policy)
        except (ValueError, ApprovalError) as fault:
            raise _FaultError(f"--try: {_said(fault)}") from None
        others = NOTHING_FOUND
        if options.against is not None:
            now, stored = datetime.now(UTC), read_history(options.against)
            others = compared(policy, stored)[0].add(asked.request(), now)
            report.show_compared(console, stored, now)
        report.show_tried(console, policy, asked, tried(policy, asked, others))
    if options.history is not None:
        report.show_replayed(console, replayed(policy, read_history(options.history)))
    return code


def _read(file: Path, text: str) -> PolicyDocument:
    try:
        return read_policy(text)
    except ApprovalError as error:
        raise _FaultError(*(f"{file}: {fault}" for fault in faults_in(text) or [error.message])) from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _FaultError(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    except OSError as error:
        raise _FaultError(f"{file}: {error.strerror or error}") from None


def _said(fault: ValueError | ApprovalError) -> str:
    """The message; what is wrong with a text is said of any text in the words that are used for a policy."""
    return str(fault) if isinstance(fault, ValueError) else fault.message.removeprefix("the policy is ")


def _lines(text: str, document: PolicyDocument) -> Mapping[str, int]:
    """The line of each rule by its name, and of the default; empty for JSON."""
    written = parse(text).written
    lines = {
        rule.name: written[path].line
        for position, rule in enumerate(document.policy.rules)
        if (path := ("rules", position)) in written
    }
    return {**lines, **({DEFAULT_RULE: written["default",].line} if ("default",) in written else {})}


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _WIDTH
    return Console(width=width, highlight=False, stderr=stderr, soft_wrap=False)
