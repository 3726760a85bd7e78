# SPDX-License-Identifier: Apache-2.0
"""Throwaway database servers for tests and benchmarks: own folder, own port on the loopback, gone afterwards.

They need Debian's packages `postgresql`, `pgbouncer`, `mariadb-server` and `redis-server`, or others with the same
programs.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

START_SECONDS = 60
PASSWORD = "open/sesame@1"  # noqa: S105 - of a server that nobody else reaches; odd characters on purpose
_QUOTED = "open%2Fsesame%401"


class NoServerError(Exception):
    """The programs of a server are not on this machine."""


class Server:
    """One running server. `url` is what a client needs; `restart` cuts every connection off.

    With TLS, `certificate` is the file to verify it by.
    """

    def __init__(  # noqa: PLR0913 - what makes one kind of server
        self,
        name: str,
        url: str,
        folder: Path,
        command: Sequence[str],
        ready: Callable[[], bool],
        gentle: signal.Signals = signal.SIGTERM,
        abrupt: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.name = name
        self.url = url
        self.certificate = folder / "certificate.pem"
        self._folder = folder
        self._command = command
        self._ready = ready
        self._gentle = gentle
        self._abrupt = abrupt
        self._process: subprocess.Popen[bytes] | None = None

    def __repr__(self) -> str:
        process = self._process
        return f"<Server {self.name}, {'process ' + str(process.pid) if process else 'stopped'}>"

    @property
    def pid(self) -> int:
        """The id of the server's first process; 0 while it is stopped."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._process = _spawn(self._folder, self._command)
        limit = time.monotonic() + START_SECONDS
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"{self.name} did not start: {_last_words(self._folder)}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop in good order."""
        self._end(self._gentle)

    def crash(self) -> None:
        """Stop without time to say good-bye or to tidy up."""
        self._end(self._abrupt)

    def restart(self) -> None:
        """Crash, and start again on the same port with the same data."""
        self.crash()
        self.start()

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


@contextmanager
def postgresql(*settings: str, tls: bool = False) -> Iterator[Server]:
    """A PostgreSQL server; `settings` are `name=value` of its configuration."""
    binaries = _postgresql_binaries()
    with _folder() as folder:
        password = folder / "password"
        password.write_text(PASSWORD)
        _own(folder, password)
        _run(folder, binaries / "initdb", "-D", "data", "-U", "approvals", "-A", "scram-sha-256",
             "--pwfile=password", "-E", "UTF8", "--locale=C", "--no-sync")  # fmt: skip
        port = free_port()
        if tls:
            certificate, key = _certificate(folder)
            settings += ("ssl=on", f"ssl_cert_file={certificate}", f"ssl_key_file={key}")
        extra = [part for setting in settings for part in ("-c", setting)]
        command = [binaries / "postgres", "-D", "data", "-k", folder, "-h", "127.0.0.1", "-p", port, *extra]
        ready = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", port]
        url = f"postgresql://approvals:{_QUOTED}@127.0.0.1:{port}/postgres"
        server = Server(
            "PostgreSQL",
            url,
            folder,
            _texts(command),
            lambda: _spawn(folder, _texts(ready)).wait() == 0,
            gentle=signal.SIGINT,  # SIGTERM would wait until the last client has gone
            abrupt=signal.SIGQUIT,  # SIGKILL would leave its children behind
        )
        yield from _running(server)


@contextmanager
def pgbouncer(postgresql_url: str, pool_size: int = 4) -> Iterator[Server]:
    """A PgBouncer in transaction mode before a server of `postgresql`, with few connections to it."""
    program = _program("pgbouncer")
    upstream = urlsplit(postgresql_url)
    with _folder() as folder:
        port = free_port()
        settings = folder / "pgbouncer.ini"
        users = folder / "users.txt"
        users.write_text(f'"approvals" "{PASSWORD}"\n')
        settings.write_text(
            f"[databases]\n* = host={upstream.hostname} port={upstream.port}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = scram-sha-256\nauth_file = {users}\n"
            f"pool_mode = transaction\ndefault_pool_size = {pool_size}\nmax_client_conn = 200\n"
        )
        _own(folder, settings, users)
        url = f"postgresql://approvals:{_QUOTED}@127.0.0.1:{port}{upstream.path}"
        yield from _running(
            Server("PgBouncer", url, folder, _texts([program, settings]), lambda: _listens(port))
        )


