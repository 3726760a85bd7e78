# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.web.desk.quotes import marked


@pytest.mark.parametrize(
    ("text", "quotes", "expected"),
    [
        ("we need 12 desks", ["12 desks"], ["12 desks"]),
        ("We  need\n12 Desks now", ["we need 12 desks."], ["We  need\n12 Desks"]),
        ("a “good” offer", ['a "good" offer'], ["a “good” offer"]),
        ("cafe\u0301 bill, it`s", ["café bill", "it's"], ["cafe\u0301 bill", "it`s"]),
        ("Straße und Maß", ["STRASSE UND"], ["Straße und"]),
        ("12万元的合同", ["12万元"], ["12万元"]),
        ("one two three", ["one two", "two three"], ["one two", " three"]),
        ("one two three", ["three", "one"], ["one", "three"]),
        ("one two", ["three", "", "…"], []),
    ],
)
def test_a_quote_is_marked_where_it_stands(text: str, quotes: list[str], expected: list[str]) -> None:
    assert [piece.text for piece in marked(text, quotes) if piece.quoted] == expected


@given(st.text(), st.lists(st.text(max_size=5), max_size=4))
def test_the_pieces_are_the_text(text: str, quotes: list[str]) -> None:
    assert "".join(piece.text for piece in marked(text, quotes)) == text
