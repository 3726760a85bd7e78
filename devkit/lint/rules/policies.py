# SPDX-License-Identifier: Apache-2.0
"""The policy that a workflow passes to this plugin's tools, and the types of request in the start form."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from approvals.domain.policy import Policy
from approvals.domain.policy_reader import read_policy
from approvals.errors import ApprovalError
from devkit.lint.finding import Path, Problem
from devkit.lint.reading import mapping, records, selector, sequence, text
from devkit.lint.references import REFERENCE
from devkit.lint.rules.rule import Subject

_DEFAULT = FilePath(__file__).resolve().parents[3] / "policies" / "default.yaml"


class Given(NamedTuple):
    """The text of a policy that a tool is given, and where it stands in the file; None where a run makes it."""

    text: str | None
    path: Path

    @property
    def said(self) -> str:
        """The text; empty where there is none."""
        return self.text if self.text and self.text.strip() else ""


def policies(subject: Subject) -> Iterator[Problem]:
    """A policy in an environment variable or a parameter can be read by the plugin."""
    for given in given_policies(subject):
        if not given.said:
            continue
        try:
            read_policy(given.said)
        except ApprovalError as error:
            yield Problem(given.path, f"the plugin refuses this policy: {error.message}", "correct it")


def request_types(subject: Subject) -> Iterator[Problem]:
    """The start form offers each type of request that the policy has a rule for."""
    for path, options in offered_types(subject):
        policy = _policy(subject)
        if policy is None:
            continue
        asked = {kind: rule.name for rule in reversed(policy.rules) for kind in rule.when.request_type or ()}
        missing = sorted(asked.keys() - {option.strip().casefold() for option in options})
        if missing:
            rules = ", ".join(repr(name) for name in dict.fromkeys(asked[kind] for kind in missing))
            kinds = ", ".join(map(repr, missing))
            what = f"the policy has rules for {kinds} ({rules}), which this field does not offer"
            yield Problem(path, what, "add the options, or take the types out of the policy")


def given_policies(subject: Subject) -> tuple[Given, ...]:
    """Every policy that a tool of this plugin is given, once each. An empty one stands for the plugin's own."""
    found: dict[Path, Given] = {}
    place = ("workflow", "environment_variables")
    variables = {
        text(one.get("name")): Given(text(one.get("value")), (*path, "value"))
        for path, one in records(mapping(mapping(subject.document).get("workflow")).get(place[-1]), place)
    }
    for node in subject.own_tools():
        parameters = mapping(node.data.get("tool_parameters"))
        if "policy" not in parameters:
            continue
        value, path = (
            mapping(parameters["policy"]).get("value"),
            node.at("tool_parameters", "policy", "value"),
        )
        literal = value if isinstance(value, str) and "{{" not in value else None
        given = variables.get(_variable(value), Given(literal, path))
        found[given.path] = given
    return tuple(found.values())


def _variable(value: Any) -> str:
    """The environment variable that a parameter is set to."""
    alone = REFERENCE.fullmatch(value.strip()) if isinstance(value, str) else None
    found = tuple(alone[1].split(".")) if alone else selector(value) or ()
    return found[1] if found[:1] == ("env",) and len(found) > 1 else ""


def _policy(subject: Subject) -> Policy | None:
    """The policy that applies; None for one that cannot be read or is not in the file, and where there are several."""
    given = given_policies(subject)
    texts = {one.said for one in given} or {""}
    if len(texts) > 1 or any(one.text is None for one in given):
        return None
    try:
        return read_policy(texts.pop() or _default()).policy
    except ApprovalError:
        return None


@lru_cache(maxsize=1)
def _default() -> str:
    return _DEFAULT.read_text(encoding="utf-8")


def offered_types(subject: Subject) -> Iterator[tuple[Path, list[str]]]:
    """The options of each field of the start form that a tool takes for the type of a request."""
    fields: Mapping[tuple[str, str], tuple[Path, Any]] = {
        (node.node_id, text(field.get("variable"))): (path, field)
        for node in subject.of_kind("start")
        for path, field in records(node.data.get("variables"), node.at("variables"))
        if field.get("type") == "select"
    }
    seen = set()
    for node in subject.own_tools():
        value = mapping(mapping(node.data.get("tool_parameters")).get("request_type")).get("value")
        alone = REFERENCE.fullmatch(value.strip()) if isinstance(value, str) else None
        found = tuple(alone[1].split(".")) if alone else selector(value) or ()
        if found in fields and found not in seen:
            seen.add(found)
            path, field = fields[found]  # type: ignore[index]  # it is among them
            yield (*path, "options"), [text(option) for option in sequence(field.get("options"))]
