# SPDX-License-Identifier: Apache-2.0
"""The package's files, as their own text says."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]

type Document = dict[str, Any]


def document(path: str) -> Document:
    """A YAML file of the package."""
    loaded: Document = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    return loaded


MANIFEST = document("manifest.yaml")
PROVIDER = document(MANIFEST["plugins"]["tools"][0])
TOOLS: Mapping[str, Document] = {tool["identity"]["name"]: tool for tool in map(document, PROVIDER["tools"])}
ENDPOINT_GROUP = document(MANIFEST["plugins"]["endpoints"][0])
ENDPOINTS: Mapping[str, Document] = {path: document(path) for path in ENDPOINT_GROUP["endpoints"]}
DOCUMENTS = {"manifest": MANIFEST, "provider": PROVIDER, "endpoints": ENDPOINT_GROUP, **TOOLS}


def nodes(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every part of a document with its path, the whole included."""
    yield path, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from nodes(part, f"{path}.{key}")
