# SPDX-License-Identifier: Apache-2.0
"""The SDK's session of a tool call, at a tenth of its price."""

from typing import Any, Final

from dify_plugin.core.runtime import Session

_INVOCATIONS: Final = frozenset({"model", "tool", "app", "workflow_node", "storage", "file"})


class ToolSession(Session):
    """Builds its seventeen ways to models, apps and nodes when somebody asks for one. Our calls go none of them."""

    def _register_invocations(self) -> None:
        """Not yet."""

    def __getattr__(self, name: str) -> Any:
        if name not in _INVOCATIONS:
            raise AttributeError(f"a session has no {name!r}")
        super()._register_invocations()
        return self.__dict__[name]
