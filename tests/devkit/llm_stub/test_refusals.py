# SPDX-License-Identifier: Apache-2.0
"""Each scripted status comes with what a real endpoint says with it."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from devkit.llm_stub import LlmStub, Outcome, Rule

from .calls import chat, post


class FixedClock:
    """It is always the same moment."""

    def now(self) -> datetime:
        return datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        pass


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503, 529])
def test_a_status_comes_with_openai_s_error_and_no_retry_after(stub: LlmStub, status: int) -> None:
    stub.script(Outcome(f"status_{status}"))
    answer = post(stub)

    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert "retry-after" not in answer.headers


def test_a_429_says_when_to_come_back_in_seconds(stub: LlmStub) -> None:
    stub.script(Outcome.STATUS_429, retry_after=7)

    assert post(stub).headers["retry-after"] == "7"


def test_a_429_says_when_to_come_back_as_a_date() -> None:
    with LlmStub(clock=FixedClock()) as stub:
        stub.script(Outcome.STATUS_429, retry_after=90, retry_after_as_date=True)
        said = post(stub).headers["retry-after"]

    assert said.endswith("GMT")
    assert parsedate_to_datetime(said) == datetime(2026, 3, 1, 12, 1, 30, tzinfo=UTC)


def test_any_header_can_be_added(stub: LlmStub) -> None:
    stub.script(Outcome.STATUS_503, headers={"Retry-After": "soon", "x-should-retry": "false"})
    headers = post(stub).headers

    assert (headers["retry-after"], headers["x-should-retry"]) == ("soon", "false")


def test_a_502_is_a_proxy_s_page(stub: LlmStub) -> None:
    stub.script(Outcome.STATUS_502)
    answer = post(stub)

    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
    assert answer.text.startswith("<html>")


def test_a_401_repeats_the_key(stub: LlmStub) -> None:
    stub.script(Outcome.STATUS_401)

    assert "sk-secret" in post(stub, key="sk-secret").text


def test_an_unknown_model_is_named(stub: LlmStub) -> None:
    stub.script(Outcome.STATUS_404_MODEL)
    answer = post(stub, chat(model="gone"))

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
    assert "gone" in answer.text


def test_an_endpoint_without_json_schema_takes_the_rest(stub: LlmStub) -> None:
    stub.always(Outcome.STATUS_400_RESPONSE_FORMAT)
    refused = post(stub, chat(response_format={"type": "json_schema", "json_schema": {}}))

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "response_format")
    assert post(stub, chat(response_format={"type": "json_object"})).status_code == 200
    assert post(stub, chat()).status_code == 200


@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_leads_to_a_path_where_the_log_would_show_it(stub: LlmStub, status: int) -> None:
    stub.script(Outcome(f"redirect_{status}"))
    stub.script(Outcome(f"redirect_{status}"), location="http://127.0.0.1:9/x")

    answer = post(stub)
    assert (answer.status_code, answer.headers["location"]) == (status, "/elsewhere/v1/chat/completions")
    assert post(stub).headers["location"] == "http://127.0.0.1:9/x"
    assert [received.path for received in stub.requests] == ["/v1/chat/completions"] * 2


def test_any_reply_can_be_given_as_it_is(stub: LlmStub) -> None:
    stub.script(
        Rule(outcome=Outcome.VERBATIM, status=407, body="<html>", content_type="text/html"),
        Rule(outcome=Outcome.VERBATIM, body={"error": "upstream timeout"}),
    )
    page, hidden = post(stub), post(stub)

    assert (page.status_code, page.text, page.headers["content-type"]) == (407, "<html>", "text/html")
    assert (hidden.status_code, hidden.json()) == (200, {"error": "upstream timeout"})


def test_a_rule_may_be_for_requests_with_a_field_alone(stub: LlmStub) -> None:
    stub.always(Outcome.VERBATIM, status=400, body="no", with_field="response_format")

    assert post(stub, chat(response_format={"type": "json_object"})).status_code == 400
    assert post(stub).status_code == 200
