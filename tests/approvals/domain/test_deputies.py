# SPDX-License-Identifier: Apache-2.0
"""Whoever is deputy of somebody acts for them within the dates, and counts as both."""

from datetime import UTC, datetime
from typing import Any

import pytest

from approvals.domain import ledger
from approvals.domain.approvers import approvers_of
from approvals.domain.brief import brief_of
from approvals.domain.decisions import Decision
from approvals.domain.policy_reader import PolicyDocument, read_policy
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Event, Language, Level, State
from approvals.errors import ApprovalError, ErrorCode
from tests.approvals.domain.worlds import (
    SUBMIT,
    after,
    approve,
    carried_out,
    people,
    record,
    refusal,
    request,
    stages_policy,
)

EVERYBODY = people("Ann", "Bea", "Dan", "Vic", "Eve")
AWAY = {"of": "dan@example.com", "is": "Bo Lee <bo@example.com>", "from": "2026-03-01", "until": "2026-03-05"}


def policy(*stages: Any, deputies: Any = (AWAY,), **changes: Any) -> PolicyDocument:
    return stages_policy(*stages, people=EVERYBODY, deputies=list(deputies), **changes)


def at_director(requester: str = "Zoe", **changes: Any) -> ApprovalRecord:
    """A request that waits for a director while Dan, who is one, is away."""
    return after(record(policy("director", **changes), request=request(requester=requester)), SUBMIT)


def test_a_deputy_signs_for_the_person_who_is_away_and_the_ledger_says_so() -> None:
    signed = after(at_director(), approve("bo@example.com"))

    entry = signed.ledger[-1]
    assert (entry.actor, entry.acting_for, entry.level) == ("bo@example.com", "Dan", "director")
    assert signed.history[-1].answer.reason == "approved by bo@example.com for Dan as director"
    assert ledger.record_faults(signed) == []
    changed = entry.model_copy(update={"acting_for": "Vic"})
    assert ledger.entry_hash(changed) != entry.hash


def test_a_deputy_acts_on_the_days_of_the_policy_alone() -> None:
    start = at_director()
    for day in (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 5, 23, 59, tzinfo=UTC)):
        assert carried_out(start, approve("bo@example.com"), day).state is State.APPROVED
    for day in (datetime(2026, 2, 28, 23, 59, tzinfo=UTC), datetime(2026, 3, 6, tzinfo=UTC)):
        with pytest.raises(ApprovalError, match="not_authorized"):
            carried_out(start, approve("bo@example.com"), day)


def test_somebody_who_may_sign_does_so_in_their_own_right() -> None:
    own = after(at_director(deputies=[{**AWAY, "is": "Vic"}]), approve("Vic"))

    assert (own.ledger[-1].acting_for, own.ledger[-1].level) == ("", "vp")


def test_a_deputy_gets_no_higher_than_the_person_who_is_away() -> None:
    start = after(record(policy("vp"), request=request(requester="Zoe")), SUBMIT)

    assert refusal(start, approve("bo@example.com")).code is ErrorCode.NOT_AUTHORIZED


@pytest.mark.parametrize("requester", ["Dan", "dan@example.com", "Bo Lee", "bo@example.com"])
def test_separation_of_duties_holds_for_the_deputy_and_for_who_is_away(requester: str) -> None:
    refused = refusal(at_director(requester), approve("Bo Lee <bo@example.com>"))

    assert refused.code is ErrorCode.NOT_AUTHORIZED
    assert "separation of duties" in refused.message


def test_a_signature_for_somebody_is_theirs_and_the_deputys() -> None:
    both = [*EVERYBODY, {"name": "Bo Lee", "email": "bo@example.com", "levels": ["vp"]}]
    start = record(
        stages_policy("manager", "director", "vp", people=both, deputies=[{**AWAY, "of": "Bea"}]),
        request=request(requester="Zoe"),
    )
    for_bea = after(start, SUBMIT, approve("Bo Lee"))
    assert for_bea.ledger[-1].acting_for == ""  # a vp signs in their own right
    assert refusal(for_bea, approve("Bo Lee")).code is ErrorCode.NOT_AUTHORIZED

    twice = policy({"level": "director", "signatures": 2}, distinct_approvers=False)
    once = after(record(twice, request=request(requester="Zoe")), SUBMIT, approve("bo@example.com"))
    for name in ("Dan", "bo@example.com"):
        assert "signed for level 'director' already" in refusal(once, approve(name)).message


def test_a_deputy_of_the_requester_answers_for_them_and_may_then_not_decide() -> None:
    rules = policy("manager", deputies=[{**AWAY, "of": "Ann", "is": "Bea"}])
    asked = after(record(rules, request=request(requester="Ann")), SUBMIT, Decision(Event.RETURN, "Dan"))
    answered = after(asked, Decision(Event.RESUBMIT, "Bea"))

    assert (answered.ledger[-1].actor, answered.ledger[-1].acting_for) == ("Bea", "Ann")
    assert "separation of duties" in refusal(answered, approve("Bea")).message
    assert after(asked, Decision(Event.WITHDRAW, "Bea")).ledger[-1].acting_for == "Ann"
    assert refusal(asked, Decision(Event.RESUBMIT, "Vic")).code is ErrorCode.NOT_AUTHORIZED


