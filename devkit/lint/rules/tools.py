# SPDX-License-Identifier: Apache-2.0
"""Tool nodes against the declarations in the plugin's YAML."""

import difflib
from collections.abc import Iterator
from typing import Any

from devkit.declarations import ToolDeclaration
from devkit.lint.canvas import Node
from devkit.lint.finding import Path, Problem
from devkit.lint.nearest import did_you_mean
from devkit.lint.quoting import quoted
from devkit.lint.reading import mapping, selector, text
from devkit.lint.references import REFERENCE
from devkit.lint.rules.rule import Subject
from devkit.lint.values import PARAMETERS, values_of

_MAPS = {"llm": "tool_parameters", "form": "tool_configurations"}
RETRY_SECONDS = 50
_ALIKE = 0.85  # two provider ids that differ in a letter or two


def providers(subject: Subject) -> Iterator[Problem]:
    """The names of a tool's provider agree with each other."""
    for node in subject.of_kind("tool"):
        provider = text(node.data.get("provider_id"))
        if provider not in subject.providers:
            near = difflib.get_close_matches(provider, subject.providers, n=1, cutoff=_ALIKE)
            if near:
                yield Problem(
                    node.at("provider_id"), f"there is no provider {provider!r}", f"did you mean {near[0]!r}?"
                )
        expected = {"provider_name": provider, "plugin_id": provider.rpartition("/")[0]}
        for key, name in expected.items():
            if "/" in provider and text(node.data.get(key)) not in {"", name}:
                yield Problem(
                    node.at(key), f"{key} is {quoted(node.data[key])}", f"provider_id says {name!r}"
                )


def names(subject: Subject) -> Iterator[Problem]:
    """The provider has the tool (for plugins whose declarations are at hand)."""
    for node in subject.of_kind("tool"):
        provider, name = text(node.data.get("provider_id")), text(node.data.get("tool_name"))
        if provider in subject.providers and (provider, name) not in subject.declarations:
            known = [tool for owner, tool in subject.declarations if owner == provider]
            yield Problem(
                node.at("tool_name"), f"{provider!r} has no tool {name!r}", did_you_mean(name, known, "tool")
            )


def parameters(subject: Subject) -> Iterator[Problem]:
    """The tool has each parameter; Dify drops an unknown one without a word."""
    for node, tool in _declared(subject):
        for form, place in _MAPS.items():
            known = [one.name for one in tool.parameters if (one.form == "llm") == (form == "llm")]
            for name in mapping(node.data.get(place)):
                if name not in known:
                    what = f"{tool.name!r} has no parameter {name!r} in {place}"
                    yield Problem(node.at(place, name), what, did_you_mean(name, known, "parameter"))


def required(subject: Subject) -> Iterator[Problem]:
    """Required parameters have a value."""
    for node, tool in _declared(subject):
        for parameter in tool.parameters:
            place = _MAPS["llm" if parameter.form == "llm" else "form"]
            given = mapping(node.data.get(place)).get(parameter.name)
            if parameter.required and mapping(given).get("value") in (None, "", []):
                what = f"{tool.name!r} needs the parameter {parameter.name!r}"
                yield Problem(node.at(place), what, "give it a value")


def values(subject: Subject) -> Iterator[Problem]:
    """A parameter's value matches its input type and is one that the tool takes."""
    for node in subject.of_kind("tool"):
        for place in _MAPS.values():
            for name, given in mapping(node.data.get(place)).items():
                if isinstance(given, dict) and "type" in given:
                    yield from _value(subject, node, node.at(place, name, "value"), name, mapping(given))


def output_schemas(subject: Subject) -> Iterator[Problem]:
    """The output schema of a tool node is the one of the tool."""
    for node, tool in _declared(subject):
        declared, said = tool.output_schema, node.data.get("output_schema")
        if said != declared:
            path, what = _difference(said, declared, node.at("output_schema"))
            yield Problem(path, what, f"copy output_schema from the YAML of {tool.name!r}")


def retries(subject: Subject) -> Iterator[Problem]:
    """A tool node of this plugin retries for 50 s, which outlasts a restart of the plugin daemon."""
    for node in subject.own_tools():
        config = mapping(node.data.get("retry_config"))
        count, pause = config.get("max_retries"), config.get("retry_interval")
        known = config.get("retry_enabled") is True and isinstance(count, int) and isinstance(pause, int)
        seconds = count * pause / 1000 if known else 0  # type: ignore[operator]  # both are numbers then
        if seconds < RETRY_SECONDS:
            said = f"is tried again for {seconds:g} s" if seconds else "is not tried again"
            what = f"{node.title!r} {said} when the plugin daemon restarts, and its decision is lost"
            yield Problem(node.at("retry_config"), what, "retry 10 times, 5000 ms apart")


def _declared(subject: Subject) -> Iterator[tuple[Node, ToolDeclaration]]:
    for node in subject.of_kind("tool"):
        tool = subject.declarations.get(
            (text(node.data.get("provider_id")), text(node.data.get("tool_name")))
        )
        if tool is not None:
            yield node, tool


def _value(subject: Subject, node: Node, path: Path, name: str, given: Any) -> Iterator[Problem]:
    kind, value = given.get("type"), given.get("value")
    if kind == "variable" and selector(value) is None:
        yield Problem(
            path,
            f"{name!r} is of type variable, its value is {quoted(value)}",
            "write a selector: [node, variable]",
        )
    if kind == "mixed" and not isinstance(value, str):
        yield Problem(path, f"{name!r} is of type mixed, its value is {quoted(value)}", "write a text")
    allowed = PARAMETERS.get(name) if text(node.data.get("provider_id")) in subject.providers else None
    possible = _possible(subject, kind, value)
    if allowed is not None and possible is not None and not (possible - {""}) <= allowed:
        wrong = min(possible - {""} - allowed)
        yield Problem(path, f"{name!r} is given {wrong!r}", did_you_mean(wrong, allowed, "value"))


def _possible(subject: Subject, kind: object, value: object) -> frozenset[str] | None:
    """The values that an input can have, when the file says."""
    found = selector(value)
    if kind == "variable" and found:
        return values_of(subject.canvas, found, subject.providers)
    if isinstance(value, str) and "{{" not in value:
        return frozenset({value})
    alone = REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return values_of(subject.canvas, tuple(alone[1].split(".")), subject.providers) if alone else None


def _difference(said: Any, declared: Any, path: Path) -> tuple[Path, str]:
    """The first place where the two differ."""
    if isinstance(said, dict) and isinstance(declared, dict):
        for key in declared:
            if key not in said:
                return path, f"the output {key!r} is missing"
            if said[key] != declared[key]:
                return _difference(said[key], declared[key], (*path, key))
        extra = next(str(key) for key in said if key not in declared)
        return (*path, extra), f"{extra!r} is not in the tool's own YAML"
    return path, f"{quoted(said)} differs from the tool's own YAML"
