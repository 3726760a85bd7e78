# SPDX-License-Identifier: Apache-2.0
"""`make demo`: plays the main job and shows what happened."""

import re
import sys
from pathlib import Path

from rich.console import Console

from devkit.demo.play import play, scripted
from devkit.demo.scenario import read_cases
from devkit.demo.show import NEXT_STEPS, asking, results
from devkit.demo.world import running_world

_WIDTH = 130  # where there is no terminal to fit


def run_demo(*, play_decisions: bool, picture: Path | None = None) -> None:
    """Send every example through the workflow; ask for the decisions at a terminal unless told to play them.

    `picture`: where to keep what was printed, as SVG.
    """
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    console = Console(
        width=None if sys.stdout.isatty() else _WIDTH, record=picture is not None, highlight=False
    )
    cases = read_cases()
    console.print("[bold]Approvals for Dify[/bold]: real card purchases through workflows/approval.yml")
    console.print("Starting the plugin and the workflow engine …")
    with running_world() as world:
        console.print(
            f"Plugin: a process behind stdio, as Dify runs it; ready in {world.host.start_seconds:.1f} s"
        )
        console.print("Engine: graphon, the one that Dify runs workflows on")
        console.print(f"Model:  {world.endpoint.described}\n")
        decide = asking(console) if at_terminal and not play_decisions else scripted()
        played = []
        for number, case in enumerate(cases, start=1):
            one = play(world, case, decide)
            played.append(one)
            console.print(f"{number}/{len(cases)}  {case.supplier.title():<26} {' → '.join(one.path)}")
    console.print()
    console.print(results(played, console.width))
    console.print()
    console.print(NEXT_STEPS)
    if picture is not None:
        drawn = console.export_svg(title="make demo")
        # The drawing would fetch its font from afar; the reader's own monospaced font will do.
        picture.write_text(re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL), encoding="utf-8")
