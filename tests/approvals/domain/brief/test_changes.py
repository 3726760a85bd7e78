# SPDX-License-Identifier: Apache-2.0
"""What changed between two texts, word by word, however long and repetitive they are."""

import time
from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.brief import brief_of
from approvals.domain.brief.changes import COMPARED_WORDS, Change, changes
from approvals.domain.decisions import Decision
from approvals.domain.revisions import revised, with_revision
from approvals.domain.terms import Event, Language, Level
from tests.approvals.domain.worlds import NOW, SUBMIT, after, record, request, stages_policy

texts = st.lists(st.sampled_from(["a", "b", "desk", "desks", "十", "二", "\n"]), max_size=30).map(" ".join)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Ten chairs for 900 USD", "Ten chairs for 700 USD", [("900", "700")]),
        ("Ten chairs", "Ten blue chairs", [("", "blue")]),
        ("Ten blue chairs", "Ten chairs", [("blue", "")]),
        ("a b c d e", "a x c y e", [("b", "x"), ("d", "y")]),
        ("one two", "three four five", [("one two", "three four five")]),
        ("购买十把椅子", "购买八把椅子", [("十", "八")]),
        ("Ten\n\nchairs", " Ten chairs ", []),
        ("", "new", [("", "new")]),
    ],
)
def test_each_change_is_told_once(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert list(changes(old, new)) == [Change(*one) for one in expected]


def letters(text: str) -> Counter[str]:
    return Counter("".join(text.split()))


@given(texts, texts)
def test_what_is_not_told_stands_in_both_texts(old: str, new: str) -> None:
    told = list(changes(old, new))
    gone, come = (
        (letters(" ".join(part)) for part in zip(*told, strict=True)) if told else (Counter(), Counter())
    )

    assert letters(old) - gone == letters(new) - come
    assert not told or all(change.old != change.new for change in told)
    assert bool(told) == ("".join(old.split()) != "".join(new.split()) or old.split() != new.split())


@pytest.mark.parametrize(
    ("one", "other"), [*product(["a " * 20_000, "a b " * 10_000, "x" * 50_000], repeat=2)]
)
def test_long_and_repetitive_texts_take_no_time(one: str, other: str) -> None:
    started = time.perf_counter()
    found = list(changes(one + "end", "start" + other))

    assert found
    assert time.perf_counter() - started < 2


def test_what_was_rewritten_as_a_whole_is_one_change() -> None:
    old, new = ("".join(f"{word}{number} " for number in range(COMPARED_WORDS + 1)) for word in "ab")

    assert list(changes(old, new)) == [Change(old.strip(), new.strip())]


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        (Language.ENGLISH, "**What changed since the last version**:"),
        (Language.CHINESE, "**与上一版相比的改动**："),
        (Language.JAPANESE, "**前の版からの変更点**："),
        (Language.PORTUGUESE, "**O que mudou desde a última versão**:"),
    ],
)
def test_a_brief_tells_what_a_new_content_changed(language: Language, heading: str) -> None:
    policy = stages_policy("manager")
    asked = after(record(policy), SUBMIT, Decision(Event.RETURN, "Bea", Level.MANAGER, "How many?"))
    following = revised(
        asked, request(content="Two chairs", amount=500, vendor="Chairs *Ltd*"), policy.policy
    )
    anew = after(with_revision(asked, following, NOW), Decision(Event.RESUBMIT, "Ann"))
    text = brief_of(anew, policy.policy, language)

    assert heading in text
    changed = text.partition(heading)[2].split("\n\n")[1]
    for part in ("300", "500", "Chairs &#42;Ltd&#42;", "Two chairs"):
        assert part in changed
