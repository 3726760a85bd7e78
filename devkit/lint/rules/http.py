# SPDX-License-Identifier: Apache-2.0
"""HTTP Request nodes: the Content-Type header against the body."""

from collections.abc import Iterator

from devkit.lint.finding import Problem
from devkit.lint.reading import mapping, text
from devkit.lint.rules.rule import Subject

# The word that the Content-Type of each kind of body holds.
_HOLDS = {
    "json": "application/json",
    "x-www-form-urlencoded": "application/x-www-form-urlencoded",
    "form-data": "multipart/form-data",
}


def content_types(subject: Subject) -> Iterator[Problem]:
    """The Content-Type header of an HTTP request matches its body."""
    for node in subject.of_kind("http-request"):
        wanted = _HOLDS.get(text(mapping(node.data.get("body")).get("type")))
        for line in text(node.data.get("headers")).splitlines():
            name, _, value = line.partition(":")
            is_type = name.strip().casefold() == "content-type" and value.strip()
            if wanted and is_type and "{{" not in value and not _fits(value, wanted):
                what = f"the header says {value.strip()!r}, and the body is {wanted!r}"
                yield Problem(node.at("headers"), what, "make them agree")


def _fits(value: str, wanted: str) -> bool:
    said = value.partition(";")[0].strip().casefold()
    return said == wanted or (wanted == "application/json" and said.endswith("+json"))
