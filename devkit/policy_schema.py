# SPDX-License-Identifier: Apache-2.0
"""Writes the schemas of a policy and of its worked cases from their models: `python -m devkit.policy_schema [--check]`.

With it an editor completes keys, shows what they mean and marks what the plugin would refuse. What one key
asks of another (`stages` that rise, names that are unique) only the plugin's own reader can say.
"""

import json
import sys
from pathlib import Path
from typing import Any

from approvals.domain.policy import Policy
from devkit.policy.cases import Cases

_FOLDER = Path(__file__).parents[1] / "schemas"
TARGET = _FOLDER / "policy.schema.json"
CASES_TARGET = _FOLDER / "policy-cases.schema.json"
_NUMBER_AS_TEXT = r"^[0-9]+(\.[0-9]+)?$"
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum"}


def policy_schema() -> str:
    """The schema of a policy (JSON Schema, Draft 2020-12)."""
    return _text(Policy.model_json_schema(by_alias=True), "Approval policy")


def cases_schema() -> str:
    """The schema of a file of worked cases."""
    return _text(Cases.model_json_schema(by_alias=True), "Worked cases of an approval policy")


def main(arguments: list[str]) -> int:
    """Write the files, or compare them. Returns 1 when `--check` finds one that is out of date."""
    check, stale = "--check" in arguments, False
    for target, text in ((TARGET, policy_schema()), (CASES_TARGET, cases_schema())):
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        stale = True
        if not check:
            target.write_text(text, encoding="utf-8")
        print(f"schemas/{target.name}: {'out of date' if check else 'written'}")
    return int(check and stale)


def _text(generated: dict[str, Any], title: str) -> str:
    body = _readable(generated)
    body["title"] = title
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **body}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _readable(value: Any) -> Any:
    """What pydantic generates, in the standard's own words: it leaves some bounds in those of Python."""
    if isinstance(value, list):
        return [_readable(part) for part in value]
    if not isinstance(value, dict):
        return value
    if {"ge", "gt", "le"} & value.keys():
        return _number(value)
    renamed = {
        ("maxItems" if key == "maxLength" and value.get("type") == "array" else key): _readable(part)
        for key, part in value.items()
    }
    return {**renamed, "additionalProperties": False} if "patternProperties" in value else renamed


def _number(value: dict[str, Any]) -> dict[str, Any]:
    """A number within its bounds, or the same as text, which YAML does not round."""
    bounds = {word: _plain(value[name]) for name, word in _BOUNDS.items() if name in value}
    either = [{"type": "number", **bounds}, {"type": "string", "pattern": _NUMBER_AS_TEXT}]
    rest = {key: part for key, part in value.items() if key not in {"anyOf", *_BOUNDS}}
    return {**rest, "anyOf": either}


def _plain(bound: str | float) -> int:
    return int(float(bound))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
