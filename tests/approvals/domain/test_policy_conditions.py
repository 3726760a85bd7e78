# SPDX-License-Identifier: Apache-2.0
"""What a rule tests: text as a reader sees it, amounts with bounds of both kinds."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.facts import as_seen, facts_of
from approvals.domain.policy_conditions import AmountBounds, Condition
from approvals.domain.policy_reader import policy_from_document
from approvals.domain.routing import policy_route
from approvals.domain.terms import Risk
from tests.approvals.domain.worlds import request


def holds(when: dict[str, Any], **asked: Any) -> bool:
    """Whether a rule with this condition decides about the request."""
    rule = {"name": "it", "when": when, "then": {"stages": ["vp"]}}
    policy = policy_from_document({"version": 1, "rules": [rule]}).policy
    return policy_route(policy, request(**asked), Risk.LOW).rule == "it"


@pytest.mark.parametrize(
    "context",
    [
        {"department": "sales"},
        {"department": " SALES "},
        {"Department": "Sales"},
        {"department": "s\u0430les"},
        {"department": "sa\u200bles"},
        {"department": "\uff33\uff21\uff2c\uff25\uff33"},
        {"department": ["legal", "sales"]},
        {"department": [["sales"]]},
        {"other": {"department": "it"}, "department": "sales"},
    ],
    ids=str,
)
def test_a_value_of_the_context_is_compared_as_a_reader_sees_it(context: dict[str, Any]) -> None:
    assert holds({"context": {"department": ["it", "Sales"]}}, context=context)


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"department": ""},
        {"department": None},
        {"department": "sales team"},
        {"department": {"sales": True}},
        {"other": {"department": "sales"}},
        {"departments": "sales"},
    ],
    ids=str,
)
def test_what_the_context_does_not_say_fails_the_test(context: dict[str, Any]) -> None:
    assert not holds({"context": {"department": ["sales"]}}, context=context)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (4711, 4711),
        ("4711", 4711),
        (4711, "4711"),
        (4711.0, 4711),
        ("0815", "0815"),
        (1.5, "1.5"),
        (True, "true"),
        ("No", "no"),
        (-3, -3),
    ],
)
def test_numbers_and_booleans_of_the_context_are_compared_as_text(value: object, written: object) -> None:
    assert holds({"context": {"code": [written]}}, context={"code": value})


def test_leading_zeros_tell_texts_apart() -> None:
    assert not holds({"context": {"code": ["0815"]}}, context={"code": 815})


def test_every_tested_key_must_hold() -> None:
    when = {"context": {"department": ["sales"], "site.country": ["DE", "FR"]}}

    assert holds(when, context={"department": "sales", "site": {"country": "fr"}})
    assert holds(when, context={"department": "sales", "site.country": "fr"})
    assert not holds(when, context={"department": "sales", "country": "fr"})


@pytest.mark.parametrize(
    ("field", "said", "written"),
    [
        ("vendor", "CONTOSO  Ltd", "Contoso Ltd"),
        ("vendor", "C\u043entoso Ltd", "Contoso Ltd"),
        ("cost_center", "4711", 4711),
        ("request_type", "Purchase\u200b", "purchase"),
    ],
)
def test_the_other_words_of_a_request_are_compared_in_the_same_way(
    field: str, said: str, written: object
) -> None:
    assert holds({field: [written]}, **{field: said})
    assert not holds({field: ["another"]}, **{field: said})


@pytest.mark.parametrize(
    ("bounds", "held", "missed"),
    [
        ({"to": 500}, ["0", "500"], ["500.01"]),
        ({"below": 500}, ["0", "499.99"], ["500", "501"]),
        ({"from": 500}, ["500", "501"], ["499.99"]),
        ({"above": 500}, ["500.01"], ["500", "0"]),
        ({"above": 500, "to": 1000}, ["500.01", "1000"], ["500", "1000.01"]),
        ({"from": 500, "below": 1000}, ["500", "999.99"], ["499", "1000"]),
        ({"above": 500, "below": 501}, ["500.5"], ["500", "501"]),
        ({"from": 500, "to": 500}, ["500"], ["499", "501"]),
        ({"to": 0}, ["0"], ["0.01"]),
    ],
    ids=str,
)
def test_from_and_to_are_inclusive_above_and_below_are_not(
    bounds: dict[str, int], held: list[str], missed: list[str]
) -> None:
    assert all(holds({"amount": bounds}, amount=Decimal(amount)) for amount in held)
    assert not any(holds({"amount": bounds}, amount=Decimal(amount)) for amount in missed)
    assert not holds({"amount": bounds}, amount=None)


@given(st.dictionaries(st.sampled_from(["from", "above", "to", "below"]), st.integers(0, 9), min_size=1))
def test_bounds_that_are_taken_let_something_through(given_bounds: dict[str, int]) -> None:
    try:
        bounds = AmountBounds.model_validate(given_bounds)
    except ValueError:
        return
    assert any(bounds.hold(Decimal(halves) / 2) for halves in range(30))


@given(st.text(max_size=30))
def test_a_word_in_a_policy_matches_itself_in_a_request(word: str) -> None:
    if not as_seen(word):
        with pytest.raises(ValueError, match=r"sees nothing|at least 1 character"):
            Condition(context={"key": (word,)})
        return
    condition = Condition(context={"key": (word,)}, vendor=(word,))
    facts = facts_of(request(vendor=word, context={"Key": word}), None, condition.context_keys)
    assert condition.matches(facts, Risk.LOW)


def test_a_context_of_any_depth_is_read() -> None:
    deep: object = "x"
    for _ in range(20):
        deep = {"a" * 300: deep, "b": "c"}

    assert holds({"context": {"b": ["c"]}}, context={"b": "c", "deep": deep})
