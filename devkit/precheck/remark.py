# SPDX-License-Identifier: Apache-2.0
"""What a check says of a package."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

type Files = Mapping[str, bytes]
"""What a package holds, by path."""


class Weight(StrEnum):
    """What the marketplace does about it: refuses the package, has a person look, or lists it."""

    BLOCKS = "blocks"
    WARNS = "warns"
    NOTED = "noted"


class Remark(NamedTuple):
    """One thing that a check found, and what to do about it."""

    weight: Weight
    text: str


type Check = Callable[[Files], Iterator[Remark]]


def blocks(text: str) -> Remark:
    """The package would be refused."""
    return Remark(Weight.BLOCKS, text)


def warns(text: str) -> Remark:
    """A reviewer will ask."""
    return Remark(Weight.WARNS, text)


def noted(text: str) -> Remark:
    """It is shown on the plugin's page, or must be disclosed."""
    return Remark(Weight.NOTED, text)


def lines(files: Files, *endings: str) -> Iterator[tuple[str, int, str]]:
    """Path, number and text of every line of the text files with one of the endings."""
    for path, data in files.items():
        if path.endswith(endings):
            for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
                yield path, number, line
