# SPDX-License-Identifier: Apache-2.0
"""A plugin as a child process, and the one thread that reads from it and writes to it.

Both pipes are served by the same thread and no write ever blocks: a plugin that is busy writing does not
read, so a host that waited for it to read before it reads itself would stop both of them for good.
"""

import os
import selectors
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from devkit.host.frames import LineSplitter, LineTooLongError

_CHUNK = 1 << 20
_STDERR_KEPT = 64 * 1024
_EXIT_GRACE = 2.0

BASE_ENVIRONMENT = {"PATH": os.defpath, "INSTALL_METHOD": "local"}
"""All that a plugin sees of this machine, unless the caller adds to it."""


class PluginProcess:
    """One running plugin. The callbacks run in the reading thread, so they must be short.

    `on_lines(lines)` gets the lines of one read; `on_broken_line(size)` tells of a line over the platform's
    limit, after which the process is killed; `on_gone(exit_code)` comes last, exactly once.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        on_lines: Callable[[list[bytes]], None],
        on_broken_line: Callable[[int], None],
        on_gone: Callable[[int], None],
    ) -> None:
        if os.getpid() == 1:
            raise OSError("a plugin exits when its parent is process 1: start the host from a shell")
        self._on_lines, self._on_broken_line, self._on_gone = on_lines, on_broken_line, on_gone
        self._splitter = LineSplitter()
        self._stderr = bytearray()
        self._outbox: deque[memoryview] = deque()
        self._write_lock = threading.Lock()
        self._closed = False
        self._gone = threading.Event()
        self._wake_reader, self._wake_writer = os.pipe()
        child_stdin, self._stdin = os.pipe()
        self._stdout, child_stdout = os.pipe()
        self._stderr_pipe, child_stderr = os.pipe()
        try:
            self._child = subprocess.Popen(  # noqa: S603 - the caller's own command
                command,
                cwd=cwd,
                env=dict(env),
                stdin=child_stdin,
                stdout=child_stdout,
                stderr=child_stderr,
                start_new_session=True,  # Ctrl-C reaches the host alone, which then stops the plugin
            )
        except OSError:
            for fd in (self._wake_reader, self._wake_writer, self._stdin, self._stdout, self._stderr_pipe):
                os.close(fd)
            raise
        finally:
            for fd in (child_stdin, child_stdout, child_stderr):
                os.close(fd)
        self._selector = selectors.DefaultSelector()
        for fd in (self._wake_reader, self._stdin, self._stdout, self._stderr_pipe):
            os.set_blocking(fd, False)
        self._selector.register(self._stdout, selectors.EVENT_READ, self._read_stdout)
        self._selector.register(self._stderr_pipe, selectors.EVENT_READ, self._read_stderr)
        self._selector.register(self._wake_reader, selectors.EVENT_READ, self._watch_stdin)
        self._thread = threading.Thread(target=self._run, name=f"plugin-{self._child.pid}", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"<PluginProcess {self.pid} exit_code={self.exit_code}>"

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return self._child.returncode

    @property
    def stderr(self) -> str:
        """What it wrote to stderr, the last 64 KiB of it."""
        return bytes(self._stderr).decode(errors="replace")

    def write(self, data: bytes) -> None:
        """Send bytes to its stdin. Never waits; what the pipe does not take now goes out later."""
        with self._write_lock:
            if self._closed:
                return
            left = memoryview(data)
            if not self._outbox:
                left = left[self._push(left) :]
            if left:
                self._outbox.append(left)
                os.write(self._wake_writer, b"!")

    def send_signal(self, number: int) -> None:
        """Send a signal; nothing happens when the process is gone."""
        self._child.send_signal(number)

    def kill(self) -> None:
        """End it at once, as the platform does."""
        self.send_signal(signal.SIGKILL)

    def stop(self, grace: float = 5.0) -> int:
        """SIGTERM, after `grace` seconds SIGKILL, and wait. Returns the exit code."""
        self.send_signal(signal.SIGTERM)
        if not self._gone.wait(grace):
            self.kill()
        self._thread.join()
        return self._child.wait()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is gone and all it said was read. False when `timeout` seconds passed first."""
        return self._gone.wait(timeout)

    def rss_bytes(self) -> int:
        """Resident memory now, in bytes. Linux; raises `OSError` elsewhere or when the process is gone."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self) -> float:
        """CPU time used so far, user and system. Linux; raises `OSError` elsewhere or when it is gone."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _push(self, data: memoryview) -> int:
        try:
            return os.write(self._stdin, data)
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            return len(data)

    def _run(self) -> None:
        try:
            reading = True
            while reading:
                for key, _ in self._selector.select():
                    reading = key.data() and reading
        finally:
            self._finish()

    def _read_stdout(self) -> bool:
        try:
            chunk = os.read(self._stdout, _CHUNK)
        except BlockingIOError:
            return True
        if not chunk:
            return False
        try:
            lines = self._splitter.feed(chunk)
        except LineTooLongError as error:
            self._on_broken_line(error.size)
            self.kill()
            return False
        if lines:
            self._on_lines(lines)
        return True

    def _read_stderr(self) -> bool:
        try:
            chunk = os.read(self._stderr_pipe, _CHUNK)
        except BlockingIOError:
            return True
        if not chunk:
            self._selector.unregister(self._stderr_pipe)
        self._stderr += chunk
        del self._stderr[:-_STDERR_KEPT]
        return True

    def _watch_stdin(self) -> bool:
        os.read(self._wake_reader, _CHUNK)
        with suppress(KeyError):
            self._selector.register(self._stdin, selectors.EVENT_WRITE, self._flush)
        return True

    def _flush(self) -> bool:
        with self._write_lock:
            while self._outbox:
                head = self._outbox[0]
                sent = self._push(head)
                if sent < len(head):
                    self._outbox[0] = head[sent:]
                    return True
                self._outbox.popleft()
            self._selector.unregister(self._stdin)
        return True

    def _finish(self) -> None:
        """The end of stdout is the end of the plugin: the platform kills what still runs then."""
        try:
            exit_code = self._child.wait(_EXIT_GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            exit_code = self._child.wait()
        if self._stderr_pipe in self._selector.get_map():
            self._read_stderr()
        with self._write_lock:
            self._closed = True
            self._selector.close()
            for fd in (self._wake_reader, self._wake_writer, self._stdin, self._stdout, self._stderr_pipe):
                os.close(fd)
        try:
            self._on_gone(exit_code)
        finally:
            self._gone.set()
