# SPDX-License-Identifier: Apache-2.0
"""The policy's schema is what the models say, and an editor that uses it agrees with the plugin."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from jsonschema import Draft202012Validator

from approvals.domain.policy_reader import PolicyDocument, policy_from_document
from approvals.domain.policy_text import parse
from approvals.errors import ApprovalError
from devkit.policy_schema import CASES_TARGET, TARGET, cases_schema, main, policy_schema
from tests.approvals.domain.worlds import policies

POLICIES = sorted((Path(__file__).parents[2] / "policies").glob("*.yaml"))
SCHEMA = Draft202012Validator(json.loads(policy_schema()))
RULE: dict[str, Any] = {"name": "a", "then": {"stages": ["manager"]}}


def test_the_committed_schema_is_what_the_models_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out
    assert TARGET.is_file()
    assert CASES_TARGET.is_file()


def test_it_is_a_schema_and_explains_what_a_key_means() -> None:
    Draft202012Validator.check_schema(SCHEMA.schema)
    keys = SCHEMA.schema["properties"].items()
    assert {key for key, part in keys if "description" not in part and "$ref" not in part} <= {"rules"}


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_the_policies_to_start_from_fit(path: Path) -> None:
    # A date is a text for the plugin and for editors, which read YAML 1.2; PyYAML makes an object of it.
    assert list(SCHEMA.iter_errors(parse(path.read_text(encoding="utf-8")).document)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"currency": "dollars"},
        {"exchange_rates": {"eur": 1.08}},
        {"exchange_rates": {"EUR": 0}},
        {"exchange_rates": {"EUR": "about one"}},
        {"on_timeout": "explode"},
        {"separation_of_duties": "yes"},
        {"min_confidence": 60},
        {"approvers": {"manager": "ann@example.com"}},
        {"people": [{"name": "Ann"}]},
        {"people": [{"name": "", "levels": ["manager"]}]},
        {"people": [{"name": "Ann", "levels": []}]},
        {"people": [{"name": "Ann", "levels": ["boss"]}]},
        {"people": [{"name": "Ann", "levels": ["manager"], "email": "ann@example.com, bea@example.com"}]},
        {"people": [{"name": "Ann", "levels": ["manager"], "phone": "1"}]},
        {"titles": {"boss": "CEO"}},
        {"titles": {"vp": ""}},
        {"second_opinion": {"amount_above": 5}},
        {"rules": [{"then": {"stages": ["manager"]}}]},
        {"rules": [{**RULE, "when": {"risk": ["extreme"]}}]},
        {"rules": [{**RULE, "when": {"risk": []}}]},
        {"rules": [{**RULE, "when": {"amount": {"to": -1}}}]},
        {"rules": [{**RULE, "when": {"amount": {"up_to": 1}}}]},
        {"rules": [{**RULE, "when": {"context": {"department": "sales"}}}]},
        {"rules": [{**RULE, "when": {"context": {"department": []}}}]},
        {"rules": [{**RULE, "when": {"context": {"department": [1.5]}}}]},
        {"rules": [{**RULE, "when": {"context": {"department": [True]}}}]},
        {"rules": [{**RULE, "when": {"context": {}}}]},
        {"rules": [{**RULE, "when": {"vendor": [""]}}]},
        {"rules": [{**RULE, "text": ""}]},
        {"rules": [{"name": "a", "then": {"stages": ["boss"]}}]},
        {"rules": [{"name": "a", "then": {"stages": ["manager"], "deadline_hours": 0}}]},
        {"rules": [{"name": "a", "then": {"stages": ["manager"], "deadline_hours": 9000}}]},
        {"default": {"stages": ["manager", "director", "vp", "executive", "executive"]}},
        {"defaults": {"stages": ["manager"]}},
    ],
    ids=str,
)
def test_what_an_editor_marks_the_plugin_refuses_too(change: dict[str, Any]) -> None:
    document = {"version": 1, **change}

    assert list(SCHEMA.iter_errors(document))
    with pytest.raises(ApprovalError):
        policy_from_document(document)


@given(policies)
def test_what_the_plugin_takes_an_editor_takes_too(policy: PolicyDocument) -> None:
    assert list(SCHEMA.iter_errors(policy.document)) == []


@pytest.mark.parametrize(
    "path",
    sorted((Path(__file__).parents[2] / "policies" / "cases").glob("*.yaml")),
    ids=lambda path: path.stem,
)
def test_worked_cases_fit_their_schema_and_an_editor_finds_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    schema = Draft202012Validator(json.loads(cases_schema()))

    assert list(schema.iter_errors(yaml.safe_load(text))) == []
    assert text.startswith("# yaml-language-server: $schema=../../schemas/policy-cases.schema.json\n")
    assert list(schema.iter_errors([{"what": "a", "rule": "b", "stages": ["boss"]}]))
    assert list(schema.iter_errors([{"what": "a", "rul": "b"}]))
