# SPDX-License-Identifier: Apache-2.0
"""The use cases for the credentials and the workspace that a call belongs to."""

from functools import lru_cache

from dify_plugin import Tool

from approvals.dify.channel.storage import storage_of
from approvals.service import ApprovalService
from approvals.settings import Settings
from approvals.store.dify.storage import DifyStorage
from approvals.wiring import wiring


@lru_cache(maxsize=256)
def _settings(credentials: tuple[tuple[str, str], ...]) -> Settings:
    """The settings of one credential set, read once: every call brings the same ones."""
    return Settings.from_credentials(dict(credentials))


def service_for(tool: Tool) -> ApprovalService:
    """The service for the credentials and the workspace that a call belongs to."""
    given = tool.runtime.credentials.items()
    settings = _settings(tuple([(name, str(value)) for name, value in given if value is not None]))
    return wiring().service(settings, DifyStorage(storage_of(tool.session)), tool.session.app_id)
