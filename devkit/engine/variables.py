# SPDX-License-Identifier: Apache-2.0
"""The variables that exist before the first node runs."""

from collections.abc import Mapping
from typing import Any

from graphon.runtime.variable_pool import VariablePool
from graphon.variables.variables import SecretVariable

from devkit.engine.workflow import Workflow


def starting_pool(
    workflow: Workflow,
    system: Mapping[str, Any],
    root_id: str,
    start: Mapping[str, Any],
    remembered: Mapping[str, Any],
) -> VariablePool:
    """`sys`, `env` and `conversation`, and under its id what the root node offers.

    `remembered` is what earlier messages made of the conversation's variables.
    """
    pool = VariablePool()
    for name, value in system.items():
        pool.add(("sys", name), value)
    for variable in workflow.environment:
        pool.add(("env", variable["name"]), _environment_value(variable))
    for variable in workflow.conversation:
        pool.add(("conversation", variable["name"]), remembered.get(variable["name"], variable["value"]))
    for name, value in start.items():
        pool.add((root_id, name), value)
    return pool


def _environment_value(variable: Mapping[str, Any]) -> Any:
    """A secret is masked in the engine's logs; a tool gets it in plain."""
    if variable.get("value_type") == "secret":
        return SecretVariable(name=variable["name"], value=variable["value"])
    return variable["value"]
