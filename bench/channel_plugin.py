# SPDX-License-Identifier: Apache-2.0
"""The plugin with only some parts of its channel: `python -m bench.channel_plugin WRITER,REVERSE_CALLS`.

Without a name of a part, the SDK's own plugin.
"""

import sys
from functools import reduce
from operator import or_

from dify_plugin import DifyPluginEnv, Plugin

from approvals.dify.channel.frames import log_frame
from approvals.dify.channel.plugin import ChannelPlugin, Part
from approvals.telemetry import configure_logs


def main(names: str) -> None:
    """Serve until the host closes stdin."""
    configure_logs(log_frame)
    config = DifyPluginEnv(MAX_REQUEST_TIMEOUT=300)
    parts = reduce(or_, (Part[name] for name in names.split(",") if name), Part(0))
    (ChannelPlugin(config, parts) if parts else Plugin(config)).run()


if __name__ == "__main__":
    main(sys.argv[1])
