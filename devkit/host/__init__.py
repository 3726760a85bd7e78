# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Dify's plugin daemon: runs one plugin process over stdio, for tests, demo and benchmarks."""

from devkit.host.answers import HostError, HostFault, ToolAnswer, ValidationAnswer
from devkit.host.backwards import ToolGateway, ToolRequest
from devkit.host.calls import Workspace
from devkit.host.frames import LONG_LINE, PLATFORM_LINE_LIMIT, Violation, ViolationKind
from devkit.host.host import PluginHost
from devkit.host.process import PluginProcess
from devkit.host.raw_http import HostResponse
from devkit.host.storage import (
    Cut,
    HostStorage,
    StorageOperation,
    StorageRefusedError,
    StorageRequest,
)

__all__ = [
    "LONG_LINE",
    "PLATFORM_LINE_LIMIT",
    "Cut",
    "HostError",
    "HostFault",
    "HostResponse",
    "HostStorage",
    "PluginHost",
    "PluginProcess",
    "StorageOperation",
    "StorageRefusedError",
    "StorageRequest",
    "ToolAnswer",
    "ToolGateway",
    "ToolRequest",
    "ValidationAnswer",
    "Violation",
    "ViolationKind",
    "Workspace",
]
