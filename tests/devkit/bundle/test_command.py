# SPDX-License-Identifier: Apache-2.0
"""`python -m devkit bundle --policy FILE`: the workflow files for a policy of one's own."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from approvals.domain.policy_reader import read_policy
from approvals.domain.terms import Level
from devkit.__main__ import app
from devkit.bundle.approval import whole_form
from devkit.bundle.command import ROOT, written
from devkit.bundle.edition import edition_for, request_types
from devkit.engine import parse_workflow
from devkit.policy.forms import read_workflows

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
POLICIES = sorted((ROOT / "policies").glob("*.yaml"))
OWN = """\
version: 1
people:
  - {name: Ann Lee, email: ann@firm.example, levels: [manager]}
  - {name: Bea Roy, email: bea@firm.example, levels: [manager]}
  - {name: Vic Ode, email: vic@firm.example, levels: [vp]}
rules:
  - {name: trips, when: {request_type: [travel, conference_fee]}, then: {stages: [manager]}}
"""


def bundled(policy: Path, out: Path) -> tuple[str, dict[str, Any]]:
    """What the command says, and the graph data of each file's nodes."""
    result = CliRunner().invoke(app, ["bundle", "--policy", str(policy), "--out", str(out)])
    assert result.exit_code == 0, result.output
    return result.output, {path.name: read(path) for path in out.glob("*.yml")}


