# SPDX-License-Identifier: Apache-2.0
"""Where Dify starts the plugin: `python -m main`."""

from dify_plugin import DifyPluginEnv

from approvals.dify.log_channel import sdk_log_channel
from approvals.dify.shutdown import leave_on_sigterm
from approvals.dify.stdin import MendingPlugin
from approvals.telemetry import configure_logs

plugin = MendingPlugin(DifyPluginEnv(MAX_REQUEST_TIMEOUT=300))

if __name__ == "__main__":
    configure_logs(sdk_log_channel())
    leave_on_sigterm()
    plugin.run()
