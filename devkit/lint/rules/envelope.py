# SPDX-License-Identifier: Apache-2.0
"""The parts of the file around the graph: version, dependencies, environment and conversation variables."""

import re
from collections.abc import Iterator

from packaging.version import InvalidVersion, Version

from devkit.lint.finding import Problem
from devkit.lint.nearest import did_you_mean
from devkit.lint.quoting import quoted
from devkit.lint.reading import mapping, records, sequence, text
from devkit.lint.rules.rule import Subject

# author/name:version@sha256 in hex, as the plugin daemon reads it.
IDENTIFIER = re.compile(
    r"(?P<plugin>[a-z0-9_-]{1,64}/[a-z0-9_-]{1,255}):\d{1,4}(\.\d{1,4}){1,3}(-\w{1,16})?@[a-f0-9]{32,64}"
)
_KEYS = {
    "marketplace": "marketplace_plugin_unique_identifier",
    "github": "github_plugin_unique_identifier",
    "package": "plugin_unique_identifier",
}


def versions(subject: Subject) -> Iterator[Problem]:
    """The version can be compared with Dify's own; otherwise the import fails."""
    said = mapping(subject.document).get("version")
    if isinstance(said, str) and said:
        try:
            Version(said)
        except InvalidVersion:
            what = f"the file says version {quoted(said)}"
            yield Problem(("version",), what, "write the version that Dify exports, such as '0.6.0'")


def dependencies(subject: Subject) -> Iterator[Problem]:
    """Plugin identifiers are complete, and where any plugin is listed, every plugin that a tool node uses is listed."""
    listed, whole = set(), True
    for path, one in records(mapping(subject.document).get("dependencies"), ("dependencies",)):
        key = _KEYS.get(text(one.get("type")), "")
        identifier = text(mapping(one.get("value")).get(key))
        match = IDENTIFIER.fullmatch(identifier)
        whole = whole and bool(match)
        if key and not match:
            remedy = "write author/name:version@checksum, as the built package says"
            yield Problem((*path, "value", key), f"the identifier is {quoted(identifier)}", remedy)
        listed.add(match["plugin"] if match else identifier.partition(":")[0])
    if not listed or not whole:
        return
    for node in subject.of_kind("tool"):
        plugin = text(node.data.get("provider_id")).rpartition("/")[0]
        if "/" in plugin and plugin not in listed:
            what = f"a node uses the plugin {plugin!r}, which `dependencies` does not list"
            yield Problem(node.at("provider_id"), what, did_you_mean(plugin, listed, "plugin"))


def variable_names(subject: Subject) -> Iterator[Problem]:
    """Environment and conversation variables have unique names and a selector that matches the name."""
    workflow = mapping(mapping(subject.document).get("workflow"))
    for place, head in (("environment_variables", "env"), ("conversation_variables", "conversation")):
        seen: set[str] = set()
        for path, one in records(workflow.get(place), ("workflow", place)):
            name = text(one.get("name"))
            if name in seen:
                yield Problem(
                    (*path, "name"), f"the variable {name!r} is there twice", "rename one of the two"
                )
            seen.add(name)
            selector = sequence(one.get("selector"))
            if selector and selector != [head, name]:
                yield Problem(
                    (*path, "selector"), f"the selector is {quoted(selector)}", f"it must be [{head}, {name}]"
                )
