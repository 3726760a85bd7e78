# SPDX-License-Identifier: Apache-2.0
"""`devkit policy`, as it is called."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from approvals.domain.policy_reader import read_policy
from approvals.domain.records import ApprovalRecord
from devkit.__main__ import app
from tests.approvals.domain.worlds import DEFAULT, SUBMIT, after, analysis, record, request

ROOT = Path(__file__).parents[3]
GOOD = """\
version: 1
rules:
  - name: small
    when: {amount: {to: 500}, risk: [low]}
    then: {auto_approve: true}
  - name: rest
    when: {amount: {above: 500}}
    then: {stages: [{level: vp, signatures: 2}]}
"""


def run(*arguments: object, columns: int = 60) -> Result:
    """The command, compared with no form unless a test names the folder of some."""
    given = [*map(str, arguments)]
    forms = [] if "--workflows" in given else ["--workflows", str(ROOT / "policies")]
    return CliRunner().invoke(app, ["policy", *given, *forms], env={"COLUMNS": str(columns)})


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.yaml"
    file.write_text(GOOD, encoding="utf-8")
    return file


@pytest.mark.parametrize("file", sorted((ROOT / "policies").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_policies_to_start_from_have_no_fault_and_fit_into_60_columns(file: Path) -> None:
    result = run(file, "--workflows", ROOT / "workflows")

    assert result.exit_code == 0, result.output
    # Where the lines break depends on how long the path of the clone is.
    words = " ".join(result.output.split())
    assert "no faults" in words
    assert "No case" not in words
    assert "✗" not in words
    assert max(map(len, result.output.splitlines())) <= 60


def test_a_fault_is_told_with_its_file_line_rule_and_what_is_allowed(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(GOOD.replace("risk: [low]", "risk: [tiny]"), encoding="utf-8")

    result = run(file, columns=1000)

    assert result.exit_code == 1
    assert f"fault: {file}: rules[0].when.risk[0]: found 'tiny'; allowed: 'low'" in result.stderr
    assert "(line 4, rule 'small')" in result.stderr


def test_every_fault_stands_in_a_line_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(
        "version: 1\nrules:\n" + "".join(f"  - {{name: r{n}, then: {{stages: [boss]}}}}\n" for n in range(8))
    )

    result = run(file, columns=1000)

    told = result.stderr.splitlines()
    assert [f"rules[{n}].then.stages[0]: found 'boss'" in line for n, line in enumerate(told)] == [True] * 8
    assert all(line.startswith(f"fault: {file}: ") for line in told)


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    if content:
        (tmp_path / "x").write_bytes(content)

    result = run(tmp_path / "x", columns=1000)

    assert result.exit_code == 1
    assert ("save the file as UTF-8" if content else "No such file") in result.stderr


def test_a_warning_names_the_line_and_the_rule_and_counts_only_when_strict(tmp_path: Path) -> None:
    file = tmp_path / "never.yaml"
    file.write_text(
        f"{GOOD}  - name: never\n    when: {{amount: {{from: 600}}}}\n    then: {{stages: [vp]}}\n"
    )

    result = run(file, columns=1000)

    assert "warning: line 9, rule 'never': it can never match: 'rest' takes every request" in result.stdout
    assert (result.exit_code, run(file, "--strict").exit_code) == (0, 1)


def test_one_line_is_the_same_policy_and_nothing_else(good: Path) -> None:
    result = run(good, "--one-line")

    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1
    assert read_policy(result.stdout) == read_policy(GOOD)


def test_a_case_that_does_not_hold_is_a_fault_that_says_what_the_policy_says(
    good: Path, tmp_path: Path
) -> None:
    cases = tmp_path / "cases.yaml"
    cases.write_text("- {what: A car, amount: 900, rule: small}\n- {what: A pen, amount: 9, rule: small}\n")

    result = run(good, "--cases", cases, columns=1000)

    assert result.exit_code == 1
    assert (
        "case 'A car': expected rule 'small' and auto-approval; the policy says 'rest' and vp x2"
        in result.stdout
    )
    assert "1 of 2 cases hold" in result.stdout
    assert "No case for 'rest'" in result.stdout


def test_cases_beside_the_policy_are_found(good: Path) -> None:
    (good.parent / "cases").mkdir()
    (good.parent / "cases" / good.name).write_text("- {what: A pen, amount: 9, rule: small}")

    assert "1 of 1 cases hold" in run(good).stdout


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ("- {what: a, rul: b}", "[0].rul: unknown key; did you mean 'rule'?"),
        ("- {what: a, rule: b, amount: '1.000'}", "[0].amount: found '1.000'; has two readings"),
        ("{what: a}", "allowed: a list"),
        ("- {what: a, rule: b, amount: 0500}", "0500 is not what it looks like"),
    ],
)
def test_bad_cases_are_told_with_their_place(good: Path, tmp_path: Path, cases: str, said: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(cases)

    result = run(good, "--cases", file, columns=1000)

    assert result.exit_code == 1
    assert said in result.stderr


def test_a_request_is_tried_at_every_risk_with_what_kept_each_rule_out(good: Path) -> None:
    result = run(good, "--try", '{"amount": 400, "content": "Two of 300 USD, in total 600 USD"}', columns=200)

    shown = " ".join(result.stdout.split())
    assert "amount: 400 USD" in shown
    assert "At risk high: small: no: risk is not low rest: no: amount is not above 500 default: yes" in shown
    assert "a check finds: the text names" in shown
    assert "auto-approval is forbidden" in shown


def test_where_a_lower_risk_needs_more_it_is_said(tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(
        "version: 1\nrules:\n  - {name: risky, when: {risk: [high]}, then: {stages: [manager]}}\n"
        "default: {stages: [vp]}\n"
    )

    shown = " ".join(run(file, "--try", '{"risk": "high"}', columns=200).stdout.split())

    assert (
        "risky: no: a stricter rule stands default: yes, no rule fits at risk medium, and that needs more"
        in shown
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ('{"amuont": 1}', "did you mean 'amount'"),
        ('{"amount": "1.000"}', "two readings"),
        ("amount", "allowed: a table with content"),
        ("{", "--try: not YAML or JSON"),
    ],
)
def test_a_request_that_cannot_be_read_is_told(good: Path, given: str, said: str) -> None:
    result = run(good, "--try", given, columns=1000)

    assert result.exit_code == 1
    assert said in result.stderr


def stored(request_id: str, amount: int) -> ApprovalRecord:
    asked = request(request_id=request_id, amount=Decimal(amount))
    return after(record(request=asked, analysis=analysis()), SUBMIT)


@pytest.mark.parametrize("form", ["one", "lines", "list", "answer", "folder"])
def test_stored_requests_are_replayed(good: Path, tmp_path: Path, form: str) -> None:
    records = [
        json.loads(stored(*one).model_dump_json()) for one in (("r-1", 300), ("r-2", 3000), ("r-3", 60_000))
    ]
    kept = tmp_path / "kept"
    match form:
        case "folder":
            kept.mkdir()
            for one in records:
                (kept / f"{one['request']['request_id']}.json").write_text(json.dumps(one, indent=2))
        case "lines":
            kept.write_text("\n".join(map(json.dumps, records)))
        case "answer":
            kept.write_text(json.dumps({"approvals": [{"record": one, "refusals": []} for one in records]}))
        case "one":
            kept.write_text(json.dumps(records[1], indent=2))
        case _:
            kept.write_text(json.dumps(records))

    shown = " ".join(run(good, "--history", kept, columns=200).stdout.split())

    assert "r-2 team-budget: manager rest: vp x2 stricter" in shown
    if form != "one":
        assert "3 stored requests" in shown
        assert "1 another rule, the same signatures" in shown
        assert "signatures: 3 before, 4 now" in shown


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not JSON"),
        ("{}\n{", "line 2: not JSON"),
        ("[]", "no stored request"),
        ('{"request": 1, "policy_digest": "", "state": "pending"}', "a record is damaged at request"),
    ],
)
def test_a_history_that_cannot_be_read_is_told(good: Path, tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "h.json"
    file.write_text(content)

    result = run(good, "--history", file, columns=1000)

    assert result.exit_code == 1
    assert said in result.stderr


def test_a_policy_in_use_replayed_on_itself_changes_nothing(tmp_path: Path) -> None:
    assert DEFAULT.digest
    kept = tmp_path / "one.json"
    kept.write_text(stored("r-1", 3000).model_dump_json())

    shown = run(ROOT / "policies" / "default.yaml", "--history", kept, columns=200).stdout

    assert "1  as before" in shown
