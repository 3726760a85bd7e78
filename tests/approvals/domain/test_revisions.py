# SPDX-License-Identifier: Apache-2.0
"""A returned request comes back with an answer, or with new content that is decided anew."""

from datetime import timedelta
from decimal import Decimal

import pytest

from approvals.domain import ledger
from approvals.domain.decisions import Decision
from approvals.domain.records import ApprovalRecord
from approvals.domain.revisions import (
    BEING_ANALYSED,
    REVISIONS_LIMIT,
    revised,
    with_revision,
    with_revision_analysis,
)
from approvals.domain.terms import Event, Level, Risk, State
from approvals.errors import ApprovalError, ErrorCode
from tests.approvals.domain.worlds import (
    DEFAULT,
    NOW,
    SUBMIT,
    after,
    analysis,
    approve,
    carried_out,
    people,
    record,
    refusal,
    request,
    stages_policy,
)

LADDER = stages_policy("manager", "director", "vp")
ASK = Decision(Event.RETURN, "Dan", Level.DIRECTOR, "Which supplier?")
ANSWER = Decision(Event.RESUBMIT, "Ann", comment="The one from last year")


def returned(**changes: object) -> ApprovalRecord:
    """A request of Ann's that Bea has signed and Dan has returned."""
    return after(record(LADDER, **changes), SUBMIT, approve("Bea", Level.MANAGER), ASK)


def with_new_content(start: ApprovalRecord, **changes: object) -> ApprovalRecord:
    """The record with a next content that was analysed."""
    following = revised(start, request(request_id="", requester="", **changes), LADDER.policy)
    return with_revision_analysis(with_revision(start, following, NOW), analysis(risk=Risk.MEDIUM), NOW)


def test_a_returned_request_is_its_requesters_and_keeps_its_signatures() -> None:
    asked = returned()

    assert (asked.state, asked.next_step, asked.level) == (State.RETURNED, "resubmit", None)
    assert asked.stages == (Level.DIRECTOR, Level.VP)
    assert asked.history[-1].comment == "Which supplier?"


@pytest.mark.parametrize("event", [Event.APPROVE, Event.REJECT, Event.ESCALATE, Event.RETURN, Event.SUBMIT])
def test_nobody_decides_while_the_requester_is_asked(event: Event) -> None:
    refused = refusal(returned(), Decision(event, "Dan", Level.DIRECTOR))

    assert refused.code is ErrorCode.INVALID_TRANSITION
    assert "possible here: resubmit, timeout, withdraw" in refused.message


def test_an_answer_leads_back_to_the_stage_that_asked() -> None:
    answered = after(returned(), ANSWER)

    assert (answered.state, answered.next_step, answered.revision) == (
        State.UNDER_REVIEW,
        "review_director",
        1,
    )
    assert after(answered, approve("Dan", Level.DIRECTOR), approve("Vic", Level.VP)).state is State.APPROVED
    assert refusal(answered, approve("Bea", Level.DIRECTOR)).code is ErrorCode.NOT_AUTHORIZED
    assert ledger.record_faults(answered) == []


@pytest.mark.parametrize(
    ("actor", "code"),
    [("Mallory", ErrorCode.NOT_AUTHORIZED), ("Dan", ErrorCode.NOT_AUTHORIZED), ("", ErrorCode.BAD_PARAMETER)],
)
def test_only_the_requester_brings_it_back(actor: str, code: ErrorCode) -> None:
    refused = refusal(returned(), Decision(Event.RESUBMIT, actor))

    assert refused.code is code
    assert after(returned(), Decision(Event.RESUBMIT, "  ann.")).state is State.UNDER_REVIEW


def test_a_requester_who_does_not_answer_lets_it_expire() -> None:
    asked = returned()

    assert asked.deadline_at == asked.updated_at + timedelta(hours=24)
    assert refusal(asked, Decision(Event.TIMEOUT)).code is ErrorCode.NOT_DUE
    expired = after(asked, Decision(Event.TIMEOUT))
    assert (expired.state, expired.history[-1].answer.reason) == (
        State.EXPIRED,
        "its requester did not answer in time",
    )


def test_a_requester_withdraws_what_was_returned() -> None:
    assert after(returned(), Decision(Event.WITHDRAW, "Ann")).state is State.WITHDRAWN


def test_new_content_is_decided_anew_and_earlier_signatures_are_void() -> None:
    drafted = with_new_content(returned(), content="Two chairs")
    anew = carried_out(drafted, ANSWER, NOW + timedelta(hours=5))

    assert (drafted.state, drafted.revision, drafted.request.content) == (State.RETURNED, 1, "A chair")
    assert (anew.state, anew.revision, anew.request.content) == (State.UNDER_REVIEW, 2, "Two chairs")
    assert anew.stages == (Level.MANAGER, Level.DIRECTOR, Level.VP)
    assert anew.deadline_at == NOW + timedelta(hours=29)
    assert "revision 2, so earlier signatures are void" in anew.history[-1].answer.reason
    assert [entry.revision for entry in anew.ledger] == [1, 1, 1, 2]
    signed = after(anew, approve("Bea", Level.MANAGER))  # who has signed the content before
    assert signed.stages == (Level.DIRECTOR, Level.VP)
    assert [past.request.content for past in signed.past_revisions] == ["A chair"]


