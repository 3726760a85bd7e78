# SPDX-License-Identifier: Apache-2.0
"""Reads a Dify workflow file into the parts that the engine needs: the graph and the variables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from approvals.errors import shown
from devkit.paths import PathCount, count_paths

ROOT_TYPES = frozenset({"start", "trigger-webhook", "trigger-schedule", "trigger-plugin"})
NOTE = "custom-note"


class WorkflowFileError(ValueError):
    """The file is not a workflow that the engine could run."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One arrow of the canvas."""

    edge_id: str
    source: str
    handle: str
    target: str

    def __str__(self) -> str:
        return f"{self.source} -{self.handle}-> {self.target}"


@dataclass(frozen=True, slots=True, repr=False)
class Workflow:
    """A workflow, parsed once and shared by all of its runs."""

    name: str
    mode: str
    graph: Mapping[str, Any]
    environment: Sequence[Mapping[str, Any]] = ()
    conversation: Sequence[Mapping[str, Any]] = ()
    nodes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Workflow({self.name!r}, {len(self.nodes)} nodes, {len(self.edges)} edges)"

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The arrows, in the order of the file."""
        return tuple(
            Edge(edge["id"], edge["source"], edge.get("sourceHandle", "source"), edge["target"])
            for edge in self.graph["edges"]
        )

    def root(self, node_id: str | None = None) -> str:
        """The node that a run starts from: `node_id`, or the only one there is."""
        roots = [key for key, data in self.nodes.items() if data.get("type") in ROOT_TYPES]
        if node_id is None and len(roots) == 1:
            return roots[0]
        if node_id in roots:
            return str(node_id)
        raise WorkflowFileError(f"start node {shown(node_id)} is not one of {', '.join(roots) or 'none'}")

    def paths(self, root: str | None = None) -> PathCount:
        """The paths that Dify lists at a start from a root. Raises CyclicWorkflowError."""
        types = {node_id: str(data.get("type")) for node_id, data in self.nodes.items()}
        return count_paths(types, ((edge.source, edge.target) for edge in self.edges), self.root(root))

    def with_environment(self, **values: object) -> "Workflow":
        """The same workflow with environment variables set, as the person who imported it would."""
        unknown = values.keys() - {variable["name"] for variable in self.environment}
        if unknown:
            raise WorkflowFileError(f"{self.name!r} has no environment variable {', '.join(sorted(unknown))}")
        changed = [{**one, "value": values.get(one["name"], one["value"])} for one in self.environment]
        return replace(self, environment=changed)

    def with_retry_interval(self, milliseconds: int) -> "Workflow":
        """The same workflow, with this wait before a failed node is repeated. The engine really waits that long."""
        nodes = [_with_interval(node, milliseconds) for node in self.graph["nodes"]]
        return _assembled(
            self.name, self.mode, {**self.graph, "nodes": nodes}, self.environment, self.conversation
        )


def load_workflow(path: Path) -> Workflow:
    """The workflow in a file; a file that has not changed is parsed once. Raises WorkflowFileError, OSError."""
    status = path.stat()
    return _load(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=32)
def _load(path: Path, _changed: int, _size: int) -> Workflow:
    return parse_workflow(path.read_text(encoding="utf-8"))


def parse_workflow(text: str) -> Workflow:
    """The workflow in a text. Raises WorkflowFileError for anything that Dify could not run."""
    try:
        # Dify reads with this parser. The C one is faster, and takes tabs that this one refuses.
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise WorkflowFileError(f"not YAML: {error}") from None
    app = _mapping(document, "app")
    workflow = _mapping(document, "workflow")
    graph = _mapping(workflow, "graph")
    return _assembled(
        str(app.get("name", "")),
        str(app.get("mode", "")),
        {"nodes": _list(graph, "nodes"), "edges": _list(graph, "edges")},
        _list(workflow, "environment_variables"),
        _list(workflow, "conversation_variables"),
    )


def _assembled(
    name: str,
    mode: str,
    graph: Mapping[str, Any],
    environment: Sequence[Mapping[str, Any]],
    conversation: Sequence[Mapping[str, Any]],
) -> Workflow:
    nodes = {node["id"]: node["data"] for node in graph["nodes"] if node.get("type") != NOTE}
    dangling = [edge for edge in graph["edges"] if not {edge["source"], edge["target"]} <= nodes.keys()]
    if dangling:
        raise WorkflowFileError(f"edge {dangling[0].get('id')!r} leads from or to a node that does not exist")
    return Workflow(name, mode, graph, environment, conversation, nodes)


def _mapping(parent: object, key: str) -> Mapping[str, Any]:
    found = parent.get(key) if isinstance(parent, Mapping) else None
    if found is None:
        raise WorkflowFileError(f"'{key}' is missing; a Dify app file has a mapping there")
    if not isinstance(found, Mapping):
        raise WorkflowFileError(f"'{key}' is {shown(found)}; a Dify app file has a mapping there")
    return found


def _list(parent: Mapping[str, Any], key: str) -> list[Any]:
    found = parent.get(key) or []
    if not isinstance(found, list):
        raise WorkflowFileError(f"'{key}' is {shown(found)}; a Dify app file has a list there")
    return found


def _with_interval(node: Mapping[str, Any], milliseconds: int) -> Mapping[str, Any]:
    retry = node["data"].get("retry_config")
    if not retry:
        return node
    return {**node, "data": {**node["data"], "retry_config": {**retry, "retry_interval": milliseconds}}}
