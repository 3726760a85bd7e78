# SPDX-License-Identifier: Apache-2.0
"""The types of request that the forms of workflow files offer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml

from devkit.declarations import read_declarations
from devkit.lint.canvas import read_canvas
from devkit.lint.rules.policies import offered_types
from devkit.lint.rules.rule import Subject

_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C reads nine workflows in the time that the other one takes for one."""
_PLUGIN: Final = Path(__file__).resolve().parents[2]


def types_offered(folder: Path) -> Mapping[str, frozenset[str]]:
    """By file name, the types in the start form; a file without such a form, or that cannot be read, is left out."""
    tools = read_declarations(_PLUGIN)
    found = {}
    for file in sorted(folder.glob("*.yml")):
        try:
            document = yaml.load(file.read_bytes(), Loader=_Loader)  # noqa: S506 - it is the safe one
        except yaml.YAMLError:
            continue
        subject = Subject(document, read_canvas(document), tools)
        kinds = {kind.strip().casefold() for _, options in offered_types(subject) for kind in options}
        if kinds:
            found[file.name] = frozenset(kinds)
    return found
