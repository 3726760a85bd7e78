# SPDX-License-Identifier: Apache-2.0
"""The provider: saving its credentials proves them."""

from typing import Any

from dify_plugin import ToolProvider

from approvals.dify.validating import validating
from approvals.settings import Settings
from approvals.wiring import wiring


class ApprovalsProvider(ToolProvider):
    """Validates the settings, then tries the model, the database and Redis with them."""

    def _validate_credentials(self, credentials: dict[str, Any]) -> None:
        with validating(credentials):
            wiring().check(Settings.from_credentials(credentials))
