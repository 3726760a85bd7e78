# SPDX-License-Identifier: Apache-2.0
"""`POST /v1/approvals/<request_id>/events`."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from approvals.dify.endpoints.answering import answered
from approvals.web.api.events import events


class EventsEndpoint(Endpoint):
    """An event of another system."""

    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        return answered(self, r, values, settings, events)
