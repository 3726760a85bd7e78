# SPDX-License-Identifier: Apache-2.0
"""Runs a Dify workflow file on graphon, the graph engine that Dify itself runs on.

For instance, with any ToolCaller for `tools`:

    runner = Runner(caller=tools, declarations=read_declarations(plugin_folder))
    run = runner.start(load_workflow(path), {"content": "A new chair", "requester": "Mia"})
    run.submit("ask_manager", "approve", {"approver": "Ann", "comment": ""})
    print(run.status, run.outputs)
"""

from importlib import metadata

ENGINE = "graphon"
ENGINE_SERIES = "0.8."  # its public names change with every minor release


def _require_engine() -> None:
    """Raises ImportError, saying which command helps, when the engine is absent or another release."""
    remedy = "run `make setup`, which installs it into .venv, and use that Python"
    try:
        found = metadata.version(ENGINE)
    except metadata.PackageNotFoundError:
        raise ImportError(f"the workflow engine {ENGINE!r} is not installed; {remedy}") from None
    if not found.startswith(ENGINE_SERIES):
        raise ImportError(f"{ENGINE} {found} is installed, {ENGINE_SERIES}x is needed; {remedy}")


_require_engine()

from devkit.declarations import ToolDeclaration, read_declarations  # noqa: E402 - after the check above
from devkit.engine.conversation import Conversation  # noqa: E402
from devkit.engine.daemon import AlwaysUp, Daemon, DaemonDownError, Loss, Outages, RestartAt  # noqa: E402
from devkit.engine.forms import Form, FormError  # noqa: E402
from devkit.engine.mail import Mail  # noqa: E402
from devkit.engine.run import Run, Runner, RunStatus  # noqa: E402
from devkit.engine.start import StartFormError  # noqa: E402
from devkit.engine.stream import FilterOnResume  # noqa: E402
from devkit.engine.tools import ToolCaller, ToolFailure, ToolResult  # noqa: E402
from devkit.engine.trace import NodeRun  # noqa: E402
from devkit.engine.workflow import Workflow, WorkflowFileError, load_workflow, parse_workflow  # noqa: E402

__all__ = [
    "AlwaysUp",
    "Conversation",
    "Daemon",
    "DaemonDownError",
    "FilterOnResume",
    "Form",
    "FormError",
    "Loss",
    "Mail",
    "NodeRun",
    "Outages",
    "RestartAt",
    "Run",
    "RunStatus",
    "Runner",
    "StartFormError",
    "ToolCaller",
    "ToolDeclaration",
    "ToolFailure",
    "ToolResult",
    "Workflow",
    "WorkflowFileError",
    "load_workflow",
    "parse_workflow",
    "read_declarations",
]
