# SPDX-License-Identifier: Apache-2.0
"""The plugin's own client under gevent, wired as in production: limiter, breaker, retries, prices, metrics."""

from bench.peers.gevent_loop import Call, serve  # isort: skip - it patches, so it comes first

import itertools

from approvals.clock import SystemClock
from approvals.llm import ChatMessage, ChatRequest, Deadline, ReplySchema
from approvals.settings import Settings
from approvals.wiring import Wiring
from bench.peers.tally import Payload, Setup, versions
from bench.samples import credentials


def connect(setup: Setup, in_flight: int) -> Call:
    """One client with as many lanes as there are calls in flight."""
    clock, numbers = SystemClock(), itertools.count(1)
    settings = Settings.from_credentials(credentials(setup.base_url, setup.api_key, in_flight))
    client = Wiring(clock).resources(settings).client

    def call(payload: Payload) -> str:
        request = _request(payload, f"req_{next(numbers)}")
        return client.complete(request, Deadline.after(clock, settings.deadline_seconds)).text

    return call


def _request(payload: Payload, request_id: str) -> ChatRequest:
    shape = payload["response_format"]["json_schema"]
    return ChatRequest(
        model=payload["model"],
        messages=tuple(ChatMessage(**message) for message in payload["messages"]),
        reply_schema=ReplySchema(shape["name"], shape["schema"]),
        max_output_tokens=payload["max_tokens"],
        request_id=request_id,
    )


if __name__ == "__main__":
    serve(connect, versions("gevent"))
