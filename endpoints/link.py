# SPDX-License-Identifier: Apache-2.0
"""`/d/<token>`: a person-bound link."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from approvals.dify.endpoints.answering import answered
from approvals.web.desk.desk import DESK


class LinkEndpoint(Endpoint):
    """Shows one request to one person, and takes their decision."""

    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        return answered(self, r, values, settings, DESK.link_post if r.method == "POST" else DESK.link_get)
