# SPDX-License-Identifier: Apache-2.0
import pytest

from approvals.llm import FailureKind
from approvals.llm.dialects import Dialect, Dialects, ReplyFormat
from tests.approvals.llm.callers import StillClock, asked, question, refused
from tests.approvals.llm.conftest import ClientAt
from tests.approvals.llm.endpoints import ScriptedEndpoint, error

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
    endpoint.script = [error(400, f"{NO_SCHEMA} max_completion_tokens temperature")] * 10

    failure = refused(client_at(endpoint.base_url))

    assert failure.kind is FailureKind.REQUEST_REFUSED
    assert len(endpoint.received) == 3


def test_other_complaints_are_not_about_the_dialect(endpoint: ScriptedEndpoint, client_at: ClientAt) -> None:
    endpoint.script = [error(400, "context length exceeded")]

    assert refused(client_at(endpoint.base_url)).spend.attempts == 1
    assert Dialect().without("context length exceeded") == Dialect()


def test_calls_that_are_refused_together_step_down_once() -> None:
    dialects = Dialects()
    used = dialects.of("m")

    assert [dialects.learn("m", used, NO_SCHEMA) for _ in range(3)] == [True, True, True]
    assert dialects.of("m").reply_format is ReplyFormat.JSON_OBJECT


def test_a_refusal_that_comes_late_unlearns_nothing() -> None:
    dialects = Dialects()
    first = dialects.of("m")
    dialects.learn("m", first, NO_SCHEMA)
    dialects.learn("m", dialects.of("m"), NO_OBJECT)

    assert dialects.learn("m", first, NO_SCHEMA)
    assert dialects.of("m").reply_format is ReplyFormat.PLAIN


def test_what_is_remembered_is_bounded() -> None:
    dialects = Dialects()
    for number in range(1_000):
        dialects.learn(f"m-{number}", dialects.of(f"m-{number}"), NO_SCHEMA)

    assert len(dialects._learned) <= 256
    assert dialects.of("m-999").reply_format is ReplyFormat.JSON_OBJECT


@pytest.mark.parametrize("status", [401, 500])
def test_only_a_refused_request_changes_the_dialect(
    endpoint: ScriptedEndpoint, client_at: ClientAt, status: int
) -> None:
    endpoint.script = [error(status, NO_SCHEMA)]

    refused(client_at(endpoint.base_url, attempts=1))

    assert len(endpoint.received) == 1
