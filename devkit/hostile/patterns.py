# SPDX-License-Identifier: Apache-2.0
"""Every regular expression of the package, wherever it is kept, tried on its own worst words."""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import approvals
from approvals.analysis.injection import signals
from devkit.hostile.growth import SIZES, Growth, Sizes, growth
from devkit.hostile.pattern_words import words_of

_DEEPEST: Final = 4
_WORDS_OF_A_PATTERN: Final = 40
_WORDS_OF_A_SIGNAL: Final = 6  # there are hundreds, all built alike


def every_pattern() -> dict[str, re.Pattern[Any]]:
    """The expressions in the modules of `approvals`, by where they stand."""
    found: dict[str, re.Pattern[Any]] = {}
    seen: set[int] = set()
    for module in pkgutil.walk_packages(approvals.__path__, "approvals."):
        for name, value in vars(importlib.import_module(module.name)).items():
            for place, pattern in _patterns(value, name, _DEEPEST):
                if id(pattern) not in seen:
                    seen.add(id(pattern))
                    found[f"{module.name}.{place}"] = pattern
    for number, signal in enumerate(signals()):
        found[f"approvals.analysis.injection.signals[{number}]"] = signal.pattern
    return found


def _patterns(value: object, place: str, depth: int) -> Iterator[tuple[str, re.Pattern[Any]]]:
    if isinstance(value, re.Pattern):
        yield place, value
    elif depth and isinstance(value, Mapping):
        for key, each in value.items():
            yield from _patterns(each, f"{place}[{key!r}]", depth - 1)
    elif depth and isinstance(value, tuple | list | frozenset | set):
        for number, each in enumerate(value):
            yield from _patterns(each, f"{place}[{number}]", depth - 1)


def pattern_growth(name: str, pattern: re.Pattern[Any], sizes: Sizes = SIZES) -> Growth:
    """How the use of `pattern` grows, in the ways that the package uses it."""
    methods = _methods_of(name.rpartition(".")[2])

    def use(text: str) -> None:
        given = text.encode() if isinstance(pattern.pattern, bytes) else text
        for method in methods:
            if method == "search":
                for _ in pattern.finditer(given):
                    pass
            else:
                getattr(pattern, method)(given)

    most = _WORDS_OF_A_SIGNAL if "signals[" in name else _WORDS_OF_A_PATTERN
    return growth(name, use, words_of(pattern, most=most), sizes)


def _methods_of(name: str) -> list[str]:
    """How the package uses what it calls `name`: from a text's start, on the whole of it, or anywhere."""
    used = set(re.findall(rf"\b{re.escape(name)}\.(\w+)\(", _sources()))
    anchored = sorted(used & {"match", "fullmatch"})
    return anchored if used and used <= {"match", "fullmatch"} else [*anchored, "search"]


@cache
def _sources() -> str:
    """Every source of the package, together."""
    root = Path(approvals.__path__[0])
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(root.rglob("*.py")))
