# SPDX-License-Identifier: Apache-2.0
"""Where Dify starts the plugin: `python -m main`."""

from dify_plugin import DifyPluginEnv

from approvals.dify.channel.frames import log_frame
from approvals.dify.channel.plugin import create_plugin
from approvals.dify.shutdown import leave_on_sigterm
from approvals.telemetry import configure_logs

configure_logs(log_frame)
plugin = create_plugin(DifyPluginEnv(MAX_REQUEST_TIMEOUT=300))

if __name__ == "__main__":
    leave_on_sigterm()
    plugin.run()
