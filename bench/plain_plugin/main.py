# SPDX-License-Identifier: Apache-2.0
"""Starts the plain plugin."""

from dify_plugin import DifyPluginEnv, Plugin

Plugin(DifyPluginEnv()).run()
