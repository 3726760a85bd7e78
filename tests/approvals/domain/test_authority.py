# SPDX-License-Identifier: Apache-2.0
"""Who may do what: by the policy's people where it lists any, else by what is typed, compared as a reader sees it."""

import pytest

from approvals.domain.decisions import Decision
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Event, Level, State
from approvals.errors import ErrorCode
from tests.approvals.domain.worlds import (
    SUBMIT,
    after,
    approve,
    people,
    record,
    refusal,
    request,
    stages_policy,
)

EVERYBODY = people("Ann", "Bea", "Dan", "Vic", "Eve")
DECIDING = [Event.APPROVE, Event.REJECT, Event.ESCALATE]


def typed(*stages: str, requester: str = "Ann", **policy: object) -> ApprovalRecord:
    """A submitted request under a policy without people."""
    return after(record(stages_policy(*stages, **policy), request=request(requester=requester)), SUBMIT)


def listed(*stages: str, requester: str = "Ann", **policy: object) -> ApprovalRecord:
    """A submitted request under a policy that lists everybody."""
    return typed(*stages, requester=requester, people=EVERYBODY, **policy)


REQUESTERS = [  # the requester, and what the same person types to decide
    *(("Ann", name) for name in ("Ann", "ann", "  ANN ", "\uff21nn", "ann.", "\u0430nn", "An\u200bn")),
    ("ann@corp.com", "ann@corp.com\u200b"),
    ("ann@corp.com", "ann\u00ad@corp.com"),
    ("ann", "ann\u2060"),
    ("ann@corp.com", "mailto:ann@corp.com"),
    ("ann@corp.com", "Ann Lee <ann+x@corp.com>"),
    ("Ann", "ann@example.com"),
]


@pytest.mark.parametrize(("requester", "actor"), REQUESTERS, ids=ascii)
@pytest.mark.parametrize("event", DECIDING)
def test_the_requester_never_decides_however_the_name_is_typed(
    requester: str, actor: str, event: Event
) -> None:
    refused = refusal(typed("manager", requester=requester), Decision(event, actor, Level.MANAGER))

    assert refused.code is ErrorCode.NOT_AUTHORIZED
    assert "separation of duties" in refused.message


@pytest.mark.parametrize(("first", "second"), REQUESTERS, ids=ascii)
def test_nobody_signs_twice_however_the_name_is_typed(first: str, second: str) -> None:
    signed = after(typed("manager", "director", requester="Zoe"), approve(first, Level.MANAGER))
    refused = refusal(signed, approve(second, Level.DIRECTOR))

    assert refused.code is ErrorCode.NOT_AUTHORIZED
    assert "distinct approvers" in refused.message


def test_the_requester_may_decide_where_the_policy_allows_it() -> None:
    start = typed("manager", separation_of_duties=False)

    assert after(start, approve("Ann", Level.MANAGER)).state is State.APPROVED


def test_nobody_signs_two_stages_unless_the_policy_allows_it() -> None:
    lax = after(typed("manager", "director", distinct_approvers=False), approve("Bea", Level.MANAGER))

    assert after(lax, approve("Bea", Level.DIRECTOR)).state is State.APPROVED


@pytest.mark.parametrize("event", DECIDING)
def test_a_level_below_the_stage_may_not_decide(event: Event) -> None:
    refused = refusal(typed("director"), Decision(event, "Bea", Level.MANAGER))

    assert refused.code is ErrorCode.NOT_AUTHORIZED
    assert "this stage needs 'director' or higher" in refused.message


def test_a_level_above_the_stage_may_sign() -> None:
    assert after(typed("director"), approve("Vic", Level.VP)).state is State.APPROVED


@pytest.mark.parametrize("event", DECIDING)
@pytest.mark.parametrize(
    ("actor", "level"), [("", Level.MANAGER), ("\u200b", Level.MANAGER), ("-", Level.MANAGER), ("Bea", None)]
)
def test_a_decision_needs_a_name_and_a_level(event: Event, actor: str, level: Level | None) -> None:
    assert refusal(typed("manager"), Decision(event, actor, level)).code is ErrorCode.BAD_PARAMETER


@pytest.mark.parametrize("actor", ["system", "System.", "s\u0443stem", "unnamed"])
def test_nobody_signs_as_the_system(actor: str) -> None:
    refused = refusal(typed("manager"), approve(actor, Level.EXECUTIVE))

    assert refused.code is ErrorCode.BAD_PARAMETER
    assert "what no person does" in refused.message


# --- with people in the policy ---


