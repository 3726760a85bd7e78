# SPDX-License-Identifier: Apache-2.0
"""A desk with the requests of a made-up company, over HTTP on this machine: to look at, and to take pictures of."""

import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from devkit.clock import HOURS_FILE, PLUGIN, Hours
from devkit.desk.browser import ROOT
from devkit.desk.sample import Company
from devkit.host import HostStorage, PluginHost
from devkit.llm_stub import LlmStub
from devkit.serve import EndpointServer
from devkit.serve.command import wait

PERSON: Final = "Bea Novak"
"""Whom the newest requests wait for."""


class SampleDesk(NamedTuple):
    """Where it is, what to sign in with, and the request that waits for `PERSON`."""

    url: str
    token: str
    request_id: str


@contextmanager
def sample_desk(port: int = 0) -> Iterator[SampleDesk]:
    """Play the company's past, then serve. Raises `OSError` when the port is taken."""
    key, token, secret = (secrets.token_hex(16) for _ in range(3))
    settings = {"api_token": token, "signing_secret": "", "desk_secret": secret}
    with tempfile.TemporaryDirectory() as folder, LlmStub(api_key=key) as stub:
        hours = Hours(Path(folder) / "hours")
        credentials = {
            "api_key": key,
            "base_url": stub.base_url,
            "allow_insecure_http": "true",
            "rpm_limit": "100000",
        }
        environment = {HOURS_FILE: str(hours.file)}
        with (
            PluginHost(
                PLUGIN, cwd=ROOT, env=environment, storage=HostStorage(), credentials=credentials
            ) as plugin,
            EndpointServer(plugin, settings, port) as server,
        ):
            yield SampleDesk(server.url, token, Company(plugin, stub, hours).play())


def show(port: int) -> int:
    """Serve until interrupted. 0 in the end, 2 when the port is taken."""
    print("Playing the requests of a made-up company; this takes half a minute.", flush=True)
    try:
        with sample_desk(port) as desk:
            print(f"Open           {desk.url}/desk")
            print(f"Sign in as     {PERSON}")
            print(f"Access token   {desk.token}")
            print(
                f"\nThe decision that waits: {desk.url}/desk/{desk.request_id}. Stop with Ctrl-C.", flush=True
            )
            wait()
    except OSError as error:
        print(f"desk: {error}", file=sys.stderr)
        return 2
    return 0
