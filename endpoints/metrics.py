# SPDX-License-Identifier: Apache-2.0
"""`GET /metrics`."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from approvals.dify.endpoints.answering import answered
from approvals.web.api.health import metrics


class MetricsEndpoint(Endpoint):
    """Tells monitors how the plugin is in this workspace."""

    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        return answered(self, r, values, settings, metrics)
