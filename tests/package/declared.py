# SPDX-License-Identifier: Apache-2.0
"""What the tools' YAML files declare."""

from pathlib import Path

import yaml

TOOLS = Path(__file__).parents[2] / "tools"


def output_names(tool: str) -> set[str]:
    """The names of a tool's output variables."""
    declared = yaml.safe_load((TOOLS / f"{tool}.yaml").read_text(encoding="utf-8"))
    return set(declared["output_schema"]["properties"])
