# SPDX-License-Identifier: Apache-2.0
from decimal import Decimal
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.llm import ChatMessage, Spend, TokenUsage, estimate_tokens
from tests.approvals.llm.callers import question

attempts = st.one_of(
    st.just(Spend.free_attempt()),
    st.just(Spend.unknown_attempt()),
    st.builds(
        Spend.priced_attempt,
        st.builds(TokenUsage, st.integers(0, 10_000), st.integers(0, 10_000)),
        st.none() | st.decimals(0, 10, places=8),
    ),
)


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("abc", 1), ("abcd", 2), ("采购", 2), ("\ud800", 1)]
)
def test_tokens_are_estimated_at_three_bytes_each_rounded_up(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


def test_a_request_is_estimated_with_the_longest_reply_it_allows() -> None:
    request = question(
        messages=(ChatMessage("system", "abc"), ChatMessage("user", "abcd")), max_output_tokens=50
    )

    assert request.estimated_tokens() == 1 + 2 + 50


def test_usage_has_a_total() -> None:
    assert TokenUsage(100, 20).total == 120


@given(st.lists(attempts))
def test_spend_adds_up_exactly_and_is_known_only_if_every_part_is(parts: list[Spend]) -> None:
    total = reduce(Spend.__add__, parts, Spend.none())

    assert total.attempts == len(parts)
    assert total.prompt_tokens == sum(part.prompt_tokens for part in parts)
    assert total.completion_tokens == sum(part.completion_tokens for part in parts)
    assert total.cost_usd == sum((part.cost_usd for part in parts), Decimal(0))
    assert total.cost_known == all(part.cost_known for part in parts)


def test_an_unknown_price_is_not_a_price_of_zero() -> None:
    assert not Spend.priced_attempt(TokenUsage(100, 20), None).cost_known
    assert Spend.priced_attempt(TokenUsage(100, 20), Decimal(0)).cost_known
