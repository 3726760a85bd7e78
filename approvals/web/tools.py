# SPDX-License-Identifier: Apache-2.0
"""What pages and API ask of approvals: the plugin's own tools, called through Dify.

An endpoint in Dify has settings of its own and never sees the provider's credentials (the model's key, `store_url`).
A tool has them, so that every read and every event goes through one.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from approvals.domain.terms import HowKnown
from approvals.web.http import HttpRequest, HttpResponse
from approvals.web.settings import EndpointSettings

type Variables = Mapping[str, Any]
"""What a tool answers: the variables that its YAML declares under `output_schema`."""


class Tools(Protocol):
    """The tools of this plugin, with the credentials of the workspace that the request came to."""

    def call(
        self, tool: str, parameters: Mapping[str, Any], known: HowKnown | None = None, message_id: str = ""
    ) -> Variables:
        """Call a tool, such as `find_approvals`, by its parameters in its YAML.

        `known` says how the actor of `route_approval` is known; the ledger keeps it. With a `message_id` the event
        happens once for that id in the whole workspace. What a tool refuses is an answer with `status` and
        `error_code`; raises `ToolsUnavailableError` when no answer came.
        """
        ...


type Handler = Callable[[HttpRequest, EndpointSettings, Tools], HttpResponse]
"""Answers one route. May raise `HttpError` and `ApprovalError`; what a caller did wrong is never another exception."""
