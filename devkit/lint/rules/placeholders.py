# SPDX-License-Identifier: Apache-2.0
"""Placeholder addresses, at the domains that RFC 2606 reserves for examples."""

import re
from collections.abc import Iterator

from approvals.domain.policy_reader import read_policy
from approvals.errors import ApprovalError
from devkit.lint.canvas import Node
from devkit.lint.finding import Path, Problem
from devkit.lint.reading import mapping, records, text
from devkit.lint.rules.policies import given_policies
from devkit.lint.rules.rule import Subject

_RESERVED = re.compile(
    r"[^\s@<>,;\"']+@(?:[^\s@<>,;\"']+\.)?(?:example\.(?:com|net|org)|example|test|invalid|localhost)\.?",
    re.IGNORECASE,
)


def addresses(subject: Subject) -> Iterator[Problem]:
    """No form and no policy uses an address at a reserved domain such as example.com."""
    for node in subject.of_kind("human-input"):
        for path, address in _recipients(node):
            if _RESERVED.fullmatch(address.strip()):
                what = f"{node.title!r} is sent to {address!r}, an address that nobody has"
                yield Problem(path, what, "put the real one there")
    for given in given_policies(subject):
        if not given.said:
            continue
        try:
            document = read_policy(given.said).document
        except ApprovalError:
            continue  # the rule `policy` reports it
        for address in sorted({one for one in _texts(document) if _RESERVED.fullmatch(one.strip())}):
            what = f"the policy names {address!r}, an address that nobody has"
            yield Problem(given.path, what, "put the real one there")


def _recipients(node: Node) -> Iterator[tuple[Path, str]]:
    for where, method in records(node.data.get("delivery_methods"), node.at("delivery_methods")):
        config = mapping(method.get("config"))
        path = (*where, "config", "recipients", "items")
        for place, one in records(mapping(config.get("recipients")).get("items"), path):
            if method.get("enabled", True) is True:
                yield (*place, "email"), text(one.get("email"))
    for place, one in records(node.data.get("recipients_spec"), node.at("recipients_spec")):
        yield (*place, "email"), text(one.get("email"))


def _texts(value: object) -> Iterator[str]:
    """Every text in a document, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
