# SPDX-License-Identifier: Apache-2.0
"""A budget of the policy over stdio: told while it is enough, and signed one level higher when it is not."""

import json
from typing import Any
from uuid import uuid4

import pytest

from devkit.host import PluginHost
from tests.plugin.test_analyze import analyze
from tests.plugin.test_route import approve, route

TOLD = {
    "en": ("**Budget**: “{name}”, 2026-01-01 to 2026-12-31", "**budget exceeded**", "A budget is not enough"),
    "zh": ("**预算**", "**超出预算**", "预算不足"),
    "ja": ("**予算**", "**予算超過**", "予算が足りない"),
    "pt": ("**Orçamento**: ", "**orçamento excedido**", "Um orçamento não é suficiente"),
}


def policy(name: str) -> str:
    return json.dumps(
        {
            "version": 1,
            "budgets": [{"name": name, "cost_center": [4711], "period": "year", "amount": 1000}],
            "checks": {"duplicates": "off", "splitting": "off", "stale_document": "off"},
            "default": {"stages": ["manager"]},
        }
    )


def ask(plugin: PluginHost, name: str, amount: int, **changes: Any) -> dict[str, Any]:
    given = {"amount": str(amount), "cost_center": "4711", "document_date": "2026-03-02", "requester": "Ann"}
    said = (
        analyze(plugin, request_id="", policy=policy(name), **{**given, **changes})
        .raise_for_error()
        .variables
    )
    return dict(said)


@pytest.mark.parametrize("language", sorted(TOLD))
def test_an_exceeded_budget_is_told_in_the_brief_and_the_next_level_signs_too(
    plugin: PluginHost, language: str
) -> None:
    name = f"IT {uuid4().hex}"
    within, beyond = ask(plugin, name, 700, language=language), ask(plugin, name, 301, language=language)
    briefs = [route(plugin, one["request_id"], "submit")["brief"] for one in (within, beyond)]
    budget, exceeded, why = TOLD[language]

    assert (within["findings"], [one["code"] for one in beyond["findings"]]) == ([], ["budget"])
    assert budget.format(name=name) in briefs[0]
    assert "70 %" in briefs[0]
    assert exceeded not in briefs[0]
    assert exceeded in briefs[1]
    assert why in briefs[1]
    assert "1,001 USD of 1,000 USD" in briefs[1]
    first = approve(plugin, beyond["request_id"], "Mia", "manager")
    assert (first["state"], first["next_step"]) == ("under_review", "review_director")


def test_what_is_rejected_is_free_again_and_what_is_approved_is_not(plugin: PluginHost) -> None:
    name = f"IT {uuid4().hex}"
    approved, rejected = ask(plugin, name, 500), ask(plugin, name, 500)
    for one in (approved, rejected):
        route(plugin, one["request_id"], "submit")
    approve(plugin, approved["request_id"], "Mia", "manager")
    assert [one["code"] for one in ask(plugin, name, 1)["findings"]] == ["budget"]
    route(plugin, rejected["request_id"], "reject", actor="Mia", actor_level="manager")

    assert ask(plugin, name, 499)["findings"] == []
    assert [one["code"] for one in ask(plugin, name, 1)["findings"]] == ["budget"]


def test_a_policy_with_a_wrong_budget_is_refused_with_the_line(plugin: PluginHost) -> None:
    wrong = "version: 1\nbudgets:\n  - {name: IT, period: week, amount: 5}\n"
    said = analyze(plugin, request_id="", policy=wrong).raise_for_error().variables

    assert (said["status"], said["error_code"]) == ("refused", "bad_policy")
    assert (
        "budgets[0].period: found 'week'; allowed: 'month', 'quarter' or 'year' (line 3"
        in said["error_message"]
    )
