# SPDX-License-Identifier: Apache-2.0
"""A model endpoint as a function, for `httpx.MockTransport`."""

import json
from collections.abc import Callable
from typing import Any

import httpx

type Answer = httpx.Response | httpx.HTTPError | Callable[[httpx.Request], httpx.Response]


class MockedEndpoint:
    """Answers call n with the n-th answer it was given, and all calls after those with the last one."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self._answers: list[Answer] = [completion(analysis())]

    def answers(self, *answers: Answer) -> None:
        """What to answer from now on: a response, an exception of httpx, or a function of the request."""
        self._answers = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, httpx.HTTPError):
            raise answer
        return answer(request) if callable(answer) else answer

    @property
    def calls(self) -> int:
        return len(self.requests)

    def body(self, number: int = -1) -> Any:
        """The JSON body of a request."""
        return json.loads(self.requests[number].content)

    def asked(self, number: int = -1) -> Any:
        """The one approval request that the model was asked about."""
        return asked_in(self.requests[number])


def asked_in(request: httpx.Request) -> Any:
    """The approval request inside the user message of a chat request."""
    [first] = [
        message["content"]
        for message in json.loads(request.content)["messages"][:2]
        if message["role"] == "user"
    ]
    [one] = json.loads(first)["requests"]
    return one


def analysis(**changes: Any) -> dict[str, Any]:
    """What a model says of an ordinary purchase; `changes` replace parts of it."""
    return {
        "risk_level": "low",
        "approver_level": "manager",
        "auto_approve": True,
        "confidence": 0.9,
        "summary": "Two desks for the front office.",
        "total": None,
        "addresses_reader": False,
        "factors": [{"claim": "Small", "evidence": "height-adjustable desks"}],
        **changes,
    }


def completion(
    said: dict[str, Any], usage: dict[str, Any] | None = None
) -> Callable[[httpx.Request], httpx.Response]:
    """A chat completion with this analysis of the request that was asked about."""

    def answer(request: httpx.Request) -> httpx.Response:
        document = {"analyses": [{"id": asked_in(request)["id"], **said}]}
        return text(json.dumps(document), usage)

    return answer


def text(content: str | None, usage: dict[str, Any] | None = None, **choice: Any) -> httpx.Response:
    """A chat completion with this text, whatever it is."""
    return httpx.Response(
        200,
        json={
            "model": "deepseek-v3.2",
            "choices": [{"message": {"role": "assistant", "content": content}, **choice}],
            "usage": usage or {"prompt_tokens": 400, "completion_tokens": 100},
        },
    )


def error(status: int, message: str, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
    """An error as OpenAI-compatible endpoints say it."""
    return httpx.Response(status, headers=headers, json={"error": {"message": message, **fields}})
