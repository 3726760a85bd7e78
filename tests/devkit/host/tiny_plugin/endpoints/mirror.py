# SPDX-License-Identifier: Apache-2.0
"""Shows the request."""

import json
from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response


class MirrorEndpoint(Endpoint):
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        seen = {
            "name": values["name"],
            "query": r.args.to_dict(),
            "body": r.get_data().decode(),
            "headers": dict(r.headers),
            "token": settings.get("token"),
        }
        return Response(json.dumps(seen), status=201, headers={"X-Seen": "yes"}, mimetype="application/json")
