# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest

from approvals.llm import FailureKind
from approvals.llm.dialects import Dialect, Dialects, ReplyFormat
from approvals.llm.reply import Feature, ReplyFailure
from approvals.llm.reply.classify import Verdict
from tests.approvals.conftest import ClientAt
from tests.approvals.llm.callers import StillClock, asked, question, refused
from tests.approvals.llm.endpoints import ScriptedEndpoint, answer, error, good
from tests.approvals.llm.reply.test_errors import ERRORS

NO_SCHEMA = "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."
NO_OBJECT = "This response_format type is unavailable now"


def formats(endpoint: ScriptedEndpoint) -> list[str]:
    return [request.body.get("response_format", {}).get("type", "none") for request in endpoint.received]


def test_a_strict_schema_is_asked_for_first(endpoint: ScriptedEndpoint, client_at: ClientAt) -> None:
    asked(client_at(endpoint.base_url))

    assert endpoint.received[0].body == {
        "model": "deepseek-v3.2",
        "messages": [
            {"role": "system", "content": "Answer in JSON."},
            {"role": "user", "content": "Buy 3 chairs"},
        ],
        "max_tokens": 200,
        "temperature": 0,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "analyses", "strict": True, "schema": {"type": "object"}},
        },
    }


def test_each_model_is_asked_as_it_can_be_and_that_is_remembered(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    clock = StillClock()
    endpoint.script = [error(400, NO_SCHEMA), error(422, NO_OBJECT)]
    client = client_at(endpoint.base_url, clock, attempts=1)

    first = asked(client)
    second = asked(client)
    other = asked(client, request=question("gpt-4.1"))

    assert formats(endpoint) == ["json_schema", "json_object", "none", "none", "json_schema"]
    assert [reply.spend.attempts for reply in (first, second, other)] == [3, 1, 1]
    assert first.spend.cost_known  # a refused request costs nothing
    assert clock.slept == []


def test_a_request_without_a_schema_asks_for_no_format(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    asked(client_at(endpoint.base_url), request=question(reply_schema=None))

    assert formats(endpoint) == ["none"]


def test_a_model_that_thinks_first_is_asked_its_own_way(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    endpoint.script = [
        error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        error(400, "Unsupported value: 'temperature' does not support 0 with this model."),
    ]

    asked(client_at(endpoint.base_url))

    assert endpoint.received[2].body["max_completion_tokens"] == 200
    assert "max_tokens" not in endpoint.received[2].body
    assert "temperature" not in endpoint.received[2].body


def test_a_model_that_refuses_every_dialect_is_not_asked_for_ever(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    endpoint.script = [
        error(400, NO_SCHEMA),
        error(400, NO_OBJECT),
        error(400, "Use max_completion_tokens"),
        error(400, "temperature"),
        error(400, "System role not supported"),
        *([error(400, f"{NO_SCHEMA} temperature")] * 5),
    ]

    failure = refused(client_at(endpoint.base_url))

    assert failure.kind is FailureKind.REQUEST_REFUSED
    assert len(endpoint.received) == 6


REFUSALS_OF_A_FORMAT = [
    case for case in ERRORS if case.get("feature") == "reply_format" or "requested parameters" in str(case)
]


@pytest.mark.parametrize(
    "case", REFUSALS_OF_A_FORMAT, ids=lambda case: f"{case['status']} {str(case['body'])[:60]}"
)
def test_a_format_that_is_refused_in_whatever_words_is_left_out(
    endpoint: ScriptedEndpoint, client_at: ClientAt, case: dict[str, Any]
) -> None:
    endpoint.script = [answer(case["body"], case["status"])] * 2
    client = client_at(endpoint.base_url, StillClock())

    asked(client, 60)
    asked(client, 60)

    assert formats(endpoint) == ["json_schema", "json_object", "none", "none"]


def test_a_refusal_that_says_nothing_known_is_tried_without_the_format(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    endpoint.script = [error(400, "Something is odd."), good(), good()]
    client = client_at(endpoint.base_url)

    asked(client)
    asked(client)

    assert formats(endpoint) == ["json_schema", "json_object", "json_object"]


def test_what_did_not_help_is_not_remembered(endpoint: ScriptedEndpoint, client_at: ClientAt) -> None:
    endpoint.script = [error(400, "Something is odd.")] * 3
    client = client_at(endpoint.base_url)

    refused(client)
    asked(client)

    assert formats(endpoint) == ["json_schema", "json_object", "none", "json_schema"]


def test_a_server_that_fails_is_asked_in_a_simpler_way_and_the_second_time_it_is_remembered(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    endpoint.script = [
        error(500, "Internal Server Error"),
        good(),
        error(500, "Internal Server Error"),
        good(),
    ]
    client = client_at(endpoint.base_url, StillClock())

    for _ in range(3):
        asked(client, 60)

    assert formats(endpoint) == ["json_schema", "json_object", "json_schema", "json_object", "json_object"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "context length exceeded"),
        (400, "Your input was flagged."),
        (401, "no"),
        (402, "no"),
        (403, "no"),
        (404, "Not Found"),
        (429, "no"),
        (500, "The model is overloaded"),
        (503, "no"),
    ],
)
def test_other_complaints_are_not_about_the_dialect(
    endpoint: ScriptedEndpoint, client_at: ClientAt, status: int, words: str
) -> None:
    endpoint.script = [error(status, words)]

    assert refused(client_at(endpoint.base_url, attempts=1)).spend.attempts == 1


def test_a_model_without_a_system_role_gets_the_instructions_from_the_user(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    endpoint.script = [error(400, "System role not supported")]

    asked(client_at(endpoint.base_url))

    assert endpoint.received[1].body["messages"] == [
        {"role": "user", "content": "Answer in JSON.\n\nBuy 3 chairs"}
    ]


def test_every_refusal_leads_to_another_dialect_or_to_an_end() -> None:
    dialect: Dialect | None = Dialect()
    for feature in (*Feature, *Feature, *Feature):
        refusal = ReplyFailure(Verdict(FailureKind.REQUEST_REFUSED, 400, feature=feature), "no")
        simpler = dialect.after(refusal, asks_for_format=True)
        assert simpler != dialect
        dialect = simpler or dialect

    assert dialect == Dialect(
        ReplyFormat.PLAIN, "max_completion_tokens", temperature=False, system_role=False
    )


def test_what_is_remembered_is_bounded() -> None:
    dialects = Dialects()
    plain = Dialect(reply_format=ReplyFormat.PLAIN)
    for number in range(1_000):
        dialects.worked(f"m-{number}", plain, sure=True)
        dialects.worked(f"n-{number}", plain, sure=False)

    assert len(dialects._learned) <= 256
    assert len(dialects._doubtful) <= 256
    assert dialects.of("m-999") == plain
