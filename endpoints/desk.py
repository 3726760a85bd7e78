# SPDX-License-Identifier: Apache-2.0
"""`/desk` and `/desk/<request_id>`: the pages of whoever is signed in."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from approvals.dify.endpoints.answering import answered
from approvals.dify.services import desk


class DeskEndpoint(Endpoint):
    """Shows requests, and takes decisions."""

    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        return answered(
            self, r, values, settings, desk().desk_post if r.method == "POST" else desk().desk_get
        )