def test_the_deputy_is_written_to_before_who_is_away() -> None:
    start = at_director()
    rules = policy("director").policy

    assert approvers_of(start, rules).emails == ("bea@example.com", "bo@example.com", "dan@example.com")
    later = datetime(2026, 3, 6, tzinfo=UTC)
    assert approvers_of(start, rules, later).emails == ("bea@example.com", "dan@example.com")


def test_the_brief_says_for_whom_a_deputy_signed() -> None:
    rules = policy("director", "vp")
    signed = after(record(rules, request=request(requester="Zoe")), SUBMIT, approve("bo@example.com"))

    assert "**bo@example.com** for **Dan** approved" in brief_of(signed, rules.policy, Language.ENGLISH)


HEAD = """version: 1
people:
  - {name: Ann, email: ann@example.com, levels: [manager]}
  - {name: Bea, email: bea@example.com, levels: [manager]}
  - {name: Dan, email: dan@example.com, levels: [director]}
deputies:
"""


@pytest.mark.parametrize(
    ("deputies", "path", "said"),
    [
        ("{of: Ann, is: ann@example.com, from: 2026-01-01, until: 2026-01-02}", "[0].is", "own deputy"),
        ("{of: Zoe, is: Bo, from: 2026-01-01, until: 2026-01-02}", "[0].of", "list nobody"),
        ("{of: Ann, is: Bo, from: 2026-01-03, until: 2026-01-02}", "[0]", "never begin"),
        ("{of: Ann, is: Bo, from: 2026-02-30, until: 2026-03-02}", "[0].from", "2026-12-24, year first"),
        ("{of: Ann, is: Bo, from: 20260101, until: 2026-03-02}", "[0].from", "2026-12-24, year first"),
        ("{of: Ann, is: Bo, from: 2026-01-01}", "[0].until", "required"),
        ("{of: Ann, is: Bo, from: 2026-01-01, to: 2026-01-02}", "[0].to", "of, is, from, until"),
    ],
)
def test_a_deputy_that_cannot_be_is_refused_with_line_and_path(deputies: str, path: str, said: str) -> None:
    with pytest.raises(ApprovalError) as caught:
        read_policy(f"{HEAD}  - {deputies}\n")

    assert f"deputies{path}: " in caught.value.message
    assert said in caught.value.message
    assert "line 7" in caught.value.message


def deputy(of: str, stands_in: str, first: str, last: str) -> str:
    return f"  - {{of: {of}, is: {stands_in}, from: {first}, until: {last}}}\n"


def test_dates_that_overlap_are_refused() -> None:
    twice = deputy("Ann", "Bea", "2026-01-01", "2026-01-10") + deputy(
        "ann@example.com", "Bo", "2026-01-10", "2026-01-12"
    )
    apart = deputy("Ann", "Bea", "2026-01-01", "2026-01-09") + deputy("Ann", "Bo", "2026-01-10", "2026-01-12")

    with pytest.raises(ApprovalError, match=r"deputies\[1\]: .*'Bea'.*deputies\[0\].*one at a time.*line 8"):
        read_policy(HEAD + twice)
    assert len(read_policy(HEAD + apart).policy.deputies) == 2


def test_a_circle_of_deputies_is_refused_where_they_are_away_at_once() -> None:
    circle = [("Ann", "bea@example.com"), ("Bea", "Dan"), ("Dan", "Ann")]
    at_once = "".join(
        deputy(of, stands_in, f"2026-01-0{day}", "2026-01-20")
        for day, (of, stands_in) in enumerate(circle, 1)
    )
    in_turn = "".join(
        deputy(of, stands_in, f"2026-01-{day}1", f"2026-01-{day}9")
        for day, (of, stands_in) in enumerate(circle)
    )

    with pytest.raises(ApprovalError, match=r"deputies\[2\]: .*on 2026-01-03 each of 'Dan', 'Ann', 'Bea'"):
        read_policy(HEAD + at_once)
    assert len(read_policy(HEAD + in_turn).policy.deputies) == 3


def test_deputies_need_people() -> None:
    with pytest.raises(ApprovalError, match=r"deputies: .*'people' \(line 2\)"):
        read_policy("version: 1\ndeputies: [{of: Ann, is: Bo, from: 2026-01-01, until: 2026-01-02}]\n")


def test_a_deputy_may_sign_at_every_level_that_the_person_holds() -> None:
    start = after(
        record(policy("manager", deputies=[{**AWAY, "of": "Bea"}]), request=request(requester="Zoe")), SUBMIT
    )

    assert after(start, approve("bo@example.com")).ledger[-1].level == Level.MANAGER
