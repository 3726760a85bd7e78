# SPDX-License-Identifier: Apache-2.0
"""Text is compared in one form, whatever it was copied from."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.text.fold import nfkc, normalised


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("“A chair”", '"a chair"'),
        ("it’s", "IT'S"),
        ("2026–27", "2026-27"),
        ("ＡＢＣ", "abc"),
        ("so\u00adft\u200b", "soft"),
        ("A\u030a", "å"),
        (" a\n\tb\u00a0c ", "a b c"),
        ("Straße", "STRASSE"),
    ],
)
def test_what_was_copied_is_what_was_written(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@given(st.text(max_size=200))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@given(st.text("aé漢e\u0301\u0327 ", max_size=200))
def test_ordinary_text_is_normalised_as_a_whole(text: str) -> None:
    if "\u0301\u0327" * 15 not in text:
        assert nfkc(text) == unicodedata.normalize("NFKC", text)
