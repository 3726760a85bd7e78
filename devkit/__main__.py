# SPDX-License-Identifier: Apache-2.0
"""The commands of the development kit: `python -m devkit COMMAND`."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False)


@app.callback()
def kit() -> None:
    """What a developer or a curious user runs on their own machine."""


@app.command()
def demo(
    yes: Annotated[bool, typer.Option("--yes", help="Play the decisions instead of asking.")] = False,
) -> None:
    """Real purchases through the shipped workflow, on the real engine, with the plugin as a process."""
    from devkit.demo.command import run_demo  # noqa: PLC0415 - the engine takes a second to load

    run_demo(play_decisions=yes)


if __name__ == "__main__":
    app()
