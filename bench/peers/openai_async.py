# SPDX-License-Identifier: Apache-2.0
"""The openai SDK on asyncio, with its own defaults."""

from openai import AsyncOpenAI

from bench.peers.async_loop import Call, serve
from bench.peers.tally import Payload, Setup, versions


def connect(setup: Setup) -> Call:
    """One client for all calls."""
    client = AsyncOpenAI(base_url=setup.base_url, api_key=setup.api_key)

    async def call(payload: Payload) -> str:
        completion = await client.chat.completions.create(**payload)
        return str(completion.choices[0].message.content)

    return call


if __name__ == "__main__":
    serve(connect, versions("openai"))
