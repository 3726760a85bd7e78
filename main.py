# SPDX-License-Identifier: Apache-2.0
"""Where Dify starts the plugin: `python -m main`."""

import gc

from dify_plugin import DifyPluginEnv

from approvals.dify.channel.frame_plugin import FramePlugin
from approvals.dify.channel.log_channel import log_frame
from approvals.dify.channel.shutdown import leave_on_sigterm
from approvals.telemetry import configure_logs

plugin = FramePlugin(DifyPluginEnv(MAX_REQUEST_TIMEOUT=300))

# What is loaded by now stays for good: the collector need not look at it again, nor after every few hundred objects.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)

if __name__ == "__main__":
    configure_logs(log_frame)
    leave_on_sigterm()
    plugin.run()
