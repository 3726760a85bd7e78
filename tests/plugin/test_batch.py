# SPDX-License-Identifier: Apache-2.0
"""`analyze_batch` over stdio: a line for each request, shared calls, bad input, progress, bounds."""

import itertools
import json
from typing import Any
from uuid import uuid4

import pytest

from devkit.host import LONG_LINE, PluginHost, ToolAnswer
from devkit.llm_stub import LlmStub, Outcome
from tests.package.declared import output_names
from tests.plugin.conftest import credentials_for
from tests.plugin.test_analyze import DESK, analyze
from tests.plugin.test_bad_input import refusal

_NUMBERS = itertools.count()


def desks(count: int, **changes: object) -> list[dict[str, Any]]:
    """Different requests with ids and vendors of their own."""
    batch = next(_NUMBERS)
    return [
        {
            **DESK,
            "request_id": f"batch-{batch}-{n}",
            "content": f"Desk {n} for the office.",
            "vendor": f"Joiner {batch} {n}",
            **changes,
        }
        for n in range(count)
    ]


def analyze_batch(plugin: PluginHost, requests: object, **changes: object) -> ToolAnswer:
    given = {"requests": requests if isinstance(requests, str) else json.dumps(requests), **changes}
    return plugin.invoke_tool("analyze_batch", given)


def batch(plugin: PluginHost, requests: object, **changes: object) -> dict[str, Any]:
    return analyze_batch(plugin, requests, **changes).raise_for_error().variables


def documents(stub: LlmStub) -> list[list[dict[str, Any]]]:
    """The requests in each call that the endpoint got."""
    return [json.loads(one.json["messages"][1]["content"])["requests"] for one in stub.requests]


def test_a_months_purchases_share_calls_and_come_back_in_order(plugin: PluginHost, stub: LlmStub) -> None:
    stub.requests.clear()
    asked = desks(40)
    said = batch(plugin, asked)

    assert (said["status"], said["total"], said["succeeded"], said["failed"]) == ("ok", 40, 40, 0)
    assert [line["index"] for line in said["results"]] == list(range(40))
    assert [line["request_id"] for line in said["results"]] == [one["request_id"] for one in asked]
    assert said["calls_made"] == stub.requests.count == 5
    assert said["tokens_used"] == sum(line["tokens_used"] for line in said["results"])
    assert said["total_cost_usd"] == pytest.approx(
        sum(line["cost_usd"] for line in said["results"]), abs=0.000_001
    )
    assert said["tokens_saved"] > said["tokens_used"] / 2
    assert 0 < said["p50_latency_ms"] <= said["p95_latency_ms"] <= said["p99_latency_ms"]


def test_the_variables_are_those_that_the_tool_declares_and_none_is_null(plugin: PluginHost) -> None:
    declared = output_names("analyze_batch")
    fine = batch(plugin, desks(2))
    mixed = analyze_batch(plugin, [*desks(1), {"content": ""}]).raise_for_error()

    unread = analyze_batch(plugin, []).raise_for_error().variables

    assert set(fine) == set(mixed.variables) == set(unread) == declared
    assert (unread["status"], unread["error_code"]) == ("refused", "bad_parameter")
    assert fine["request_ids"] == [line["request_id"] for line in fine["results"]]
    assert len(mixed.variables["request_ids"]) == 1
    assert "| 1 | – | refused | content is required" in mixed.text
    lines = [*fine["results"], *mixed.variables["results"]]
    assert None not in [*fine.values(), *mixed.variables.values(), *unread.values()]
    assert not any(value is None for line in lines for value in line.values())
    assert mixed.json == [mixed.variables]
    assert "1 of 2 analysed, 1 failed" in mixed.text


def test_the_analyses_are_those_of_single_calls(plugin: PluginHost) -> None:
    asked = desks(10)
    for number, one in enumerate(asked):
        one["amount"] = str(10**number)
    others = [
        {**one, "request_id": "", "vendor": f"{one['vendor']} the Elder"} for one in asked
    ]  # no duplicates
    alone = [analyze(plugin, **one).raise_for_error().variables for one in others]
    packed = batch(plugin, asked)["results"]

    words = ("risk_level", "suggested_level", "auto_approve_eligible", "confidence", "summary", "flags")
    assert [[line[word] for word in words] for line in packed] == [
        [said[word] for word in words] for said in alone
    ]


def test_a_list_knows_its_own_duplicates_and_the_policys_route(plugin: PluginHost) -> None:
    first, again = desks(2, vendor="Contoso", document_number="7", requester="Mia", amount="600")
    (alone,) = batch(plugin, [first])["results"]
    (other,) = batch(plugin, [{**again, "document_number": "INV-0007"}])["results"]

    assert (alone["findings"], alone["stages"]) == ([], ["manager"])
    assert {(one["code"], one["other_request"]) for one in other["findings"]} >= {
        ("duplicate_document", first["request_id"])
    }
    assert "policy rule 'team-budget'" in other["reason"]


