# SPDX-License-Identifier: Apache-2.0
"""The plugin's endpoints over HTTP on this machine, as Dify's plugin daemon serves them."""

from devkit.serve.gateway import Gateway
from devkit.serve.server import EndpointServer

__all__ = ["EndpointServer", "Gateway"]