def read(path: Path) -> dict[str, Any]:
    """A file, read in C, which is several times faster and for what we write gives the same."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # type: ignore[no-any-return]  # noqa: S506 - a safe loader


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("own")
    (folder / "own.yaml").write_text(OWN)
    return bundled(folder / "own.yaml", folder / "out")


def nodes(document: dict[str, Any]) -> dict[str, Any]:
    return {node["id"]: node["data"] for node in document["workflow"]["graph"]["nodes"]}


def setting(document: dict[str, Any], name: str) -> str:
    return next(
        str(one["value"]) for one in document["workflow"]["environment_variables"] if one["name"] == name
    )


def test_every_file_is_written(own: tuple[str, dict[str, Any]]) -> None:
    assert own[1].keys() == written().keys()


def test_the_form_and_the_chat_offer_the_kinds_of_the_policy(own: tuple[str, dict[str, Any]]) -> None:
    form = {field["variable"]: field for field in nodes(own[1]["approval.yml"])["start"]["variables"]}
    chat = nodes(own[1]["approval_chat.yml"])

    assert form["request_type"]["options"] == ["travel", "conference_fee", "other"]
    assert "travel, conference_fee, other" in chat["ask_kind"]["answer"]
    words = [one["value"] for case in chat["which_kind"]["cases"] for one in case["conditions"]]
    assert {"conference_fee", "conference fee", "Travel"} <= set(words)


def test_the_policy_stands_in_one_line_and_is_the_same_policy(own: tuple[str, dict[str, Any]]) -> None:
    for name in (
        "approval.yml",
        "approval_v2.yml",
        "approval_webhook.yml",
        "approval_batch.yml",
        "approval_chat.yml",
    ):
        text = setting(own[1][name], "POLICY")
        assert "\n" not in text
        assert json.loads(text)
        assert read_policy(text).policy == read_policy(OWN).policy


def test_the_mails_go_to_all_of_the_policys_people_and_the_rest_is_told(
    own: tuple[str, dict[str, Any]],
) -> None:
    said, documents = own
    asked = nodes(documents["approval.yml"])
    to = {
        level: [
            one["email"]
            for one in asked[f"ask_{level}"]["delivery_methods"][0]["config"]["recipients"]["items"]
        ]
        for level in Level
    }

    assert to[Level.MANAGER] == ["ann@firm.example", "bea@firm.example"]
    assert to[Level.VP] == ["vic@firm.example"]
    assert "no address for director, executive" in said


@pytest.mark.parametrize("path", POLICIES, ids=[path.stem for path in POLICIES])
def test_each_shipped_policy_makes_files_that_the_engine_reads(path: Path, tmp_path: Path) -> None:
    bundled(path, tmp_path)
    kinds = request_types(read_policy(path.read_text(encoding="utf-8")).policy)

    for name in ("approval.yml", "approval_http.yml", "approval_batch.yml"):
        workflow = parse_workflow((tmp_path / name).read_text(encoding="utf-8"))
        if name == "approval.yml":
            assert tuple(workflow.nodes["start"]["variables"][1]["options"]) == kinds


def test_the_form_asks_for_what_the_policy_tests(tmp_path: Path) -> None:
    rules = [
        {"name": "a", "when": {"vendor": ["Contoso"], "cost_center": [7]}, "then": {"stages": ["vp"]}},
        {
            "name": "b",
            "when": {"context": {"site.country": ["DE", "FR"], "urgent": ["yes"], "部门": ["研发"]}},
            "then": {"stages": ["vp"]},
        },
    ]
    policy = tmp_path / "own.yaml"
    policy.write_text(json.dumps({"version": 1, "rules": rules}), encoding="utf-8")

    bundled(policy, tmp_path / "out")

    for name in ("approval.yml", "approval_desk.yml", "approval_v2.yml"):
        workflow = nodes(read(tmp_path / "out" / name))
        fields = {field["variable"]: field for field in workflow["start"]["variables"]}
        given = workflow["analyze"]["tool_parameters"]
        assert given["vendor"]["value"] == ["start", "vendor"]
        assert given["cost_center"]["value"] == ["start", "cost_center"]
        assert fields["context_site_country"]["options"] == ["DE", "FR", "other"]
        assert fields["context_urgent"]["options"] == ["yes", "no"]
        assert fields["context_urgent"]["default"] == "no"
        assert json.loads(given["context"]["value"]) == {
            "site.country": "{{#start.context_site_country#}}",
            "urgent": "{{#start.context_urgent#}}",
            "部门": "{{#start.context_2#}}",
        }
    assert [one.facts for one in read_workflows(tmp_path / "out") if one.types] == [
        {"vendor", "cost_center", "context"}
    ] * 3
    chat = read(tmp_path / "out" / "approval_chat.yml")
    lines = "Supplier: Contoso; Cost center: 4711; Site country: DE or FR or other; Urgent: yes or no"
    assert lines in chat["workflow"]["features"]["opening_statement"]
    body = nodes(read(tmp_path / "out" / "approval_http.yml"))["body"]
    for pair in ('"vendor": vendor', '"site.country": context_site_country', '"部门": context_2'):
        assert pair in body["template"]


def test_forms_ask_for_the_document_where_money_is_decided_about_and_duplicates_are_looked_for() -> None:
    money = "version: 1\nrules:\n  - {name: a, when: {amount: {to: 9}}, then: {stages: [manager]}}\n"
    asked = {
        text: {field.variable for field in whole_form(edition_for(text))}
        for text in (money, f"{money}checks: {{duplicates: off}}\n", "version: 1\n")
    }

    assert [bool(fields & {"vendor", "document_number"}) for fields in asked.values()] == [True, False, False]


def test_the_form_asks_for_what_budgets_test() -> None:
    budget = "{request_type: [event], cost_center: [7], context: {team: [a]}, period: month, amount: 9}"

    edition = edition_for(f"{{version: 1, budgets: [{budget}]}}")

    assert edition.types == ("event", "other")
    assert {field.variable for field in whole_form(edition)} >= {"cost_center", "context_team"}


def test_a_policy_that_cannot_be_read_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("version: 1\nrules: [{name: x}]\n")

    result = CliRunner().invoke(
        app, ["bundle", "--policy", str(tmp_path / "bad.yaml"), "--out", str(tmp_path / "out")]
    )

    assert result.exit_code == 2
    assert "bad.yaml" in result.output
    assert not (tmp_path / "out").exists()
