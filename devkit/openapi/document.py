# SPDX-License-Identifier: Apache-2.0
"""The whole OpenAPI document: what is said here by hand, and what the tools' YAML files say of their fields."""

from pathlib import Path
from typing import Any, Final

import yaml

from approvals.wiring import VERSION
from devkit.openapi.errors import RESPONSES, errors_of, responses
from devkit.openapi.fields import analyze_body, event_body, health_answer, record_answer, tool_answer

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "openapi.yaml"

_HEAD: Final = "# Written by `python -m devkit.openapi`; change that package or the tools' YAML files.\n"
_ABOUT: Final = """\
The HTTP side of the plugin. The address is the one that Dify shows under the plugin's endpoints; from inside a stock
Docker Compose it is `http://nginx/e/<hook id>`, since `localhost` is another container there.

Every error is `{"error": {"code", "message"}}`. Every answer has an `X-Correlation-Id`: the one that the request
brought, or a new one. It stands on every line of the log and in every notification that the request led to.

Dify itself answers 404 in plain JSON for a disabled endpoint, and cuts bodies at 10 MiB; such a body is refused here.
"""
_TOKEN: Final[list[dict[str, Any]]] = [{"token": []}]
_CORRELATION: Final = {
    "name": "X-Correlation-Id",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "An id of the caller's own: a letter or digit, then letters, digits and . _ : @ / + = -, 128 "
    "characters at most. Any other is replaced by a new one.",
}
_REQUEST_ID: Final = {
    "name": "request_id",
    "in": "path",
    "required": True,
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": 128,
        "pattern": "^[A-Za-z0-9][A-Za-z0-9._:@-]*$",
    },
}
_SIGNED: Final = (
    ("webhook-id", "The message's id. It counts once, for all requests of the workspace.", "^[!-~]{1,256}$"),
    ("webhook-timestamp", "Seconds since 1970, at most five minutes away from now.", "^[0-9]{1,12}$"),
    ("webhook-signature", "`v1,` and base64; several with blanks between.", "^v1,[A-Za-z0-9+/=]+$"),
)


def written() -> str:
    """The document as text."""
    return _HEAD + yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=110)


def document() -> dict[str, Any]:
    """The document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Approvals for Dify",
            "version": VERSION,
            "description": _ABOUT,
            "license": _LICENSE,
        },
        "servers": [
            {
                "url": "https://{host}/e/{hook_id}",
                "variables": {
                    "host": {"default": "dify.example.com", "description": "Where Dify is."},
                    "hook_id": {"default": "abc123", "description": "The id of this endpoint."},
                },
            }
        ],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "The endpoint's `api_token`."}
            },
            "parameters": {"CorrelationId": _CORRELATION, "RequestId": _REQUEST_ID},
            "schemas": {
                "Analysis": tool_answer("analyze_approval", optional={"cost_usd"}),
                "Routed": tool_answer("route_approval"),
                "Record": record_answer(),
                "Health": health_answer(),
                "Error": errors_of(),
            },
            "responses": responses(),
        },
    }


_LICENSE: Final = {"name": "Apache-2.0", "identifier": "Apache-2.0"}


def _paths() -> dict[str, Any]:
    return {
        "/v1/approvals/analyze": {
            "post": _operation(
                "analyze",
                "Have a request read",
                "Stores a request and has it read. 200 also where no model could be had: `status` is then "
                "`manual_review`, and a person decides without an analysis. Nothing is decided by this call.",
                _json("Analysis", "The analysis."),
                (400, 401, 404, 409, 413, 429, 502, 503, 504, 507),
                body=analyze_body(),
            )
        },
        "/v1/approvals/{request_id}": {
            "get": _operation(
                "record",
                "One request with its ledger",
                "Where the request stands, its brief, its whole record, and its ledger, verified for this answer.",
                _json("Record", "The request."),
                (401, 404, 413, 503),
                parameters=[{"$ref": "#/components/parameters/RequestId"}],
            )
        },
        "/v1/approvals/{request_id}/events": {
            "post": _operation(
                "events",
                "An event of another system",
                "Carries out one event, once. Signed as Standard Webhooks describes, with the endpoint's "
                "`signing_secret`. A message whose id came before answers 409 `replayed_event`: a sender that repeats "
                "one of its own, because it saw no answer, knows by it that the first arrived.",
                _json("Routed", "What the event led to."),
                (400, 401, 403, 404, 409, 413, 503, 507),
                parameters=[{"$ref": "#/components/parameters/RequestId"}, *_signature()],
                body=event_body(),
                security=[],
            )
        },
        "/health": {
            "get": _operation(
                "health",
                "How the plugin is in this workspace",
                "200 while requests can be stored, also without a model (`degraded`); 503 while they cannot (`down`).",
                _json("Health", "`ok` or `degraded`."),
                (401, 413),
                down={"503": _json("Health", "`down`, or an error.", "Error")},
            )
        },
        "/metrics": {
            "get": _operation(
                "metrics",
                "Figures for Prometheus",
                "What this process has counted for this workspace, and what waits in its store. docs/monitoring.md "
                "describes every metric.",
                {
                    "description": "Prometheus's text format.",
                    "content": {"text/plain; version=0.0.4; charset=utf-8": {"schema": {"type": "string"}}},
                },
                (401, 413, 503),
            )
        },
    }


def _operation(  # noqa: PLR0913 - the parts of an operation
    name: str,
    summary: str,
    description: str,
    ok: dict[str, Any],
    statuses: tuple[int, ...],
    *,
    parameters: list[dict[str, Any]] | None = None,
    body: dict[str, Any] | None = None,
    security: list[dict[str, Any]] | None = None,
    down: dict[str, Any] | None = None,
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "description": description,
        "security": _TOKEN if security is None else security,
        "parameters": [{"$ref": "#/components/parameters/CorrelationId"}, *(parameters or [])],
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    faults = {
        str(status): {"$ref": f"#/components/responses/{RESPONSES[status].name}"} for status in statuses
    }
    operation["responses"] = {"200": ok, **faults, **(down or {})}
    return operation


def _json(schema: str, description: str, *others: str) -> dict[str, Any]:
    refs = [{"$ref": f"#/components/schemas/{name}"} for name in (schema, *others)]
    content = refs[0] if len(refs) == 1 else {"anyOf": refs}
    return {"description": description, "content": {"application/json": {"schema": content}}}


def _signature() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "header",
            "required": True,
            "description": description,
            "schema": {"type": "string", "pattern": pattern},
        }
        for name, description, pattern in _SIGNED
    ]
