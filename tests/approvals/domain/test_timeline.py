# SPDX-License-Identifier: Apache-2.0
from approvals.domain.decisions import Decision
from approvals.domain.terms import Event, Level
from approvals.domain.timeline import Decided, decisions_in
from tests.approvals.domain.worlds import SUBMIT, after, approve, record, stages_policy

PENDING = record(stages_policy("manager", "director"))


def test_a_decision_took_as_long_as_its_level_was_asked() -> None:
    """The steps of these worlds are a minute apart."""
    signed = after(PENDING, SUBMIT, approve("Bea", Level.MANAGER), approve("Cy", Level.DIRECTOR))

    assert list(decisions_in(signed)) == [
        Decided("approve", "manager", 60),
        Decided("approve", "director", 60),
    ]


def test_a_missed_deadline_is_no_decision_and_the_next_level_is_asked_from_then_on() -> None:
    late = after(PENDING, SUBMIT, Decision(Event.TIMEOUT), Decision(Event.REJECT, "Cy", Level.DIRECTOR))

    assert list(decisions_in(late)) == [Decided("reject", "director", 60)]


def test_what_was_not_submitted_has_none() -> None:
    assert list(decisions_in(PENDING)) == []
