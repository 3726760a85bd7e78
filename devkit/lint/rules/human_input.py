# SPDX-License-Identifier: Apache-2.0
"""Forms of the Human Input node: buttons, fields, timeouts."""

import re
from collections import defaultdict
from collections.abc import Iterator

from devkit.lint.finding import Problem
from devkit.lint.nearest import did_you_mean
from devkit.lint.reading import records, text
from devkit.lint.rules.rule import Subject

MAX_HOURS = 7 * 24  # then Dify stops the run itself, without taking the timeout branch
_HOURS = {"hour": 1, "day": 24}
_DEFAULT_TIMEOUT = 36  # hours; what Dify takes when the file says nothing
_FIELD = re.compile(r"\{\{#\$output\.([^#{}]*)#\}\}")


def actions(subject: Subject) -> Iterator[Problem]:
    """A form has at least one button, and each has a unique id."""
    for node in subject.of_kind("human-input"):
        listed = list(records(node.data.get("user_actions"), node.at("user_actions")))
        if not listed:
            place = node.at("user_actions") if "user_actions" in node.data else node.at()
            yield Problem(place, f"{node.title!r} has no action", "add one to user_actions")
        seen: set[str] = set()
        for path, action in listed:
            name = text(action.get("id"))
            if name in seen:
                yield Problem((*path, "id"), f"two actions have the id {name!r}", "rename one")
            seen.add(name)


def fields(subject: Subject) -> Iterator[Problem]:
    """The text of a form shows each of its fields, and no other."""
    for node in subject.of_kind("human-input"):
        places = _FIELD.findall(text(node.data.get("form_content")))
        shown_fields = set(places)
        listed = list(records(node.data.get("inputs"), node.at("inputs")))
        names = [text(field.get("output_variable_name")) for _, field in listed]
        for name in sorted(shown_fields - set(names)):
            what = f"the form shows a field {name!r} that it does not have"
            yield Problem(node.at("form_content"), what, did_you_mean(name, names, "field"))
        for (path, _), name in zip(listed, names, strict=True):
            if name not in shown_fields:
                what, remedy = (
                    f"the field {name!r} is not in the form's text",
                    f"add {{{{#$output.{name}#}}}}",
                )
                yield Problem((*path, "output_variable_name"), what, remedy)
            if node.data.get("version") == "2" and places.count(name) > 1:
                what = f"the form shows the field {name!r} {places.count(name)} times"
                yield Problem(node.at("form_content"), what, "show it once")
            if names.count(name) > 1:
                yield Problem(
                    (*path, "output_variable_name"), f"two fields have the name {name!r}", "rename one"
                )


def field_types(subject: Subject) -> Iterator[Problem]:
    """A field of a form has a type that all versions of Dify take."""
    for node in subject.of_kind("human-input"):
        for path, field in records(node.data.get("inputs"), node.at("inputs")):
            if field.get("type") == "text_input":
                name = text(field.get("output_variable_name"))
                what = (
                    f"the field {name!r} is of type 'text_input', which Dify 1.15 and later refuse on import"
                )
                yield Problem((*path, "type"), what, "write 'paragraph'")


def timeouts(subject: Subject) -> Iterator[Problem]:
    """A form's timeout is shorter than seven days, at which Dify stops the run without a branch."""
    for node in subject.of_kind("human-input"):
        timeout, unit = (
            node.data.get("timeout", _DEFAULT_TIMEOUT),
            text(node.data.get("timeout_unit")) or "hour",
        )
        hours = timeout * _HOURS.get(unit, 1) if isinstance(timeout, int) else 0
        if hours >= MAX_HOURS:
            what = (
                f"{node.title!r} waits {timeout} {unit}s; at seven days Dify stops the run, without a branch"
            )
            yield Problem(node.at("timeout"), what, "wait less than seven days")


def parallel(subject: Subject) -> Iterator[Problem]:
    """No two forms are open at the same time; Dify may leave such a run paused for good."""
    canvas = subject.canvas
    forms = {node.node_id: node for node in subject.of_kind("human-input")}
    leaving: dict[tuple[str, str], list[str]] = defaultdict(list)
    for edge in canvas.edges if len(forms) > 1 else ():
        leaving[edge.source, edge.handle].append(edge.target)
    reported: set[str] = set()
    for (fork, _), targets in leaving.items():
        before: set[str] = set()  # the forms behind the edges looked at so far
        for target in targets if len(targets) > 1 else ():
            reached = canvas.reached_from(target) & forms.keys()
            for form in reached - reported:
                beside = before - canvas.ancestors[form] - canvas.reached_from(form)
                if beside:
                    reported.add(form)
                    what = f"{forms[min(beside)].title!r} and {forms[form].title!r} may be open at once, after {fork!r}"
                    yield Problem((*forms[form].path, "id"), what, "put one after the other")
            before |= reached


def contained(subject: Subject) -> Iterator[Problem]:
    """No form stands in a loop or iteration, which Dify before 1.18 refuses."""
    for node in subject.of_kind("human-input"):
        if node.parent:
            what = f"{node.title!r} lies inside {node.parent!r}"
            yield Problem((*node.path, "id"), what, "move it out; Dify before 1.18 refuses it there")
