# SPDX-License-Identifier: Apache-2.0
"""The reference article's client: httpx on asyncio, with its pool of 100 connections, 20 of them kept alive."""

import httpx

from bench.peers.async_loop import Call, serve
from bench.peers.tally import Payload, Setup, versions

POOL = httpx.Limits(max_connections=100, max_keepalive_connections=20)


def connect(setup: Setup) -> Call:
    """One client for all calls."""
    headers = {"Authorization": f"Bearer {setup.api_key}"}
    client = httpx.AsyncClient(limits=POOL, timeout=60, headers=headers)

    async def call(payload: Payload) -> str:
        response = await client.post(setup.url, json=payload)
        response.raise_for_status()
        return str(response.json()["choices"][0]["message"]["content"])

    return call


if __name__ == "__main__":
    serve(connect, versions("httpx"))
