# SPDX-License-Identifier: Apache-2.0
"""httpx under gevent with the article's pool: what a plugin has that does nothing about its calls."""

from bench.peers.gevent_loop import Call, serve  # isort: skip - it patches, so it comes first

import httpx

from bench.peers.tally import Payload, Setup, versions

POOL = httpx.Limits(max_connections=100, max_keepalive_connections=20)


def connect(setup: Setup, _in_flight: int) -> Call:
    """One client for all calls."""
    headers = {"Authorization": f"Bearer {setup.api_key}"}
    client = httpx.Client(limits=POOL, timeout=60, headers=headers)

    def call(payload: Payload) -> str:
        response = client.post(setup.url, json=payload)
        response.raise_for_status()
        return str(response.json()["choices"][0]["message"]["content"])

    return call


if __name__ == "__main__":
    serve(connect, versions("httpx", "gevent"))
