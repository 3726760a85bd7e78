# SPDX-License-Identifier: Apache-2.0
"""`/d/<token>`: a person-bound link."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from approvals.dify.endpoints.answering import answered
from approvals.dify.services import desk


class LinkEndpoint(Endpoint):
    """Shows one request to one person, and takes their decision."""

    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        return answered(
            self, r, values, settings, desk().link_post if r.method == "POST" else desk().link_get
        )
