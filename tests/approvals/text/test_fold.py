# SPDX-License-Identifier: Apache-2.0
"""What a reader cannot tell apart is compared as one, in linear time."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.text.confusables import LATIN
from approvals.text.fold import look_alike, nfkc, normalised, seen_as, visible


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@corp.com", "ann@corp.com\u200b"),
        ("ann@corp.com", "ann\u00ad@corp.com"),
        ("ann", "ann\u2060"),
        ("Ann", "\u202eAnn\u202c"),
        ("Ann", "ＡＮＮ"),
        ("Ann", "𝐀𝐧𝐧"),
        ("ann", "аnn"),  # Cyrillic a
        ("ANN", "ΑΝΝ"),  # Greek capitals
        ("scope", "ѕсоре"),
        ("Ian", "Іan"),
        ("Ann  Lee", " ann lee "),
        ("O'Neil", "O’Neil"),
        ("Анна", "АННА"),
        ("Νίκος", "ΝΊΚΟΣ"),
        ("Straße", "STRASSE"),
        ("Å", "A\u030a"),
        ("李雷", "李雷"),
    ],
)
def test_what_looks_the_same_is_the_same(one: str, other: str) -> None:
    assert look_alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ann", "Anna"), ("José", "Jose"), ("Ann1", "Ann2"), ("Анна", "Анка"), ("李雷", "李磊"), ("Ann", "")],
)
def test_what_looks_different_is_not(one: str, other: str) -> None:
    assert not look_alike(one, other)


@given(st.text())
def test_every_text_looks_like_itself_in_any_case(text: str) -> None:
    assert look_alike(text, text)
    assert seen_as(text) == seen_as(text)
    assert normalised(normalised(text)) == normalised(text)
    assert visible(visible(text)) == visible(text)


@given(st.text("aαаЖж é\u0301\u200b漢", max_size=2_000))
def test_pieces_are_normalised_as_the_whole_is_where_no_piece_ends_in_the_middle_of_a_letter(
    text: str,
) -> None:
    spaced = " ".join(text[start : start + 50] for start in range(0, len(text), 50))
    assert nfkc(spaced).replace(" ", "") == "".join(
        unicodedata.normalize("NFKC", text[start : start + 50]).replace(" ", "")
        for start in range(0, len(text), 50)
    )


def test_the_table_maps_single_letters_to_ascii_letters() -> None:
    assert len(LATIN) > 300
    assert all(latin.isascii() and latin.isalpha() and len(latin) == 1 for latin in LATIN.values())
    assert not any(chr(code).isascii() for code in LATIN)
