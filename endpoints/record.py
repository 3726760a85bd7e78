# SPDX-License-Identifier: Apache-2.0
"""`GET /v1/approvals/<request_id>`."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from approvals.dify.endpoints.answering import answered
from approvals.web.api.record import record


class RecordEndpoint(Endpoint):
    """One request with its ledger."""

    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        return answered(self, r, values, settings, record)
