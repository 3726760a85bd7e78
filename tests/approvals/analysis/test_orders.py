# SPDX-License-Identifier: Apache-2.0
"""Words that a pattern needs are only a quicker way to the same answer."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.analysis.orders import ORDERS, Order, holds_orders


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.words[0])
@given(data=st.data())
def test_whatever_a_pattern_matches_holds_one_of_its_words_and_is_found(
    order: Order, data: st.DataObject
) -> None:
    text = data.draw(st.from_regex(order.pattern))

    assert any(word in text for word in order.words)
    assert holds_orders(text)


@given(st.from_regex(r"[A-Za-z0-9+/ .]{0,260}", fullmatch=True))
def test_long_runs_are_found_wherever_they_begin(text: str) -> None:
    read_like_orders = any(order.pattern.search(text) for order in ORDERS)

    assert holds_orders(text) == (read_like_orders or re.search(r"[A-Za-z0-9+/]{120,}", text) is not None)


def test_an_ordinary_request_holds_no_orders() -> None:
    assert not holds_orders(
        "twelve chairs for the meeting room in the north wing, as discussed with facilities"
    )


def test_an_encoded_text_is_found_in_the_middle() -> None:
    assert holds_orders("please see " + "QUJD" * 30 + " for the details")
    assert not holds_orders("please see " + "QUJD" * 29 + " for the details")
