# SPDX-License-Identifier: Apache-2.0
"""No input costs more than linear time: every pattern and every parser, on its own worst words up to 80 KB."""

import re
import subprocess
import sys

import pytest

from devkit.hostile.growth import growth
from devkit.hostile.pattern_words import words_of

QUADRATIC = [
    r"игнорируй\w*.{0,40}(инструкц|правил)",
    r"<\|?[a-z_]*(im_start|system)[a-z_]*\|?>",
    r"'(?:[^'\\]|\\.)*'",
    r"(?s)^```[a-zA-Z]*\s*\n(.*)\n?```\s*$",
    r"\s+$",
]


@pytest.mark.slow
def test_every_pattern_and_every_parser_takes_linear_time() -> None:
    """In a process of its own: the channel's modules patch whatever process imports them."""
    ended = subprocess.run(
        [sys.executable, "-m", "devkit", "hostile", "growth"], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "patterns that take linear time" in ended.stdout
    assert "parsers that take linear time" in ended.stdout


@pytest.mark.parametrize("source", QUADRATIC)
def test_a_quadratic_pattern_is_told_by_its_own_worst_words(source: str) -> None:
    pattern = re.compile(source)

    def search(text: str) -> None:
        for _ in pattern.finditer(text):
            pass

    assert not growth(source, search, words_of(pattern)).is_linear


def test_the_measure_tells_quadratic_work_from_linear_work() -> None:
    def compare_all(text: str) -> None:
        for start in range(0, len(text), 10):
            text[start:].count("x")

    assert not growth("compare", compare_all, ["ab"]).is_linear
    assert growth("count", lambda text: [text.count("x") for _ in range(50)], ["ab"]).is_linear
