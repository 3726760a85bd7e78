# SPDX-License-Identifier: Apache-2.0
"""The provider: saving its credentials proves them."""

from typing import Any

from dify_plugin import ToolProvider

from approvals.dify.channel.validating import validating
from approvals.settings import Settings
from approvals.wiring import wiring


class ApprovalsProvider(ToolProvider):
    """Validates the settings, then makes one call to the model with them."""

    def _validate_credentials(self, credentials: dict[str, Any]) -> None:
        with validating():
            wiring().prove(Settings.from_credentials(credentials))
