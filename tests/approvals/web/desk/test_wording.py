# SPDX-License-Identifier: Apache-2.0
"""Every language says everything."""

import re
import string
from datetime import timedelta
from pathlib import Path

import pytest
from markupsafe import Markup

from approvals.domain.terms import Event, HowKnown, Language
from approvals.service.answers import LedgerVerdict
from approvals.web.desk.wording import catalogue, wording

DESK = Path(__file__).parents[4] / "approvals" / "web" / "desk"
ENGLISH = catalogue(Language.ENGLISH)


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", list(Language))
def test_a_language_has_every_text_with_the_same_words_to_fill_in(language: Language) -> None:
    texts = catalogue(language)

    assert set(texts) == set(ENGLISH)
    assert {key: _fields(text) for key, text in texts.items()} == {
        key: _fields(text) for key, text in ENGLISH.items()
    }
    assert [key for key, text in texts.items() if not isinstance(text, str) or not text.strip()] == []


@pytest.mark.parametrize("language", [one for one in Language if one is not Language.ENGLISH])
def test_nothing_is_left_in_english(language: Language) -> None:
    same = {
        key
        for key, text in catalogue(language).items()
        if text == ENGLISH[key] and re.search("[a-z]{4}", text)
    }
    assert same <= {"site.language"}


def test_every_word_of_the_closed_sets_has_its_text() -> None:
    for event in Event:
        assert f"event.{event}" in ENGLISH
    assert {f"known.{known}" for known in HowKnown} <= set(ENGLISH)
    assert {f"ledger.{verdict}" for verdict in LedgerVerdict} <= set(ENGLISH)


def test_every_text_that_a_template_names_is_there() -> None:
    sources = [
        path.read_text(encoding="utf-8") for path in DESK.rglob("*") if path.suffix in {".html", ".py"}
    ]
    named = {key for source in sources for key in re.findall(r'\bt\(["\']([a-z_]+\.[a-z_]+)["\']', source)}

    assert len(named) > 100
    assert {key for key in named if not key.endswith("_")} - set(ENGLISH) == set()


def test_values_are_escaped_and_what_is_html_already_is_not() -> None:
    t = wording(Language.ENGLISH)
    assert t("request.signed", person="<b>\u202e{x}") == Markup("Signed by &lt;b&gt;[U+202E]{x}")
    assert t("request.signed", person=Markup("<b>x</b>")) == "Signed by <b>x</b>"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(9, "9 s"), (59.6, "1 min"), (3_599, "59 min"), (5_400, "1 h 30 min"), (40_000, "11 h"), (180_000, "2 d 2 h")],
)  # fmt: skip
def test_a_duration_is_told_in_its_largest_units(seconds: float, words: str) -> None:
    assert wording(Language.ENGLISH).duration(timedelta(seconds=seconds)) == words