def test_of_two_bills_in_one_list_each_names_the_other_and_neither_may_pass(plugin: PluginHost) -> None:
    vendor = f"Vendor {uuid4().hex}"
    first, again = desks(2, vendor=vendor, document_number="7", requester="Mia", amount="60")
    results = batch(plugin, [first, {**again, "requester": "Bo", "document_number": "INV-007"}])["results"]

    names = [{one["other_request"] for one in each["findings"]} for each in results]
    assert names == [{again["request_id"]}, {first["request_id"]}]
    assert not any(each["auto_approve_eligible"] for each in results)


def test_two_requesters_never_share_a_call_and_nobody_shares_with_nobody(
    plugin: PluginHost, stub: LlmStub
) -> None:
    stub.requests.clear()
    asked = desks(24)
    for number, one in enumerate(asked):
        one["requester"] = ("Ann", "Bea", "")[number % 3]
    whose = {one["request_id"]: one["requester"] for one in asked}
    batch(plugin, asked)

    calls = [[whose[entry["id"]] for entry in entries] for entries in documents(stub)]
    assert all(len(set(call)) == 1 for call in calls)
    assert sorted(map(len, calls)) == [1] * 8 + [8, 8]


def test_every_request_is_stored_and_can_be_decided(plugin: PluginHost) -> None:
    line = batch(plugin, desks(3))["results"][2]
    routed = plugin.invoke_tool("route_approval", {"request_id": line["request_id"], "event": "submit"})

    assert line["version"] == 2
    assert routed.raise_for_error().variables["state"] == "approved"


def test_one_request_that_the_model_refuses_is_one_dead_letter(plugin: PluginHost, stub: LlmStub) -> None:
    asked = desks(16)
    asked[5]["content"] = "Desk with a forbidden word"
    stub.always(Outcome.NULL_CONTENT, contains="forbidden word")
    said = batch(plugin, asked)

    statuses = [line["status"] for line in said["results"]]
    assert statuses == ["ok"] * 5 + ["manual_review"] + ["ok"] * 10
    assert (said["status"], said["succeeded"], said["failed"]) == ("manual_review", 15, 1)
    assert said["error_code"] == said["results"][5]["error_code"] == "model_reply_invalid"
    stub.clear()
    replayed = plugin.invoke_tool("replay_dead_letters", {"request_id": asked[5]["request_id"]})
    assert replayed.raise_for_error().variables["recovered"] == [asked[5]["request_id"]]


@pytest.mark.parametrize("outcome", [Outcome.MISSING_ID, Outcome.CUT_OFF, Outcome.PROSE])
def test_a_reply_that_cannot_be_used_is_asked_again_then_split(
    plugin: PluginHost, stub: LlmStub, outcome: Outcome
) -> None:
    stub.script(outcome, times=2)
    said = batch(plugin, desks(8))

    assert (said["succeeded"], said["calls_made"]) == (8, 4)


def test_without_a_model_every_request_is_kept_for_a_person(plugin: PluginHost, stub: LlmStub) -> None:
    stub.always(Outcome.STATUS_503)
    credentials = credentials_for(stub, base_url=f"{stub.base_url}/b{next(_NUMBERS)}", deadline_seconds="3")
    given = {"requests": json.dumps(desks(9))}
    said = plugin.invoke_tool("analyze_batch", given, credentials=credentials).raise_for_error().variables

    assert (said["succeeded"], said["failed"]) == (0, 9)
    assert {line["status"] for line in said["results"]} == {"manual_review"}
    assert all(line["request_id"] for line in said["results"])


def test_a_key_that_the_endpoint_refuses_leaves_the_requests_that_were_begun_to_people(
    plugin: PluginHost, stub: LlmStub
) -> None:
    answer = plugin.invoke_tool(
        "analyze_batch",
        {"requests": json.dumps(desks(3))},
        credentials=credentials_for(stub, api_key="another-key-altogether"),
    )

    said = answer.raise_for_error().variables
    assert (said["status"], said["error_code"]) == ("manual_review", "bad_parameter")
    assert [line["status"] for line in said["results"]] == ["manual_review"] * 3
    assert all(line["request_id"] for line in said["results"])
    assert "another-key-altogether" not in str(answer.messages)


