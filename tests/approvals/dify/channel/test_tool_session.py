# SPDX-License-Identifier: Apache-2.0
"""A session builds what the SDK's has, when it is asked for."""

import subprocess
import sys

# In a process of its own: the SDK puts gevent in the place of the standard library as soon as it is imported.
PROGRAM = """
import dify_plugin
from dify_plugin.core.runtime import Session
from approvals.dify.channel.tool_session import ToolSession

given = dict(session_id="s", executor=None, reader=None, writer=None)
ours, theirs = ToolSession(**given), Session(**given)
missing = set(vars(theirs)) - set(vars(ours))
for name in sorted(missing):
    assert type(getattr(ours, name)) is type(getattr(theirs, name)), name
    assert getattr(ours, name) is getattr(ours, name), name
assert set(vars(ours)) == set(vars(theirs))
try:
    ours.nothing
except AttributeError as error:
    print(sorted(missing), error)
"""


def test_all_that_the_sdks_session_has_is_there_when_it_is_asked_for() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)

    names = ["app", "file", "model", "storage", "tool", "workflow_node"]
    assert done.stdout == f"{names} a session has no 'nothing'\n"
