# SPDX-License-Identifier: Apache-2.0
"""Names are compared as a reader sees them, and no name costs more than its length."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from approvals.text.lookalikes import plain
from approvals.text.names import name_key, read_name, same_to_a_reader

SAME = [
    # what takes no room
    ("ann@corp.com", "ann@corp.com\u200b"),
    ("ann@corp.com", "ann\u00ad@corp.com"),
    ("ann", "ann\u2060"),
    ("ann", "\ufeffann"),
    ("ann", "a\u034fnn"),
    ("ann", "a\ufe0fnn"),
    ("ann", "a\U000e0101nn"),
    ("ann", "\u202eann\u202c"),
    ("ann", "ann\u3164"),
    ("ann lee", "ann\u00a0lee"),
    ("ann lee", "ann\u2800lee"),
    # case, width, style, marks
    ("ann", "ANN"),
    ("ann", "\uff21nn"),
    ("ann", "\U0001d400nn"),
    ("İlkay", "ilkay"),
    ("ILKAY", "ılkay"),
    ("strasse", "Straße"),
    ("Zoë", "Zoe\u0308"),
    ("Ioan Țepeș", "Ioan Ţepeş"),
    # letters of other scripts
    ("ann", "\u0430nn"),
    ("BOB", "\u0412\u041e\u0412"),
    ("Ian", "\u04c0an"),
    ("alice", "a\u04cfice"),
    ("Zoe", "\u0396oe"),
    ("ann", "\u0430\u0578\u0578"),
    ("user0", "user\u09e6"),
    ("ann@corp.com", "ann\uff20corp\u3002com"),
    # ways of writing an address
    ("ann@corp.com", "mailto:ann@corp.com"),
    ("ann@corp.com", "MAILTO:ann%40corp.com?subject=yes"),
    ("ann@corp.com", "Ann Lee <ann@corp.com>"),
    ("ann@corp.com", "Ann Lee <mailto:ann+approvals@corp.com>"),
    ("ann@corp.com", "ann+x@corp.com"),
    ("ann@corp.com", '"ann"@corp.com'),
    ("ann@corp.com", "ann @ corp.com"),
    ("ann@corp.com", "ann@corp.com."),
    ("ann@corp.com", "<ann@corp.com>"),
    ("ann@corp.com", "(ann@corp.com)"),
    ("ann@corp.com", "Ann Lee (ann@corp.com)"),
    ("ann@corp.com", "ann@corp.com (Ann Lee)"),
    ("ann@corp.com", "Ann Lee, ann@corp.com"),
    ("ann@corp.com", "Ann Lee ann@corp.com"),
    ("ann@corp.com", "Ann Lee - [ann@corp.com]"),
    ("ann@corp.com", "[ann@corp.com](mailto:ann@corp.com)"),
    ("ann@corp.com", "a nn@corp.com"),
    ("ann@b\u00fccher.example", "ann@xn--bcher-kva.example"),
    # the order of a name, and what stands between its parts
    ("Ann Lee", "Lee, Ann"),
    ("Ann Lee", "ann.lee"),
    ("Ann Lee", "ann_lee"),
    ("Ann-Marie Lee", "Ann Marie Lee"),
    ("Ann Lee", "Lee, Ann <ann@corp.com>"),
    ("Lee, Ann", "ann.lee@example.com"),
    # what stands around a name
    ("ann", "ann."),
    ("ann", " 'ann' "),
    ("ann", "\u201cAnn\u201d"),
    ("ann lee", "Ann   Lee!"),
    ("O'Brien", "O\u2019Brien"),
    # a name and the address that spells it
    ("Ann", "ann@example.com"),
    ("Ann Lee", "ann.lee@example.com"),
    ("Ann", "Ann <a.lee@example.com>"),
]
DIFFERENT = [
    ("ann", "anne"),
    ("ann", "an"),
    ("ann1", "annl"),
    ("ann1", "ann2"),
    ("user0", "usero"),
    ("Ian", "Lan"),
    ("Zoë", "Zoe"),
    ("ann lee", "annlee"),
    ("ann@corp.com", "ann@corp.org"),
    ("ann@corp.com", "bob+ann@corp.com"),
    ("Ann Lee <ann@corp.com>", "Ann Lee <lee@corp.com>"),
    ("Bo", "ann@example.com"),
    ("Bo Lee (bo@corp.com)", "Ann Lee (ann@corp.com)"),
    ("ann@xn--bcher-kva.example", "ann@bucher.example"),
    ("ann@xn--9.example", "ann@9.example"),
    ("Мария", "Марина"),
    ("王伟", "王芳"),
    ("김민수", "김민서"),
    ("", ""),
    ("\u200b", "\u200b"),
    ("-", "-"),
]


@pytest.mark.parametrize(("one", "other"), SAME, ids=ascii)
def test_one_person_however_it_is_typed(one: str, other: str) -> None:
    assert same_to_a_reader(one, other)
    assert same_to_a_reader(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT, ids=ascii)
def test_two_persons_stay_two(one: str, other: str) -> None:
    assert not same_to_a_reader(one, other)
    assert not same_to_a_reader(other, one)


@pytest.mark.parametrize("text", ["", " ", "\u200b\u00ad", ".", "-- ", "\u3164", "\u2800", "<>", "mailto:"])
def test_what_a_reader_sees_no_name_in_has_no_key(text: str) -> None:
    assert name_key(text) == ""


@given(st.text())
@example("0:,0")
@example("\u00c8\u00b8@0")  # a cedilla that stands behind a space, until the spaces of an address go
def test_folding_once_is_enough(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert name_key(name_key(text)) == name_key(text)


@given(st.text(min_size=1), st.sampled_from(["\u200b", "\u00ad", "\u2060", "\ufe0f", "\u202e"]), st.data())
def test_an_invisible_character_anywhere_changes_no_name(text: str, hidden: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))

    assert name_key(text[:at] + hidden + text[at:]) == name_key(text)


@given(st.text(st.characters(codec="ascii")))
def test_ascii_names_are_one_in_any_case(text: str) -> None:
    assert name_key(text.upper()) == name_key(text.lower())


WORST = [
    *("a\u0301\u0323", "\u0301\u0323", "\u200b", "i\u0307", "\ufdfa"),
    *("<", "<@", "<a@b>", "@", "+", "@+", ".", "mailto:", "%40", "''", " "),
    *("a@b ", "a, ", "(", "a@xn--9.", "a@xn--9"),
]


@pytest.mark.parametrize("word", WORST, ids=ascii)
@pytest.mark.parametrize("head", ["", "<", "a", "+", "<@"], ids=ascii)
def test_no_name_costs_more_than_its_length(word: str, head: str) -> None:
    def seconds(size: int) -> float:
        text = head + word * (size // len(word))
        began = time.process_time()
        read_name.__wrapped__(text)
        return time.process_time() - began

    assert seconds(40_000) < 1, (
        "quadratic: 40,000 characters take a fraction of a second when each counts once"
    )
