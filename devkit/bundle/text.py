# SPDX-License-Identifier: Apache-2.0
"""Prints a workflow as YAML that a person can read: stable order, text as blocks, each schema once."""

from collections.abc import Collection
from typing import Any

import yaml

from devkit.bundle.nodes import SharedSchema

_ONE_LINE = 110  # characters of a list or mapping that is printed in one line
_HEADER = "# Written by `python -m devkit bundle`; change it there.\n"


class _Writer(yaml.SafeDumper):
    """PyYAML's writer, with blocks for texts and named anchors for shared schemas only."""

    def ignore_aliases(self, data: Any) -> bool:
        return not isinstance(data, SharedSchema)

    def generate_anchor(self, node: yaml.Node) -> str:
        return str(getattr(node, "anchor_name", "shared"))

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002
        del indentless  # lists stand one step in from their key
        super().increase_indent(flow, False)  # noqa: FBT003


def _text(writer: yaml.SafeDumper, value: str) -> yaml.Node:
    style = "|" if "\n" in value else None
    return writer.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _mapping(writer: yaml.SafeDumper, value: dict[str, Any]) -> yaml.Node:
    return writer.represent_mapping(
        "tag:yaml.org,2002:map", value.items(), flow_style=_fits(value.values(), value)
    )


def _sequence(writer: yaml.SafeDumper, value: list[Any]) -> yaml.Node:
    return writer.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=_fits(value, value))


def _fits(items: Collection[Any], whole: object) -> bool:
    """True for what stands well in one line: short, and at most one list deep."""
    return len(str(whole)) <= _ONE_LINE and all(_is_plain(item) for item in items)


def _is_plain(item: object) -> bool:
    if isinstance(item, list):
        return all(isinstance(part, str) for part in item)
    return isinstance(item, str | int | float | None) and "\n" not in str(item)


def _schema(writer: yaml.SafeDumper, value: SharedSchema) -> yaml.Node:
    node = writer.represent_mapping("tag:yaml.org,2002:map", value.items())
    node.anchor_name = f"{value.name}_outputs"  # type: ignore[attr-defined] # read back by generate_anchor
    return node


_Writer.add_representer(dict, _mapping)
_Writer.add_representer(list, _sequence)
_Writer.add_representer(str, _text)
_Writer.add_representer(SharedSchema, _schema)


def as_yaml(document: dict[str, Any]) -> str:
    """The file's text."""
    body = yaml.dump(document, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=110)
    return _HEADER + body
