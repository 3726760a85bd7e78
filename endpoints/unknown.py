# SPDX-License-Identifier: Apache-2.0
"""Every path and method that has no endpoint of its own."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from approvals.dify.endpoints.answering import answered
from approvals.web.api.unknown import unknown


class UnknownEndpoint(Endpoint):
    """Answers as the other routes do. Without it the SDK answers in plain text, with 404 for a wrong method too."""

    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        return answered(self, r, values, settings, unknown)
