# SPDX-License-Identifier: Apache-2.0
import yaml

from devkit.bundle.nodes import SharedSchema
from devkit.bundle.text import as_yaml


def test_a_schema_is_printed_once_and_read_back_everywhere() -> None:
    schema = SharedSchema("act", {"type": "object", "properties": {"said": {"type": "string"}}})

    text = as_yaml({"one": {"output_schema": schema}, "two": {"output_schema": schema}})

    assert text.count("properties") == 1
    assert "&act_outputs" in text
    assert yaml.safe_load(text) == {key: {"output_schema": dict(schema)} for key in ("one", "two")}


def test_long_texts_stand_as_blocks_and_short_lists_in_one_line() -> None:
    text = as_yaml({"template": "one\ntwo\n", "selector": ["start", "content"]})

    assert "template: |\n  one\n  two\n" in text
    assert "selector: [start, content]\n" in text
    assert yaml.safe_load(text) == {"template": "one\ntwo\n", "selector": ["start", "content"]}


def test_nothing_else_is_shared() -> None:
    same = {"x": 80, "y": 300}

    assert "&" not in as_yaml({"position": same, "positionAbsolute": same})
