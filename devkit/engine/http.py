# SPDX-License-Identifier: Apache-2.0
"""Sends the requests of HTTP Request nodes to this machine only: trying out a workflow must not call other servers."""

from typing import Any
from urllib.parse import urlsplit

import httpx
from graphon.http import HttpResponse, HttpxHttpClient

from approvals.errors import shown

_THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})


class ElsewhereError(httpx.RequestError):
    """A request to another machine."""


class LoopbackHttp(HttpxHttpClient):
    """The engine's HTTP client, which refuses every address but this machine's."""

    def _request(self, method: str, url: str, *, max_retries: int = 0, **kwargs: Any) -> HttpResponse:
        host = urlsplit(url).hostname
        if host not in _THIS_MACHINE:
            raise ElsewhereError(f"the runner sends requests to this machine only, found host {shown(host)}")
        # No proxy, whatever the environment says: it would carry the request elsewhere.
        return super()._request(method, url, max_retries=max_retries, trust_env=False, **kwargs)
