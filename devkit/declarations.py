# SPDX-License-Identifier: Apache-2.0
"""What a plugin folder says of its tools: the parameters with their types, and the outputs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

type Declarations = Mapping[tuple[str, str], ToolDeclaration]


@dataclass(frozen=True, slots=True)
class ParameterDeclaration:
    """One parameter of a tool, in Dify's words."""

    name: str
    type: str
    form: str
    required: bool


@dataclass(frozen=True, slots=True)
class ToolDeclaration:
    """One tool as Dify knows it. `provider_id` is `author/plugin/provider`."""

    provider_id: str
    name: str
    label: str
    description: str
    parameters: tuple[ParameterDeclaration, ...]
    output_schema: Mapping[str, Any]

    def parameter(self, name: str) -> ParameterDeclaration | None:
        """The parameter of that name, or None."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


def read_declarations(plugin_folder: Path) -> Declarations:
    """The tools of the plugin in a folder, by provider id and tool name. Raises OSError, yaml.YAMLError."""
    manifest = _read(plugin_folder / "manifest.yaml")
    found: dict[tuple[str, str], ToolDeclaration] = {}
    for provider_path in manifest["plugins"].get("tools", ()):
        provider = _read(plugin_folder / provider_path)
        provider_id = f"{manifest['author']}/{manifest['name']}/{provider['identity']['name']}"
        for tool in _tools(plugin_folder, provider_id, provider.get("tools", ())):
            found[provider_id, tool.name] = tool
    return found


def read_tool(path: Path, provider_id: str) -> ToolDeclaration:
    """The tool that a YAML file declares."""
    tool = _read(path)
    return ToolDeclaration(
        provider_id=provider_id,
        name=tool["identity"]["name"],
        label=tool["identity"]["label"]["en_US"],
        description=tool["description"]["human"]["en_US"],
        parameters=tuple(_parameter(one) for one in tool.get("parameters") or ()),
        output_schema=tool.get("output_schema") or {},
    )


def _tools(folder: Path, provider_id: str, paths: Iterable[str]) -> Iterable[ToolDeclaration]:
    return (read_tool(folder / path, provider_id) for path in paths)


def _parameter(declared: Mapping[str, Any]) -> ParameterDeclaration:
    return ParameterDeclaration(
        name=declared["name"],
        type=declared["type"],
        form=declared["form"],
        required=bool(declared.get("required", False)),
    )


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document
