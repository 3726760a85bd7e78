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
    shape = setup.payloads[0]["response_format"]["json_schema"]
    schema = ReplySchema(shape["name"], shape["schema"])  # one for all calls, as in the plugin

    def call(payload: Payload) -> str:
        request = _request(payload, schema, f"req_{next(numbers)}")
        return client.complete(request, Deadline.after(clock, settings.deadline_seconds)).text

    return call


def _request(payload: Payload, schema: ReplySchema, request_id: str) -> ChatRequest:
    return ChatRequest(
        model=payload["model"],
        messages=tuple(ChatMessage(**message) for message in payload["messages"]),
        reply_schema=schema,
        max_output_tokens=payload["max_tokens"],
        request_id=request_id,
    )


if __name__ == "__main__":
    serve(connect, versions("gevent"))