@contextmanager
def mariadb(*settings: str, tls: bool = False) -> Iterator[Server]:
    """A MariaDB server; `settings` are its options without the dashes."""
    server = _program("mariadbd", "mysqld")
    with _folder() as folder:
        start = folder / "start.sql"
        start.write_text(
            "CREATE DATABASE IF NOT EXISTS approvals;\n"
            f"CREATE USER IF NOT EXISTS approvals@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            "GRANT ALL ON *.* TO approvals@'127.0.0.1' WITH GRANT OPTION;\n"
        )
        _own(folder, start)
        _run(folder, _program("mariadb-install-db"), "--no-defaults", f"--datadir={folder}/data",
             "--skip-test-db", "--auth-root-authentication-method=normal")  # fmt: skip
        port = free_port()
        if tls:
            certificate, key = _certificate(folder)
            settings += (f"ssl-cert={certificate}", f"ssl-key={key}", "require-secure-transport=ON")
        command = [
            server,
            "--no-defaults",
            f"--datadir={folder}/data",
            f"--socket={folder}/socket",
            f"--pid-file={folder}/pid",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            f"--init-file={start}",
            *(f"--{setting}" for setting in settings),
        ]
        url = f"mysql://approvals:{_QUOTED}@127.0.0.1:{port}/approvals"
        yield from _running(Server("MariaDB", url, folder, _texts(command), lambda: _greets(port)))


@contextmanager
def redis() -> Iterator[Server]:
    """A Redis server that keeps nothing on disk."""
    program = _program("redis-server")
    with _folder() as folder:
        port = free_port()
        command = [program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        url = f"redis://127.0.0.1:{port}/0"
        yield from _running(Server("Redis", url, folder, _texts(command), lambda: _pongs(port)))


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _running(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def _folder() -> Iterator[Path]:
    # Directly under the temporary folder: the path of a socket may have 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="approvals-"))
    try:
        _own(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _own(*paths: Path) -> None:
    if os.geteuid() == 0:
        for path in paths:
            shutil.chown(path, "nobody", pwd.getpwnam("nobody").pw_gid)


def _spawn(folder: Path, command: Sequence[str]) -> subprocess.Popen[bytes]:
    """A process that writes to the folder's log, as nobody where we are root: database servers refuse root."""
    root = os.geteuid() == 0
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - a server's own program
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user="nobody" if root else None,
            group=pwd.getpwnam("nobody").pw_gid if root else None,
            extra_groups=[] if root else None,
        )


def _run(folder: Path, *command: object) -> None:
    if _spawn(folder, _texts(command)).wait() != 0:
        raise RuntimeError(f"{command[0]} failed: {_last_words(folder)}")


def _last_words(folder: Path) -> str:
    return (folder / "log").read_text(errors="replace")[-2000:]


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    _run(folder, _program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-keyout", "key.pem", "-out", "certificate.pem", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1")  # fmt: skip
    return folder / "certificate.pem", folder / "key.pem"


def _texts(parts: Sequence[object]) -> list[str]:
    return [str(part) for part in parts]


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _greets(port: int) -> bool:
    """MariaDB speaks first; it does so only when its start-up script is done."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            return len(connection.recv(5)) == 5  # noqa: PLR2004 - the packet's header and the protocol's version
    except OSError:
        return False


def _pongs(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False


def _program(*names: str) -> Path:
    for name in names:
        found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if found:
            return Path(found)
    raise NoServerError(f"{' or '.join(names)} is not installed")


def _postgresql_binaries() -> Path:
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3])
    )
    if not installed:
        raise NoServerError("postgresql (initdb) is not installed")
    return installed[-1].parent
