# SPDX-License-Identifier: Apache-2.0
"""The nodes that call an HTTP endpoint and read what it answers."""

from collections.abc import Mapping

from devkit.bundle.canvas import stable_uuid
from devkit.bundle.nodes import Data, Selector, common


def post_json(node_id: str, title: str, desc: str, *, url: str, body: str, token: str = "") -> Data:
    """A POST, with a bearer token if there is one. What the endpoint refuses is an answer too: its status and body.

    No retry and no fail-branch: with either, Dify drops the body of every answer that is not a success.
    `body` must be JSON once its variables are filled in: quotes in a text that a person typed would break it,
    so let it be one variable that a template made with `tojson`.
    """
    return {
        **common("http-request", title, desc),
        "method": "post",
        "url": url,
        "authorization": _bearer(token) if token else {"type": "no-auth", "config": None},
        "headers": "Content-Type:application/json",
        "params": "",
        "body": {
            "type": "json",
            "data": [{"id": stable_uuid(node_id, "body"), "key": "", "type": "text", "value": body}],
        },
        "timeout": {"connect": 10, "read": 300, "write": 30},
        "ssl_verify": True,
        "variables": [],
    }


def _bearer(token: str) -> Data:
    return {"type": "api-key", "config": {"type": "bearer", "api_key": token, "header": "Authorization"}}


def python(title: str, desc: str, text: str, reads: Mapping[str, Selector], gives: Mapping[str, str]) -> Data:
    """A function `main` in Python, with a mapping from its parameters to variables, and the types of its results."""
    return {
        **common("code", title, desc),
        "code_language": "python3",
        "code": text,
        "variables": [
            {"variable": name, "value_selector": [*selector], "value_type": "string"}
            for name, selector in reads.items()
        ],
        "outputs": {name: {"type": kind, "children": None} for name, kind in gives.items()},
    }