@pytest.mark.parametrize("spelling", ["Bea", "BEA@example.com", "mailto:bea@example.com", "B\u0435a", "bea."])
def test_a_name_an_address_or_an_alias_stands_for_one_person(spelling: str) -> None:
    signed = after(listed("director"), approve(spelling))

    assert signed.state is State.APPROVED
    assert signed.history[-1].answer.reason == "approved by Bea as director"
    assert (signed.ledger[-1].actor, signed.ledger[-1].level) == (spelling, "director")


def test_the_level_is_the_policys_and_not_the_callers() -> None:
    refused = refusal(listed("vp"), approve("Bea", Level.EXECUTIVE))

    assert refused.code is ErrorCode.NOT_AUTHORIZED
    assert "gives 'Bea' level 'director', and this stage needs 'vp'" in refused.message
    assert "may decide: Vic, Eve" in refused.message


def test_the_lowest_level_that_may_sign_is_what_the_ledger_says() -> None:
    assert after(listed("manager"), approve("Bea", Level.DIRECTOR)).ledger[-1].level == "manager"
    assert after(listed("manager"), approve("Vic")).ledger[-1].level == "vp"


@pytest.mark.parametrize("event", DECIDING)
def test_whoever_is_not_listed_cannot_decide_and_hears_who_can(event: Event) -> None:
    refused = refusal(listed("director"), Decision(event, "Mallory", Level.EXECUTIVE))

    assert refused.code is ErrorCode.NOT_AUTHORIZED
    assert refused.message.startswith(f"'Mallory' may not {event} this request")
    assert "at level 'director' may decide: Bea, Dan, Vic, Eve" in refused.message


def test_where_nobody_can_decide_the_refusal_says_so() -> None:
    alone = typed("executive", people=people("Bea"))

    assert "nobody whom the policy lists may decide" in refusal(alone, approve("Bea")).message


def test_two_names_of_one_person_are_one_signature() -> None:
    signed = after(listed("manager", "director", requester="Zoe"), approve("Bea"))

    assert refusal(signed, approve("bea@example.com")).code is ErrorCode.NOT_AUTHORIZED


@pytest.mark.parametrize("requester", ["Bea", "bea@example.com", "Bea Lee <bea@example.com>", "b\u0435a"])
@pytest.mark.parametrize("actor", ["Bea", "bea@example.com"])
def test_the_requester_is_known_by_every_name_that_the_policy_lists(requester: str, actor: str) -> None:
    assert refusal(listed("manager", requester=requester), approve(actor)).code is ErrorCode.NOT_AUTHORIZED


def test_two_listed_persons_are_two_however_alike_they_are_called() -> None:
    namesakes = [
        {"name": "Ann Lee", "email": "ann@example.com", "levels": ["manager"]},
        {"name": "Ann", "email": "ann@sales.example.com", "levels": ["manager"]},
    ]
    start = typed("manager", requester="ann@sales.example.com", people=namesakes)

    assert after(start, approve("ann@example.com")).state is State.APPROVED


# --- withdraw and submit ---


def test_a_request_is_withdrawn_by_its_requester() -> None:
    for start in (typed("vp"), listed("vp"), record(stages_policy("vp"))):
        assert after(start, Decision(Event.WITHDRAW, "  ann.")).state is State.WITHDRAWN


def test_a_request_is_withdrawn_by_somebody_who_may_sign_it() -> None:
    assert after(listed("vp"), Decision(Event.WITHDRAW, "Vic")).state is State.WITHDRAWN
    assert after(typed("vp"), Decision(Event.WITHDRAW, "Vic", Level.VP)).state is State.WITHDRAWN


@pytest.mark.parametrize(
    ("actor", "level", "code"),
    [
        ("", None, ErrorCode.BAD_PARAMETER),
        ("Mallory", None, ErrorCode.NOT_AUTHORIZED),
        ("Mallory", Level.EXECUTIVE, ErrorCode.NOT_AUTHORIZED),
        ("Bea", None, ErrorCode.NOT_AUTHORIZED),
    ],
)
def test_nobody_else_withdraws_it(actor: str, level: Level | None, code: ErrorCode) -> None:
    assert refusal(listed("vp"), Decision(Event.WITHDRAW, actor, level)).code is code


@pytest.mark.parametrize("requester", ["", "  ", "\u200b", "."])
@pytest.mark.parametrize("known", [[], EVERYBODY], ids=["typed", "listed"])
def test_where_duties_are_separated_somebody_must_have_asked(requester: str, known: list[object]) -> None:
    anonymous = record(stages_policy("manager", people=known), request=request(requester=requester))
    lax = record(
        stages_policy("manager", people=known, separation_of_duties=False),
        request=request(requester=requester),
    )

    refused = refusal(anonymous, SUBMIT)
    assert refused.code is ErrorCode.BAD_PARAMETER
    assert refused.message.startswith(f"requester is {requester!r}")
    assert after(lax, SUBMIT).state is State.UNDER_REVIEW
