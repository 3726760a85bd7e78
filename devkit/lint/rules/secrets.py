# SPDX-License-Identifier: Apache-2.0
"""Secrets and saved credentials, which a shared file must not contain."""

import re
from collections.abc import Iterator

from devkit.lint.finding import Path, Problem
from devkit.lint.reading import mapping, records, text
from devkit.lint.rules.rule import Subject

_LOOKS_SECRET = re.compile(
    r"\bsk-[A-Za-z0-9_-]{16,}|\bgh[pousr]_[A-Za-z0-9]{30,}|\bAKIA[0-9A-Z]{16}\b|\bwhsec_[A-Za-z0-9+/=]{16,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bapp-[A-Za-z0-9]{24}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bBearer\s+[A-Za-z0-9._~+/-]{16,}"
)
_REMEDY = "put it into an environment variable of type secret and leave that empty in the file"


def environment_secrets(subject: Subject) -> Iterator[Problem]:
    """A secret environment variable has no value in the file."""
    workflow = mapping(mapping(subject.document).get("workflow"))
    for path, one in records(workflow.get("environment_variables"), ("workflow", "environment_variables")):
        if one.get("value_type") == "secret" and one.get("value"):
            what = f"the secret {text(one.get('name'))!r} has a value"
            yield Problem(
                (*path, "value"), what, "leave it empty; the person who imports the file fills it in"
            )


def literal_secrets(subject: Subject) -> Iterator[Problem]:
    """No text looks like an API key or a private key. The message does not repeat it."""
    for path, value in _texts(mapping(subject.document).get("workflow"), ("workflow",)):
        found = _LOOKS_SECRET.search(value)
        if found and "{{#" not in found[0]:
            yield Problem(path, f"a text that looks like a secret ({len(found[0])} characters)", _REMEDY)
    for node in subject.of_kind("http-request"):
        config = mapping(mapping(node.data.get("authorization")).get("config"))
        key = text(config.get("api_key"))
        if key and "{{#" not in key:
            yield Problem(
                node.at("authorization", "config", "api_key"), "the API key is in the file", _REMEDY
            )


def credential_ids(subject: Subject) -> Iterator[Problem]:
    """No node refers to a saved credential, which exists in one workspace only."""
    for node in subject.of_kind("tool", "agent"):
        if node.data.get("credential_id"):
            what = f"{node.title!r} names a saved credential"
            yield Problem(
                node.at("credential_id"), what, "remove credential_id; it is chosen after the import"
            )


def _texts(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in mapping(value).items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, (*path, number))
