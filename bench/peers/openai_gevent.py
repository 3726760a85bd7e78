# SPDX-License-Identifier: Apache-2.0
"""The openai SDK under gevent, with its own defaults."""

from bench.peers.gevent_loop import Call, serve  # isort: skip - it patches, so it comes first

from openai import OpenAI

from bench.peers.tally import Payload, Setup, versions


def connect(setup: Setup, _in_flight: int) -> Call:
    """One client for all calls."""
    client = OpenAI(base_url=setup.base_url, api_key=setup.api_key)

    def call(payload: Payload) -> str:
        completion = client.chat.completions.create(**payload)
        return str(completion.choices[0].message.content)

    return call


if __name__ == "__main__":
    serve(connect, versions("openai", "gevent"))
