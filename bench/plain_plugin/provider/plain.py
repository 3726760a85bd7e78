# SPDX-License-Identifier: Apache-2.0
"""Accepts any credentials."""

from typing import Any

from dify_plugin import ToolProvider


class PlainProvider(ToolProvider):
    """Nothing to validate."""

    def _validate_credentials(self, credentials: dict[str, Any]) -> None:
        pass
