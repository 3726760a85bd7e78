# SPDX-License-Identifier: Apache-2.0
"""One wrong character anywhere in our files: the linter never crashes, and refuses it or it does no harm."""

import random
import string
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import settings

from devkit.lint.canvas import read_canvas
from devkit.lint.finding import Severity
from tests.devkit.lint.flows import WORKFLOWS, lint, lint_text
from tests.devkit.lint.harmless import differences, reason
from tests.devkit.lint.sound import sound

ALPHABET = string.ascii_letters + string.digits + string.punctuation + " \n\té\u0000"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def mutated(text: str, number: int) -> str:
    """The text with one character put in, taken out or replaced, the same in each run."""
    chance = random.Random(number)
    place, letter = chance.randrange(len(text)), chance.choice(ALPHABET)
    skipped = chance.choice((0, 1, 1))
    return text[:place] + chance.choice((letter, letter if not skipped else "")) + text[place + skipped :]


def harm(old: str, new: str) -> list[str]:
    """Every difference between the two documents for which there is no reason to call it harmless."""
    documents: list[Any] = [yaml.load(text, Loader=LOADER) for text in (old, new)]  # noqa: S506 - a safe loader, in C
    found, canvas = differences(*documents), read_canvas(documents[0])
    return [
        f"{path}: {one!r} became {two!r}" for path, one, two in found if not reason(path, one, two, canvas)
    ]


def harms(text: str, numbers: Iterable[int]) -> list[str]:
    """What mutations do to a file without being refused."""
    harmful = []
    for number in numbers:
        changed = mutated(text, number)
        refused = any(finding.severity is Severity.ERROR for finding in lint_text(changed))
        harmful += [] if refused else harm(text, changed)
    return harmful


def test_a_wrong_character_in_a_small_workflow_is_refused_or_does_no_harm() -> None:
    assert harms(yaml.safe_dump(sound(), allow_unicode=True, sort_keys=False), range(60)) == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_wrong_character_in_our_files_is_refused_or_does_no_harm(path: Path) -> None:
    assert harms(path.read_text(encoding="utf-8"), range(2)) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_many_wrong_characters_in_our_files_are_refused_or_do_no_harm(path: Path) -> None:
    assert harms(path.read_text(encoding="utf-8"), range(2, 2 + settings().max_examples // 12)) == []


WRONG: tuple[Any, ...] = (
    None,
    5,
    -1.5,
    True,
    "",
    "x.y",
    [],
    ["a"],
    [[1]],
    {},
    {"a": 1},
    {1: {"type": []}},
    10**30,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in _places(item, (*path, key)))]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_a_value_of_any_kind_in_any_place_crashes_nothing(wrong: Any) -> None:
    places = _places(sound())[1:]
    for place in random.Random(0).sample(places, 6):
        document: Any = sound()
        part = document
        for step in place[:-1]:
            part = part[step]
        part[place[-1]] = wrong
        lint(document)
