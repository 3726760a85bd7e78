# SPDX-License-Identifier: Apache-2.0
"""Lets tool nodes call the plugin as a real process, through the host that plays the plugin daemon."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from devkit.engine.tools import ToolFailure, ToolResult
from devkit.host import PluginHost
from devkit.host.requests import ToolOptions


@dataclass(frozen=True, slots=True)
class PluginTools:
    """A ToolCaller that answers from a running plugin.

    Without `credentials`, those are used that the host's workspace has saved.
    """

    host: PluginHost
    credentials: Mapping[str, Any] | None = None

    def call(self, provider_id: str, tool_name: str, parameters: dict[str, Any], app_id: str) -> ToolResult:
        """One tool call over stdio. Raises ToolFailure with the plugin's error, or the host's when it died."""
        provider = provider_id.rpartition("/")[2]
        options = ToolOptions(provider=provider, app_id=app_id)
        if self.credentials is not None:
            options["credentials"] = self.credentials
        answer = self.host.invoke_tool(tool_name, parameters, **options)
        if answer.error is not None:
            raise ToolFailure(answer.error.message, answer.error.error_type)
        return ToolResult(answer.variables, answer.json, answer.text)


class RestartablePlugin:
    """A ToolCaller whose plugin can be restarted while a run goes on. Use it as a context manager.

    `make_host` makes a host that is not started. Give all of them one storage, since Dify keeps it over a restart.
    """

    def __init__(self, make_host: Callable[[], PluginHost]) -> None:
        self.restarts = 0
        self._make_host = make_host
        self._host = make_host()

    def __enter__(self) -> Self:
        self._host.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._host.stop()

    def restart(self) -> None:
        """Kill the process, as Dify's daemon does, and start another one. Raises HostError when it does not start."""
        self._host.kill()
        self._host.stop()
        self._host = self._make_host().start()
        self.restarts += 1

    def call(self, provider_id: str, tool_name: str, parameters: dict[str, Any], app_id: str) -> ToolResult:
        """One tool call, as PluginTools makes it."""
        return PluginTools(self._host).call(provider_id, tool_name, parameters, app_id)
