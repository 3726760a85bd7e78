# SPDX-License-Identifier: Apache-2.0
"""The tools in process, against model endpoints mocked with `httpx.MockTransport`: no socket, no sleep, no process."""

import sys
import warnings
from types import ModuleType

# The SDK puts gevent in the place of the standard library as soon as it is imported. Not here: other tests run in the
# same process, and the plugin under gevent is tested over stdio.
sys.modules.setdefault("dify_plugin._gevent", ModuleType("dify_plugin._gevent"))
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the SDK's own use of what is deprecated
    import dify_plugin as dify_plugin
