# SPDX-License-Identifier: Apache-2.0
"""The SDK's session of a call, without what none of our tools uses."""

from typing import Any, Final

from dify_plugin.core.runtime import Session, SessionContext

_INVOCATIONS: Final = frozenset({"model", "tool", "app", "workflow_node", "storage", "file"})
NO_CONTEXT: Final = SessionContext()


class ToolSession(Session):
    """Builds its seventeen objects that call Dify's models, apps and nodes when one is asked for."""

    def _register_invocations(self) -> None:
        """Not yet."""

    def __getattr__(self, name: str) -> Any:
        if name not in _INVOCATIONS:
            raise AttributeError(f"a session has no {name!r}")
        super()._register_invocations()
        return self.__dict__[name]