@pytest.mark.parametrize(
    ("bad", "shown"),
    [
        ({"content": "A desk", "amount": "9.000 EUR"}, "amount has two readings, 9.000 and 9000"),
        (
            {"content": "A desk", "context": {"a": [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}},
            "context is nested",
        ),
        ({"content": "x" * 2_097_152}, "content has 2,097,152 bytes"),
        ({"amount": "12"}, "content is required"),
        ({}, "content is required"),
        ("A desk", "must be an object"),
        (None, "must be an object"),
        ([], "must be an object"),
        ({"content": "A desk", "request_id": "../etc"}, "request_id must begin"),
        ({"content": "A desk", "context": [1]}, "context must be a JSON object"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_bad_request_among_good_ones_has_a_line_that_says_why(
    plugin: PluginHost, bad: object, shown: str
) -> None:
    first, last = desks(2)
    said = batch(plugin, [first, bad, last])

    assert [line["status"] for line in said["results"]] == ["ok", "refused", "ok"]
    line = said["results"][1]
    assert (line["error_code"], line["request_id"], line["risk_level"]) == ("bad_parameter", "", "high")
    assert shown in line["error_message"]
    assert len(line["error_message"]) < 500


def test_an_id_or_a_key_that_comes_twice_is_refused_the_second_time(plugin: PluginHost) -> None:
    one, two, three = desks(3)
    keyed = [{**two, "idempotency_key": one["request_id"]}, {**three, "idempotency_key": one["request_id"]}]
    said = batch(plugin, [one, {**one, "amount": "301"}, *keyed])

    assert [line["status"] for line in said["results"]] == ["ok", "refused", "ok", "refused"]
    assert "index 0" in said["results"][1]["error_message"]
    assert said["results"][3]["error_message"].startswith("idempotency_key")


def test_an_id_that_stands_for_something_else_is_refused_in_its_line(plugin: PluginHost) -> None:
    one, two = desks(2)
    batch(plugin, [one])
    said = batch(plugin, [{**one, "amount": "301"}, two])

    assert [line["error_code"] for line in said["results"]] == ["already_exists", ""]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "[]",
        "  [ ]  ",
        "no list",
        "{}",
        '{"content": "A desk"}',
        "12",
        "null",
        '[{"content": "A desk"}',
        '[{"content": "A desk"}] and more',
        '[{"content": "A desk"} {"content": "A desk"}]',
        "[{'content': __import__('os').system('true')}]",
        "[" * 100_000,
        json.dumps([{"content": "A desk"}] * 10_001),
    ],
    ids=lambda value: value[:25],
)
def test_what_is_no_list_of_1_to_10_000_requests_is_refused_as_a_whole(
    plugin: PluginHost, value: str
) -> None:
    message = refusal(plugin, "analyze_batch", {"requests": value})

    assert message.startswith("bad_parameter: requests ")
    assert len(message) < 500


@pytest.mark.parametrize("name", ["policy", "max_concurrency", "model"])
def test_what_is_wrong_for_all_is_refused_by_name(plugin: PluginHost, name: str) -> None:
    given = {"requests": json.dumps(desks(1)), name: "\x00 [no"}

    assert name in refusal(plugin, "analyze_batch", given)


def test_the_notation_that_dify_makes_of_a_list_is_read(plugin: PluginHost) -> None:
    asked = desks(3, context={"note": 'It\'s "fine", [really] {so}', "urgent": True, "nothing": None})

    assert batch(plugin, repr(asked))["succeeded"] == 3
    assert plugin.invoke_tool("analyze_batch", {"requests": desks(2)}).variables["succeeded"] == 2
    assert batch(plugin, json.dumps(json.dumps(desks(2))))["succeeded"] == 2
    assert batch(plugin, '[{"content": "A desk"},]')["succeeded"] == 1


def test_progress_is_told_at_every_tenth(plugin: PluginHost) -> None:
    answer = analyze_batch(plugin, desks(50)).raise_for_error()

    assert [log["data"]["done"] for log in answer.logs] == list(range(5, 51, 5))
    assert answer.logs[-1]["label"] == "50 of 50 requests done"


def test_no_more_calls_are_in_flight_than_were_allowed(plugin: PluginHost, stub: LlmStub) -> None:
    stub.requests.clear()
    batch(plugin, desks(30, requester=""), max_concurrency="3")

    assert stub.requests.count == 30
    assert stub.requests.max_in_flight <= 3


def test_the_first_results_are_given_where_not_all_fit_into_a_message(plugin: PluginHost) -> None:
    said = batch(plugin, [*desks(2), *[{"content": "A desk", "amount": "no number at all " * 20}] * 4_000])

    assert (said["total"], said["succeeded"], said["failed"]) == (4_002, 2, 4_000)
    assert said["results_left_out"] == 4_002 - len(said["results"]) > 0
    assert plugin.longest_line < LONG_LINE


def test_what_was_left_out_is_read_from_the_cursor_on(plugin: PluginHost) -> None:
    stuffing = [{"content": "A desk", "amount": "no number at all " * 20}] * 3_000
    left_out = desks(20)
    said = batch(plugin, [*stuffing, *left_out])
    batch(plugin, desks(3))

    found = plugin.invoke_tool("find_approvals", {"cursor": said["next_cursor"], "limit": "20"})
    read = {one["request_id"] for one in found.raise_for_error().variables["approvals"]}
    assert read == {one["request_id"] for one in left_out}
