# SPDX-License-Identifier: Apache-2.0
"""Delivery methods and recipients of forms, in both versions of the Human Input node."""

from collections import Counter
from collections.abc import Iterator

from devkit.lint.canvas import Node
from devkit.lint.finding import Problem
from devkit.lint.quoting import quoted
from devkit.lint.reading import mapping, records, selector, text
from devkit.lint.rules.rule import Subject
from devkit.lint.variables import ANY, type_of

_URL = "{{#url#}}"
_SINCE = (0, 7)  # the file format of the first Dify that knows version 2
_WORDS = 2


def deliveries(subject: Subject) -> Iterator[Problem]:
    """A form has at least one enabled delivery method or recipient, and none twice."""
    for node in subject.of_kind("human-input"):
        yield from _second_version(node) if _is_second(node) else _first_version(node)


def _first_version(node: Node) -> Iterator[Problem]:
    methods = [method for _, method in records(node.data.get("delivery_methods"), ())]
    if not any(method.get("enabled", True) is True for method in methods):
        yield Problem(node.at(), f"{node.title!r} is delivered to nobody", "enable a delivery method")
    ids = Counter(method["id"] for method in methods if text(method.get("id")))
    if any(count > 1 for count in ids.values()):
        yield Problem(
            node.at("delivery_methods"), "two delivery methods have one id", "give each its own UUID"
        )


def _second_version(node: Node) -> Iterator[Problem]:
    listed = list(records(node.data.get("recipients_spec"), node.at("recipients_spec")))
    if not listed:
        yield Problem(node.at(), f"{node.title!r} has no recipient", "add one to recipients_spec")
    seen: set[str] = set()
    for path, one in listed:
        who = quoted(one).casefold()
        if who in seen:
            yield Problem(path, "this recipient is listed twice", "remove one of the two")
        seen.add(who)
    debug = mapping(node.data.get("debug_mode"))
    if debug.get("enabled") is True and not debug.get("channels"):
        yield Problem(
            node.at("debug_mode"), "debug mode is on without a channel", "add one, or switch it off"
        )


def addresses(subject: Subject) -> Iterator[Problem]:
    """An e-mail of a form contains the link to it."""
    for node in subject.of_kind("human-input"):
        for path, method in records(node.data.get("delivery_methods"), node.at("delivery_methods")):
            body = text(mapping(method.get("config")).get("body"))
            if method.get("type") == "email" and _URL not in body:
                yield Problem(
                    (*path, "config", "body"), f"the mail does not hold {_URL}", f"add {_URL} to the body"
                )
        count = text(mapping(node.data.get("message_template")).get("body")).count(_URL)
        if _is_second(node) and count != 1:
            what = f"the message holds {_URL} {count} times"
            yield Problem(node.at("message_template", "body"), what, "write it exactly once")


def address_types(subject: Subject) -> Iterator[Problem]:
    """A variable that holds an address is of type string; Dify ignores any other."""
    for node in subject.of_kind("human-input"):
        for path, one in records(node.data.get("recipients_spec"), node.at("recipients_spec")):
            found = selector(one.get("selector"))
            kind = type_of(subject.canvas, found) if found and len(found) >= _WORDS else ANY
            if one.get("type") == "dynamic_email" and kind not in {"string", ANY}:
                what = f"{'.'.join(found or ())!r} is a {kind}, not the text of an address"
                yield Problem((*path, "selector"), what, "select a variable that holds one address")


def versions(subject: Subject) -> Iterator[Problem]:
    """A form of version 2 stands in a file of version 0.7.0 or later; an older Dify would deliver it to nobody."""
    stated = text(mapping(subject.document).get("version"))
    parts = stated.split(".")
    old = all(part.isdecimal() for part in parts) and tuple(map(int, parts[:2])) < _SINCE
    for node in subject.of_kind("human-input"):
        if _is_second(node) and old:
            what = f"the file says version {stated!r}, and {node.title!r} is for Dify 1.20"
            yield Problem(("version",), what, "write '0.7.0'")


def _is_second(node: Node) -> bool:
    return node.data.get("version") == "2"
