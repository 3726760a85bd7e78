# SPDX-License-Identifier: Apache-2.0
"""No input costs more than linear time: every pattern and every parser, on its own worst words.

Parsers up to 80 KB, patterns up to 32 KB here; `make hostile ARGS=growth` measures both up to 80 KB.
"""

import re
import subprocess
import sys

import pytest

from devkit.hostile.growth import growth
from devkit.hostile.pattern_words import words_of

QUADRATIC = [
    r"<\|?[a-z_]*(im_start|system)[a-z_]*\|?>",
    r"'(?:[^'\\]|\\.)*'",
    r"(?s)^```[a-zA-Z]*\s*\n(.*)\n?```\s*$",
    r"\s+$",
]
SMALL = (2_000, 4_000, 8_000, 16_000)
MEASURE = """
import sys
from devkit.hostile import growth, report
row = report.parsers_row() if sys.argv[1] == "parsers" else report.patterns_row(growth.SMALLER_SIZES)
print(row.name, row.found, *row.details, sep="\\n")
sys.exit(not row.as_it_should_be)
"""


@pytest.mark.slow
@pytest.mark.parametrize("what", ["patterns", "parsers"])
def test_every_pattern_and_every_parser_takes_linear_time(what: str) -> None:
    """In a process of its own: the channel's modules patch whatever process imports them."""
    ended = subprocess.run([sys.executable, "-c", MEASURE, what], capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{what} that take linear time" in ended.stdout


@pytest.mark.parametrize("source", QUADRATIC)
def test_a_quadratic_pattern_is_told_by_its_own_worst_words(source: str) -> None:
    pattern = re.compile(source)

    def search(text: str) -> None:
        for _ in pattern.finditer(text):
            pass

    assert not growth(source, search, words_of(pattern), SMALL).is_linear


def test_the_measure_tells_quadratic_work_from_linear_work() -> None:
    def compare_all(text: str) -> None:
        for start in range(0, len(text), 2):
            text[start:].count("x")

    assert not growth("compare", compare_all, ["ab"]).is_linear
    assert growth("count", lambda text: [text.count("x") for _ in range(50)], ["ab"]).is_linear
