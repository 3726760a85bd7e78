# SPDX-License-Identifier: Apache-2.0
"""A file is read as Dify reads it: with `yaml.safe_load`, PyYAML's parser in Python."""

from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from devkit.lint.finding import Severity, Strength
from devkit.lint.report import Format, printed
from devkit.lint.source import SourceError, read_source
from tests.devkit.lint.flows import lint_text
from tests.devkit.lint.sound import sound

PIECES = st.sampled_from(
    ["a", "b: ", ":", "\t", " ", "\n", "\n  ", "- ", "? ", "[", "]", "{", "}", ",", "'", '"', "#", "|", ">", "&x ",
     "*x", "!", "!!int ", "%YAML 1.1\n", "---\n", "...", "@", "`", "~", "1", "0x1", "2024-01-01", "é", "\ufeff",
     "\u2028", "\x85", "\x07", "\\u", "d83d", '"\\ud83d\\ude00"', "<<: ", "=", "-"]
)  # fmt: skip
UNREADABLE = object()


def as_dify_reads_it(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except (
        yaml.YAMLError,
        ValueError,
        OverflowError,
        TypeError,
        AttributeError,
        LookupError,
        RecursionError,
    ):
        return UNREADABLE


def as_the_linter_reads_it(text: str) -> Any:
    try:
        return read_source(text.encode()).document
    except SourceError:
        return UNREADABLE


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
@example("kind:\tapp")
@example("a: [b?c]")
@example("%YAML 1.3\n---\na")
@example('icon: "\\ud83d\\ude00"')
@example("a: !!timestamp x")
@example('a: "\\UFFFFFFFF"')
def test_the_linter_reads_what_dify_reads(text: str) -> None:
    found, expected = as_the_linter_reads_it(text), as_dify_reads_it(text)
    assert (found is UNREADABLE) == (expected is UNREADABLE) or "&x" in text  # we refuse an alias to itself
    assert found is UNREADABLE or repr(found) == repr(expected)  # repr: not-a-number differs from itself


def shipped(old: str, new: str) -> str:
    text = yaml.safe_dump(sound(), allow_unicode=True, sort_keys=False)
    assert old in text
    return text.replace(old, new, 1)


def test_a_tab_after_a_colon_is_refused_with_its_place() -> None:
    (found,) = lint_text(shipped("kind: app", "kind:\tapp"), Strength.DIFY)
    assert (found.rule, found.severity, found.line, found.column) == ("yaml", Severity.ERROR, 2, 6)
    assert found.remedy == "replace the tab by spaces"


@pytest.mark.parametrize("escape", ["\\ud83d\\ude00", "\\ud83d"])
def test_an_escaped_surrogate_is_read_and_can_be_printed(escape: str) -> None:
    text = shipped("title: Line", f'title: "{escape}"').replace(
        "value_selector:\n        - start", "value_selector:\n        - stard"
    )

    found = lint_text(text, Strength.DIFY)

    assert "yaml" not in {one.rule for one in found}
    for form in Format:
        printed(found, 1, form).encode("utf-8")


@pytest.mark.parametrize(
    "version", ["version: null", "version:", "version: ''", "version: 0", "version: false", "x: 1"]
)
def test_a_version_that_is_missing_or_empty_is_no_error(version: str) -> None:
    assert lint_text(shipped("version: 0.6.0", version), Strength.DIFY) == []


@pytest.mark.parametrize("version", ["0.6", "6", "true", "[1]"])
def test_a_version_that_is_no_text_is_refused(version: str) -> None:
    (found,) = lint_text(shipped("version: 0.6.0", f"version: {version}"), Strength.DIFY)
    assert found.severity is Severity.ERROR
    assert "must be of type string" in found.remedy


@pytest.mark.parametrize("kind", ["kind: null", "kind: tool", "kind: 5"])
def test_dify_reads_every_kind_of_file_as_an_app(kind: str) -> None:
    assert lint_text(shipped("kind: app", kind), Strength.DIFY) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("# nothing", "the file is empty"),
        ("- a", "a list"),
        ("text", "a text"),
        ("5", "a number"),
    ],
)
@pytest.mark.parametrize("strength", Strength)
def test_a_file_that_is_no_mapping_is_named_in_plain_words(text: str, said: str, strength: Strength) -> None:
    (found,) = lint_text(text, strength)
    assert said in found.what


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("a: b: c", "quotes"),
        ("a: [b", "close the bracket"),
        ('a: "b', "close the quotation mark"),
        ("a: @b", "quotes"),
        ("a: *b", "quotes"),
        ("a: !b c", "quotes"),
        ("a: 2024-13-45", "quotes"),
        ("a: 'b' c", "indentation"),
        ("a: \x07", "remove it"),
        ("---\na\n---\nb", "remove what follows"),
    ],
)
def test_a_syntax_error_says_what_to_do(text: str, remedy: str) -> None:
    (found,) = lint_text(text)
    assert found.rule == "yaml"
    assert remedy in found.remedy
