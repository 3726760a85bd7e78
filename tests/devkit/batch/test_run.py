# SPDX-License-Identifier: Apache-2.0
from typing import Any

from devkit.batch.run import named_both_ways


def row(request_id: str, *others: str, code: str = "possible_duplicate") -> dict[str, Any]:
    findings = [
        {"code": code, "severity": "medium", "message": f"the same as {one}", "other_request": one}
        for one in others
    ]
    return {
        "request_id": request_id,
        "auto_approve_eligible": not others,
        "reason": "rule 'small'",
        "findings": findings,
    }


def test_a_row_that_one_of_a_later_call_names_names_it_too_and_needs_a_person() -> None:
    first, between, second = named_both_ways([row("r-1"), row("r-2"), row("r-600", "r-1")])

    assert [(one["other_request"], one["message"]) for one in first["findings"]] == [
        ("r-600", "r-600: the same as r-1")
    ]
    assert not first["auto_approve_eligible"]
    assert "no auto-approval: r-600: the same as r-1" in first["reason"]
    assert (between, second) == (row("r-2"), row("r-600", "r-1"))


def test_rows_that_name_each_other_or_nobody_in_the_file_stay_as_they_are() -> None:
    rows = [row("r-1", "r-2"), row("r-2", "r-1"), row("r-3", "r-2"), row("r-4", "stored-before"), row("", "")]

    assert named_both_ways(rows) == rows