def test_the_route_of_new_content_is_the_policys_own_and_never_automatic() -> None:
    start = record(DEFAULT, request=request(amount=Decimal(9000)))
    asked = after(start, SUBMIT, Decision(Event.RETURN, "Bea", Level.DIRECTOR))
    small = with_revision(asked, revised(asked, request(amount=Decimal(50)), DEFAULT.policy), NOW)
    anew = after(with_revision_analysis(small, analysis(), NOW), ANSWER)

    assert after(record(DEFAULT, request=request(amount=Decimal(50))), SUBMIT).state is State.APPROVED
    assert anew.state is State.UNDER_REVIEW
    assert anew.route is not None
    assert "no auto-approval: a person returned it" in anew.route.reasons


def test_the_returned_content_comes_back_where_the_resubmission_names_it() -> None:
    drafted = with_new_content(returned(), content="Two chairs")
    same = after(drafted, Decision(Event.RESUBMIT, "Ann", content_digest=drafted.request.content_digest))

    assert (same.revision, same.request.content, same.next_revision) == (1, "A chair", None)
    assert same.next_step == "review_director"


def test_what_a_revision_leaves_empty_stays_as_it_was() -> None:
    start = returned(request=request(vendor="Chairs Ltd", priority=2, context={"team": "web"}))
    given = request(
        request_id="", requester="", request_type="", currency="", content="Two", amount=Decimal(0)
    )
    following = revised(start, given, LADDER.policy)

    assert following == start.request.model_copy(update={"content": "Two", "amount": Decimal(0)})


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"requester": "Bea"}, "requester is 'Bea'"), ({"request_id": "r-2"}, "leave request_id empty")],
)
def test_a_revision_keeps_its_id_and_its_requester(changes: dict[str, str], said: str) -> None:
    with pytest.raises(ApprovalError, match=said) as caught:
        revised(returned(), request(**changes), LADDER.policy)
    assert caught.value.code is ErrorCode.BAD_PARAMETER
    assert revised(returned(), request(requester="ANN."), LADDER.policy).requester == "Ann"


def test_only_a_returned_request_takes_new_content() -> None:
    with pytest.raises(ApprovalError, match=r"invalid_transition: .*'under_review'.*'returned'"):
        with_revision(after(record(LADDER), SUBMIT), request(), NOW)


def test_a_revision_while_another_is_analysed_is_refused_until_its_time_is_over() -> None:
    being_read = with_revision(returned(), request(content="Two chairs"), NOW)

    with pytest.raises(ApprovalError, match=r"version_conflict: .*2026-03-02T09:00.*2026-03-02T09:05"):
        with_revision(being_read, request(content="Three chairs"), NOW + BEING_ANALYSED / 2)
    later = with_revision(being_read, request(content="Three chairs"), NOW + BEING_ANALYSED)
    assert later.next_revision is not None
    assert later.next_revision.request.content == "Three chairs"


def test_a_request_has_a_bounded_number_of_contents() -> None:
    with pytest.raises(ApprovalError, match="has had 20 contents"):
        with_revision(returned(revision=REVISIONS_LIMIT), request(), NOW)


def test_all_contents_together_leave_room_for_decisions() -> None:
    long = returned(request=request(content="x" * 100_000))
    second = after(
        with_new_content(long, content="y" * 100_000), ANSWER, Decision(Event.RETURN, "Bea", Level.MANAGER)
    )

    with pytest.raises(
        ApprovalError, match=r"bad_parameter: content has 60,000 bytes.*take 200,000 of the 250,000"
    ):
        with_revision(second, request(content="z" * 60_000), NOW)
    assert with_revision(second, request(content="z" * 50_000), NOW).next_revision


def test_whoever_signs_is_counted_for_the_content_at_hand() -> None:
    listed = stages_policy("manager", "director", people=people("Ann", "Bea", "Dan", "Vic"))
    asked = after(record(listed), SUBMIT, approve("Bea"), Decision(Event.RETURN, "Dan"))
    following = with_revision(asked, revised(asked, request(content="Two"), listed.policy), NOW)
    anew = after(following, ANSWER, approve("Bea"), approve("Dan"))

    assert anew.state is State.APPROVED
    assert ledger.record_faults(anew) == []


def test_a_changed_earlier_content_is_found() -> None:
    anew = after(with_new_content(returned(), content="Two chairs"), ANSWER)
    (past,) = anew.past_revisions
    other = past.model_copy(update={"request": request(content="No chair")})

    assert ledger.record_faults(anew) == []
    assert "revision 1 of the request, or its analysis, was changed" in ledger.record_faults(
        anew.model_copy(update={"past_revisions": (other,)})
    )
    assert any(
        "keeps 0 earlier" in fault
        for fault in ledger.record_faults(anew.model_copy(update={"past_revisions": ()}))
    )


def test_an_entry_that_was_stored_before_revisions_existed_still_verifies() -> None:
    stored = after(record(LADDER), SUBMIT).model_dump(mode="json")
    entry = stored["history"][0]["entry"]
    del entry["revision"]  # `acting_for` is written only where it says something
    old = ApprovalRecord.model_validate(stored)
    old_entry = old.history[0].entry
    rehashed = old_entry.model_copy(update={"hash": ledger.entry_hash(old_entry)})
    step = old.history[0].model_copy(
        update={
            "entry": rehashed,
            "answer": old.history[0].answer.model_copy(update={"entry_hash": rehashed.hash}),
        }
    )
    old = old.model_copy(update={"history": (step,)})

    assert ledger.record_faults(old) == []
    assert ledger.record_faults(after(old, approve("Bea", Level.MANAGER))) == []
