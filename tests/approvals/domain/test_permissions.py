# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest

from approvals.domain import transitions
from approvals.domain.ledger_keys import parse_ledger_keys
from approvals.domain.permissions import may_decide, permission
from approvals.domain.policy_reader import PolicyDocument
from approvals.domain.terms import Event, Level
from tests.approvals.domain.worlds import NOW, SUBMIT, after, approve, people, record, request, stages_policy

LISTED = stages_policy("manager", "director", people=people("Ann", "Bea", "Dan"))
TYPED = stages_policy("manager", "director")


def _may(policy: PolicyDocument, actor: str, *steps: Any, **asked: Any) -> set[Event]:
    standing = after(record(policy, request=request(requester="Mia", **asked)), *steps)
    return set(permission(standing, policy, actor, NOW).events)


def test_a_signer_may_decide_and_the_requester_withdraw() -> None:
    decide = {Event.APPROVE, Event.REJECT, Event.ESCALATE, Event.WITHDRAW}

    assert decide <= _may(TYPED, "Bea", SUBMIT)
    assert Event.WITHDRAW in _may(TYPED, "Mia", SUBMIT)
    assert Event.APPROVE not in _may(TYPED, "Mia", SUBMIT)


def test_a_timeout_is_nobodys_to_bring_about() -> None:
    assert Event.TIMEOUT not in _may(TYPED, "Bea", SUBMIT)


def test_what_is_closed_can_only_be_looked_at() -> None:
    steps = (SUBMIT, approve("Bea", Level.MANAGER), approve("Cy", Level.DIRECTOR))
    assert _may(TYPED, "Dan", *steps) == set()


def test_who_is_not_listed_is_told_who_is() -> None:
    standing = after(record(LISTED, request=request(requester="Mia")), SUBMIT)

    found = permission(standing, LISTED, "Zoe", NOW)

    assert (found.person, found.level, found.events) == ("Zoe", None, ())
    assert "do not list" in found.why_not


def test_a_person_is_named_as_the_policy_names_them_and_signs_for_their_level() -> None:
    standing = after(record(LISTED, request=request(requester="Mia")), SUBMIT)
    person = LISTED.policy.people[0]

    found = permission(standing, LISTED, person.email or "", NOW)

    assert (found.person, found.level, found.why_not) == (person.name, person.level_for(Level.MANAGER), "")


@pytest.mark.parametrize(("actor", "may"), [("Bea", False), ("Cy", True), ("Mia", False)])
def test_a_request_waits_for_who_may_sign_next(actor: str, may: bool) -> None:
    standing = after(record(TYPED, request=request(requester="Mia")), SUBMIT, approve("Bea", Level.MANAGER))
    assert may_decide(standing, TYPED, actor, NOW) is may


def test_what_nobody_signs_waits_for_nobody() -> None:
    assert not may_decide(record(TYPED), TYPED, "Bea", NOW)


def test_a_ledger_under_a_key_changes_nothing_of_who_may() -> None:
    keys = parse_ledger_keys(f"{NOW.date()}:0123456789abcdefghijklmnopqrstuv")
    standing = transitions.apply(record(TYPED, request=request(requester="Mia")), SUBMIT, NOW, TYPED, keys)

    assert Event.APPROVE in permission(standing, TYPED, "Bea", NOW).events
