# SPDX-License-Identifier: Apache-2.0
"""Every text that a person reads in Dify is there in all four languages."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.package import accepted
from tests.package.files import DOCUMENTS, nodes

PEOPLE_READ = {"label", "human_description", "help", "placeholder"}
CJK = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
SPACED_CJK = re.compile(
    r"(?<=[\u3040-\u30ff\u4e00-\u9fff\u3001\u3002\uff0c\uff1a\uff1b]) (?=[\u3040-\u30ff\u4e00-\u9fff])"
)


def texts(name: str) -> Iterator[tuple[str, Any]]:
    """Every text for people in a document, with its path."""
    for path, value in nodes(DOCUMENTS[name], name):
        key = path.rpartition(".")[2]
        description = key in {"description", "human"} and "output_schema" not in path
        if key in PEOPLE_READ or (description and not (isinstance(value, dict) and "human" in value)):
            yield path, value


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_text_is_there_in_every_language(name: str) -> None:
    incomplete = {
        path: value
        for path, value in texts(name)
        if not isinstance(value, dict)
        or tuple(value) != accepted.LANGUAGES
        or not all(isinstance(text, str) and text.strip() for text in value.values())
    }
    assert incomplete == {}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_text_is_short_enough(name: str) -> None:
    too_long = [
        path for path, value in texts(name) if any(len(text) > accepted.TEXT_LIMIT for text in value.values())
    ]
    assert too_long == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_chinese_and_japanese_have_no_gaps_from_folded_lines(name: str) -> None:
    gaps = [path for path, value in texts(name) for text in value.values() if SPACED_CJK.search(text)]
    assert gaps == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_sentence_is_translated(name: str) -> None:
    sentences = {path: value for path, value in texts(name) if not path.endswith((".label", ".placeholder"))}
    english = [
        path
        for path, value in sentences.items()
        for asian in ("zh_Hans", "ja_JP")
        if not CJK.search(value[asian])
    ]
    assert english == []
    assert [path for path, value in sentences.items() if value["pt_BR"] == value["en_US"]] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_must_be_typed_is_the_same_in_every_language(name: str) -> None:
    """The words of the interface, such as `manual_review`, are never translated."""
    for path, value in texts(name):
        english = set(re.findall(r"\b[a-z]+_[a-z_]+\b", value["en_US"]))
        assert all(word in text for word in english for text in value.values()), path
