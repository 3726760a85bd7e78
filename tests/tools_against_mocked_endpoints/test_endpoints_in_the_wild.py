# SPDX-License-Identifier: Apache-2.0
"""`analyze_approval` against what public endpoints, resellers and proxies really answer (`in_the_wild.json`)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from approvals.settings import Settings
from tests.approvals.llm.callers import StillClock
from tests.approvals.llm.reply.test_errors import ERRORS
from tests.tools_against_mocked_endpoints.conftest import DESKS, Plugin
from tests.tools_against_mocked_endpoints.mocked_endpoint import (
    MockedEndpoint,
    analysis,
    asked_in,
    completion,
    text,
)

WILD: dict[str, Any] = json.loads((Path(__file__).parent / "in_the_wild.json").read_text())
FINE = completion(analysis())
MORE_THAN_THE_BREAKER_TAKES = 12


def raw(case: dict[str, Any], status: int | None = None) -> httpx.Response:
    body = case["body"]
    content = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return httpx.Response(
        case.get("status", status),
        headers=case.get("headers"),
        content="\n" * case.get("blanks", 0) + content,
    )


def told(case: dict[str, Any]) -> str:
    return f"{case.get('status', '')} {str(case.get('body', case))[:60]}"


def refusing_a_format(case: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        return raw(case) if "response_format" in json.loads(request.content) else FINE(request)

    return answer


@pytest.mark.parametrize("case", WILD["response_format_refusals"], ids=told)
def test_an_endpoint_that_does_not_take_the_reply_format_is_asked_without(
    plugin: Plugin, endpoint: MockedEndpoint, case: dict[str, Any]
) -> None:
    endpoint.answers(refusing_a_format(case))

    answers = [plugin.analyze(content=f"Desk {number}, height-adjustable desks") for number in range(4)]

    assert [answer["status"] for answer in answers] == ["ok"] * 4
    assert answers[0]["attempts"] == 3
    assert answers[3]["attempts"] == 1


@pytest.mark.parametrize("case", WILD["response_format_refusals"], ids=told)
def test_its_credentials_are_saved(plugin: Plugin, endpoint: MockedEndpoint, case: dict[str, Any]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return raw(case) if "response_format" in json.loads(request.content) else text('{"analyses": []}')

    endpoint.answers(answer)

    plugin.wiring.check(Settings.from_credentials(plugin.credentials))

    assert "response_format" not in endpoint.body()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("System role not supported", "system"),
        ("Developer instruction is not enabled for models/gemma-3-27b-it", "system"),
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max_tokens"),
        ("`temperature` is deprecated for this model.", "temperature"),
    ],
)
def test_what_else_an_endpoint_does_not_take_is_asked_for_in_another_way(
    plugin: Plugin, endpoint: MockedEndpoint, words: str, part: str
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if f'"{part}"' in request.content.decode():
            return httpx.Response(400, json={"error": {"message": words}})
        [message] = [each for each in json.loads(request.content)["messages"] if each["role"] == "user"]
        asked = json.loads(message["content"].splitlines()[-1])["requests"]
        return text(json.dumps({"analyses": [{"id": asked[0]["id"], **analysis()}]}))

    endpoint.answers(answer)

    assert plugin.analyze()["status"] == "ok"
    assert endpoint.calls == 2


@pytest.mark.parametrize("template", WILD["reply_text"])
def test_the_answer_is_found_in_the_text_around_it(
    plugin: Plugin, endpoint: MockedEndpoint, template: str
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        entry = json.dumps({"id": asked_in(request)["id"], **analysis()})
        return text(template.replace("...ID...", entry))

    endpoint.answers(answer)

    assert plugin.analyze()["status"] == "ok"
    assert endpoint.calls == 1


def test_events_that_were_not_asked_for_are_read(plugin: Plugin, endpoint: MockedEndpoint) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        said = json.dumps({"analyses": [{"id": asked_in(request)["id"], **analysis()}]})
        chunks = [
            {"choices": [{"delta": {"content": said[place : place + 20]}}]}
            for place in range(0, len(said), 20)
        ]
        chunks.append({"choices": [], "usage": {"prompt_tokens": 400, "completion_tokens": 100}})
        events = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
        return httpx.Response(200, content=f": PROCESSING\n\n{events}data: [DONE]\n\n")

    endpoint.answers(answer)

    said = plugin.analyze()
    assert (said["status"], said["tokens_used"]) == ("ok", 500)


@pytest.mark.parametrize("case", WILD["no_text"], ids=told)
def test_a_reply_without_text_is_a_persons_and_counts_against_nobody(
    plugin: Plugin, endpoint: MockedEndpoint, case: dict[str, Any]
) -> None:
    endpoint.answers(httpx.Response(200, json=case))

    for number in range(MORE_THAN_THE_BREAKER_TAKES):
        answer = plugin.analyze(content=f"Desk {number}")
        assert (answer["status"], answer["error_code"]) == ("manual_review", "model_reply_invalid")
        assert "base_url" not in answer["error_message"]

    plugin.wiring.check(Settings.from_credentials(plugin.credentials))
    endpoint.answers(FINE)
    assert plugin.analyze()["status"] == "ok"


def test_a_reply_that_was_cut_is_asked_for_with_more_room(plugin: Plugin, endpoint: MockedEndpoint) -> None:
    endpoint.answers(text('{"analyses": [{"id": "', finish_reason="length"), FINE)

    assert plugin.analyze()["status"] == "ok"
    assert endpoint.body(1)["max_tokens"] > endpoint.body(0)["max_tokens"]


@pytest.mark.parametrize(
    ("case", "code", "words", "retried"),
    [
        (WILD["errors_behind_200"][0], "rate_limited", "Rate limit exceeded", True),
        (WILD["errors_behind_200"][1], "model_unavailable", "upstream timeout", True),
        (WILD["errors_behind_200"][2], "budget_exceeded", "insufficient balance", False),
        (WILD["errors_behind_200"][3], "rate_limited", "Rate limit exceeded", True),
    ],
)
def test_an_error_behind_a_200_keeps_its_class_and_its_words(
    plugin: Plugin, endpoint: MockedEndpoint, case: dict[str, Any], code: str, words: str, *, retried: bool
) -> None:
    endpoint.answers(raw(case, 200))
    refused = plugin.analyze()
    endpoint.answers(raw(case, 200), FINE)
    once = plugin.analyze(content="Other height-adjustable desks")

    assert (refused["error_code"], refused["attempts"]) == (code, 4 if retried else 1)
    assert words in refused["error_message"]
    assert "base_url" not in refused["error_message"]
    assert once["status"] == ("ok" if retried else "manual_review")


@pytest.mark.parametrize(("case", "seconds"), list(zip(WILD["429_misread"], [2, 6.2, 5], strict=True)))
def test_a_named_wait_is_waited_for_by_everybody(
    plugin: Plugin, endpoint: MockedEndpoint, clock: StillClock, case: dict[str, Any], seconds: float
) -> None:
    endpoint.answers(raw(case, 429), FINE)

    answer = plugin.analyze()

    assert (answer["status"], answer["attempts"]) == ("ok", 2)
    assert seconds <= sum(clock.slept) < seconds + 1


@pytest.mark.parametrize("case", WILD["model_unknown_misread"], ids=told)
def test_what_is_wrong_with_one_request_counts_for_that_request_alone(
    plugin: Plugin, endpoint: MockedEndpoint, case: dict[str, Any]
) -> None:
    endpoint.answers(raw(case))

    for number in range(MORE_THAN_THE_BREAKER_TAKES):
        answer = plugin.analyze(content=f"Desk {number}")
        assert answer["status"] == "manual_review"
        assert "model's name" not in answer["error_message"]

    endpoint.answers(FINE)
    assert plugin.analyze()["status"] == "ok"


def test_a_model_that_needs_more_room_than_the_check_gives_is_saved(
    plugin: Plugin, endpoint: MockedEndpoint
) -> None:
    endpoint.answers(raw(WILD["model_unknown_misread"][1]))

    plugin.wiring.check(Settings.from_credentials(plugin.credentials))


@pytest.mark.parametrize("case", WILD["model_unknown_missed"], ids=told)
def test_an_unknown_model_is_named_at_once_and_counts_against_nobody(
    plugin: Plugin, endpoint: MockedEndpoint, case: dict[str, Any]
) -> None:
    endpoint.answers(raw(case))

    for number in range(MORE_THAN_THE_BREAKER_TAKES):
        said = str(plugin.analyze(content=f"Desk {number}", model="mistyped"))
        assert "'mistyped'" in said
        assert "Check the model's name" in said
    assert endpoint.calls == MORE_THAN_THE_BREAKER_TAKES

    endpoint.answers(FINE)
    assert plugin.analyze()["status"] == "ok"


@pytest.mark.parametrize("case", WILD["quota_missed"], ids=told)
def test_money_that_ran_out_is_called_so(
    plugin: Plugin, endpoint: MockedEndpoint, case: dict[str, Any]
) -> None:
    endpoint.answers(raw(case))

    answer = plugin.analyze()

    assert (answer["status"], answer["error_code"]) == ("manual_review", "budget_exceeded")
    assert "Top up" in answer["error_message"]
    assert case["body"]["error"]["message"].rstrip(".") in answer["error_message"]
    assert endpoint.calls == 1


@pytest.mark.parametrize(
    ("usage", "completion_tokens", "cost"),
    list(
        zip(
            WILD["usage"],
            [1_260, 60, 60, 1_260, 60, 60, 60],
            [0.0003808, 0.0019, 0.0000448, 0.0003808, 0.0031, 0.006, 0.0000448],
            strict=True,
        )
    ),
)
def test_all_that_was_billed_is_counted(
    plugin: Plugin, endpoint: MockedEndpoint, usage: dict[str, Any], completion_tokens: int, cost: float
) -> None:
    endpoint.answers(completion(analysis(), usage))

    answer = plugin.analyze()

    assert (answer["completion_tokens"], answer["cost_known"]) == (completion_tokens, True)
    assert answer["cost_usd"] == pytest.approx(cost)


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 200, "completion_tokens": 60, "is_byok": True, "cost": 0},
        {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        {"prompt_tokens": 200, "completion_tokens": 0, "total_tokens": 200},
        {"total_tokens": 260},
    ],
)
def test_a_cost_that_is_not_known_is_not_nothing(
    plugin: Plugin, endpoint: MockedEndpoint, usage: dict[str, Any]
) -> None:
    plugin.credentials["model"] = "a-model-without-a-price"
    endpoint.answers(completion(analysis(), usage))

    answer = plugin.analyze()

    assert answer["cost_known"] is False
    assert "cost_usd" not in answer


CODES = {
    "auth": "bad_parameter",
    "path_unknown": "bad_parameter",
    "model_unknown": "bad_parameter",
    "request_refused": "bad_parameter",
    "no_budget": "budget_exceeded",
    "rate_limited": "rate_limited",
    "proxy_refused": "model_unavailable",
    "server_error": "model_unavailable",
    "try_again": "model_unavailable",
}


@pytest.mark.parametrize("case", ERRORS, ids=told)
def test_every_known_error_ends_as_an_answer_with_its_code(
    plugin: Plugin, endpoint: MockedEndpoint, case: dict[str, Any]
) -> None:
    endpoint.answers(raw(case))

    answer = plugin.analyze()

    assert answer["status"] in ("manual_review", "refused")
    assert answer["error_code"] == CODES[case["kind"]]
    assert case.get("says", "") in answer["error_message"]


@pytest.mark.parametrize(
    "refusal",
    [
        httpx.Response(400, json={"error": {"message": "Your input was flagged.", "code": "content_filter"}}),
        httpx.Response(
            403, json={"error": {"message": "openai/x requires moderation. Your input was flagged"}}
        ),
        httpx.Response(200, json=WILD["no_text"][1]),
        text("", finish_reason="content_filter"),
    ],
)
def test_one_refused_request_of_a_call_fails_alone(
    plugin: Plugin, endpoint: MockedEndpoint, refusal: httpx.Response
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(json.loads(request.content)["messages"][1]["content"])["requests"]
        if any("forbidden words" in each["content"] for each in asked):
            return refusal
        return text(json.dumps({"analyses": [{"id": each["id"], **analysis()} for each in asked]}))

    endpoint.answers(answer)

    requests = [
        {**DESKS, "request_id": f"r-{number}", "content": f"height-adjustable desks {number}"}
        for number in range(8)
    ]
    requests[3]["content"] = "forbidden words"
    said = plugin.analyze_batch(*requests)

    assert (said["total"], said["succeeded"], said["failed"]) == (8, 7, 1)
    assert [each["status"] for each in said["results"]].index("manual_review") == 3
    assert plugin.analyze()["status"] == "ok"
