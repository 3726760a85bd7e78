# SPDX-License-Identifier: Apache-2.0
import pytest

from approvals.credential_check import check_endpoint
from approvals.llm import Deadline, FailureKind, LlmClient, LlmError
from approvals.llm.chat import ReplySchema
from tests.approvals.conftest import ClientAt
from tests.approvals.llm.callers import StillClock
from tests.approvals.llm.endpoints import ScriptedEndpoint, answer, completion, error

SCHEMA = ReplySchema(name="analyses", schema={"type": "object", "properties": {}})


def check(client: LlmClient, deadline: Deadline) -> None:
    check_endpoint(client, "gpt-4.1", SCHEMA, deadline, host="model.example")


def test_one_small_question_proves_endpoint_key_and_model(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    check(client_at(endpoint.base_url), Deadline(StillClock(), 10))

    [request] = endpoint.received
    assert request.body["model"] == "gpt-4.1"
    assert request.body["max_tokens"] == 64
    assert request.body["response_format"]["json_schema"]["schema"] == SCHEMA.schema


def test_an_answer_without_text_is_proof_enough(endpoint: ScriptedEndpoint, client_at: ClientAt) -> None:
    endpoint.script = [
        answer(completion(choices=[{"message": {"content": None}, "finish_reason": "length"}]))
    ]

    check(client_at(endpoint.base_url), Deadline(StillClock(), 10))


def test_a_model_whose_answer_does_not_fit_into_the_tokens_works_all_the_same(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    endpoint.script = [
        error(400, "max_tokens or model output limit was reached. Try again with higher max_tokens.")
    ]

    check(client_at(endpoint.base_url), Deadline(StillClock(), 10))


def test_an_endpoint_that_does_not_take_the_reply_format_works_without(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    endpoint.script = [error(400, "Json mode is not supported for this model.")] * 2

    check(client_at(endpoint.base_url), Deadline(StillClock(), 10))

    assert "response_format" not in endpoint.received[-1].body


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (401, FailureKind.AUTH, "Check api_key"),
        (404, FailureKind.PATH_UNKNOWN, "Check base_url"),
        (503, FailureKind.SERVER_ERROR, "Try again later"),
    ],
)
def test_what_is_wrong_is_explained(
    endpoint: ScriptedEndpoint, client_at: ClientAt, status: int, kind: FailureKind, advice: str
) -> None:
    endpoint.script = [error(status)] * 4

    with pytest.raises(LlmError, match=advice) as caught:
        check(client_at(endpoint.base_url, StillClock()), Deadline(StillClock(), 10))
    assert caught.value.kind is kind
