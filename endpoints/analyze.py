# SPDX-License-Identifier: Apache-2.0
"""`POST /v1/approvals/analyze`."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from approvals.dify.endpoints.answering import answered
from approvals.web.api.analyze import analyze


class AnalyzeEndpoint(Endpoint):
    """Has a request read."""

    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        return answered(self, r, values, settings, analyze)
