# SPDX-License-Identifier: Apache-2.0
"""The SDK's own loader takes the package as it lies there.

In a process of its own: importing the SDK patches the whole interpreter.
"""

import json
import subprocess
import sys

from tests.package.files import MANIFEST, PROVIDER, ROOT, TOOLS

LOADS = """
import json
from dify_plugin import DifyPluginEnv
from dify_plugin.core.plugin_registration import PluginRegistration
loaded = PluginRegistration(DifyPluginEnv())
(provider, provider_class, tools), = loaded.tools_mapping.values()
print(json.dumps({
    "plugin": [loaded.configuration.author, loaded.configuration.name, loaded.configuration.version],
    "provider": provider_class.__name__,
    "credentials": [credential.name for credential in provider.credentials_schema],
    "tools": {name: tool_class.__name__ for name, (tool, tool_class) in tools.items()},
    "parameters": {name: [parameter.name for parameter in tool.parameters] for name, (tool, _) in tools.items()},
    "assets": sorted(asset.filename for asset in loaded.files),
}))
"""


def test_the_sdk_loads_the_package() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADS], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "plugin": [MANIFEST["author"], MANIFEST["name"], MANIFEST["version"]],
        "provider": "ApprovalsProvider",
        "credentials": list(PROVIDER["credentials_for_provider"]),
        "tools": {name: f"{name.title().replace('_', '')}Tool" for name in TOOLS},
        "parameters": {name: [one["name"] for one in tool["parameters"]] for name, tool in TOOLS.items()},
        "assets": ["icon-dark.svg", "icon.svg"],
    }
