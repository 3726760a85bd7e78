# SPDX-License-Identifier: Apache-2.0
"""`python -m devkit.llm_stub`: the LLM stub by itself, until it is interrupted."""

import argparse
import os
import signal
import ssl
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from pydantic import ValidationError

from devkit.llm_stub.process import KEY_VARIABLE
from devkit.llm_stub.script import ScriptDocument
from devkit.llm_stub.stub import LlmStub
from devkit.llm_stub.tls import Tls


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve; 0 when told to stop, 2 when the script or the certificate cannot be used."""
    options = _parser().parse_args(arguments)
    stub = LlmStub(
        latency_ms=options.latency_ms,
        api_key=os.environ.get(KEY_VARIABLE, ""),
        models=[name for name in options.models.split(",") if name],
        port=options.port,
        tls=_tls(options),
    )
    try:
        if options.script:
            stub.apply(ScriptDocument.read(options.script))
        stub.start()
    except (OSError, ValidationError) as error:
        print(f"The stub cannot start: {error}", file=sys.stderr)
        return 2
    try:
        if options.port_file:
            _announce(stub.port, options.port_file)
        print(f"The stub answers at {stub.base_url}", flush=True)
        _wait(until_stdin_closes=options.until_stdin_closes)
    finally:
        stub.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devkit.llm_stub", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 for a free one")
    parser.add_argument("--port-file", type=Path, help="where to write the port once the stub listens")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="from request to reply")
    parser.add_argument("--models", default="", help="the only models it knows, with commas between")
    parser.add_argument("--script", type=Path, help="a JSON file of rules: what to do wrong, and when")
    parser.add_argument("--certificate", type=Path, help="PEM file; with --key, speak TLS")
    parser.add_argument("--key", type=Path)
    versions = [version.name for version in ssl.TLSVersion if version.name.startswith("TLS")]
    parser.add_argument("--oldest-tls", choices=versions, default="TLSv1_2")
    parser.add_argument("--newest-tls", choices=versions, default="TLSv1_3")
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="end with the process that started it"
    )
    parser.epilog = f"It asks for the bearer token in {KEY_VARIABLE}, if that is set."
    return parser


def _tls(options: argparse.Namespace) -> Tls | None:
    if not options.certificate:
        return None
    versions = ssl.TLSVersion[options.oldest_tls], ssl.TLSVersion[options.newest_tls]
    return Tls(options.certificate, options.key or options.certificate, *versions)


def _announce(port: int, file: Path) -> None:
    """Write the port so that whoever reads the file finds it whole or not at all."""
    unfinished = file.with_name(file.name + ".new")
    unfinished.write_text(str(port))
    unfinished.replace(file)


def _wait(*, until_stdin_closes: bool) -> None:
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    if until_stdin_closes:
        threading.Thread(target=_set_at_end_of_stdin, args=(stopped,), daemon=True).start()
    stopped.wait()


def _set_at_end_of_stdin(stopped: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    stopped.set()


if __name__ == "__main__":
    sys.exit(main())
