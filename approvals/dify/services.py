# SPDX-License-Identifier: Apache-2.0
"""The use cases for the credentials and the workspace that a call belongs to."""

from functools import cache, lru_cache

from dify_plugin import Tool

from approvals.dify.channel.storage import storage_of
from approvals.service import ApprovalService
from approvals.settings import Settings
from approvals.store.dify.storage import DifyStorage
from approvals.web.desk.desk import Desk
from approvals.web.links import Links, links_of
from approvals.wiring import wiring


@lru_cache(maxsize=256)
def _settings(credentials: tuple[tuple[str, str], ...]) -> Settings:
    """The settings of one credential set, read once: every call brings the same ones."""
    return Settings.from_credentials(dict(credentials))


def service_for(tool: Tool) -> ApprovalService:
    """The service for the credentials and the workspace that a call belongs to."""
    return wiring().service(settings_of(tool), DifyStorage(storage_of(tool.session)), tool.session.app_id)


@cache
def desk() -> Desk:
    """The desk, on the clock of the use cases."""
    return Desk(wiring().clock)


def settings_of(tool: Tool) -> Settings:
    """The credentials that a call belongs to, read. Raises `bad_parameter`."""
    given = tool.runtime.credentials.items()
    return _settings(tuple([(name, str(value)) for name, value in given if value is not None]))


def links_for(tool: Tool) -> Links | None:
    """What makes the links of who decides; None while the desk is not set up."""
    settings = settings_of(tool)
    return links_of(settings.public_url, settings.desk_secret)
