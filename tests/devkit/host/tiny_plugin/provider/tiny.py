# SPDX-License-Identifier: Apache-2.0
"""Accepts one key."""

from typing import Any

from dify_plugin import ToolProvider
from dify_plugin.errors.tool import ToolProviderCredentialValidationError


class TinyProvider(ToolProvider):
    def _validate_credentials(self, credentials: dict[str, Any]) -> None:
        if credentials.get("key") != "right":
            raise ToolProviderCredentialValidationError("the key is not right")
