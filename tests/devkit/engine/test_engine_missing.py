# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys

WITHOUT = """
from importlib import metadata
def version(name):
    {answer}
metadata.version = version
try:
    import devkit.engine
except ImportError as error:
    print(error)
"""


def said(answer: str) -> str:
    program = WITHOUT.format(answer=answer)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout


def test_a_missing_engine_is_said_with_the_command_that_helps() -> None:
    assert "'graphon' is not installed; run `make setup`" in said("raise metadata.PackageNotFoundError(name)")


def test_another_release_of_the_engine_is_refused() -> None:
    assert "graphon 0.9.1 is installed, 0.8.x is needed" in said("return '0.9.1'")
