# SPDX-License-Identifier: Apache-2.0
"""Asks the plugin's own echo tool, through the platform."""

import json
from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response


class AskEndpoint(Endpoint):
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        asked = {"say": r.args.get("say", "")}
        messages = self.session.tool.invoke_builtin_tool("acme/tiny/tiny", r.args.get("tool", "echo"), asked)
        said = [message.message for message in messages if message.type.value == "variable"]
        found = {variable.variable_name: variable.variable_value for variable in said}
        return Response(json.dumps(found), mimetype="application/json")
