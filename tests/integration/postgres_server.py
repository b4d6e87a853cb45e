"""A PostgreSQL server of the test's own, from Debian's package, on a port of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

# With what has to be escaped in a URL.
PASSWORD = "s3cret /@#pass"  # noqa: S105 - of a server that lives as long as the test
START_SECONDS = 30


@dataclass(frozen=True)
class Server:
    """A running server and its superuser's password."""

    port: int
    process: subprocess.Popen[bytes]

    def url(self, user: str = "cardinal", password: str = PASSWORD, database: str = "postgres") -> str:
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server, and stop it; skips the test with a reason where there is none to start."""
    programs = _find_programs()
    as_user = _become_user()
    folder = Path(tempfile.mkdtemp(prefix="cardinal-postgres-", dir=_open_folder()))
    try:
        (folder / "password").write_text(PASSWORD + "\n")
        if as_user:
            user = pwd.getpwnam(as_user[0])
            for path in (folder, folder / "password"):
                os.chown(path, user.pw_uid, user.pw_gid)
        run_as = as_user[1] if as_user else []
        data = folder / "data"
        subprocess.run(
            [*run_as, programs / "initdb", "-D", data, "-U", "cardinal", "-A", "scram-sha-256", "-E", "UTF8",
             "--locale=C", "--no-sync", f"--pwfile={folder / 'password'}"],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = ["listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "fsync=off"]
        with (folder.parent / f"{folder.name}.log").open("wb") as log:
            process = subprocess.Popen(
                [*run_as, programs / "postgres", "-D", data, "-p", str(port),
                 *(word for option in options for word in ("-c", option))],
                cwd=folder, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            _wait_until_ready(programs, port, process, Path(log.name))
            yield Server(port, process)
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown
            process.wait(timeout=START_SECONDS)
            Path(log.name).unlink()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _find_programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.skip("there is no PostgreSQL here (apt-get install postgresql)")
    return found[-1].parent


def _become_user() -> tuple[str, list[str]] | None:
    """As whom the server runs, and what goes before its command: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {user.pw_name for user in pwd.getpwall()}
    name = next((name for name in ("postgres", "nobody") if name in names), None)
    if name is None or not shutil.which("setpriv"):
        pytest.skip("PostgreSQL doesn't run as root, and there is no setpriv or no other user to run it as")
    user = pwd.getpwnam(name)
    return name, ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]


def _open_folder() -> str:
    """A folder into which another user can go too."""
    for folder in (Path(tempfile.gettempdir()).resolve(), Path("/tmp")):  # noqa: S108 - mkdtemp makes a folder in it
        if all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents)):
            return str(folder)
    pytest.skip("there is no folder for temporary files that another user can enter")


def _wait_until_ready(programs: Path, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    ready = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    deadline = time.monotonic() + START_SECONDS
    while subprocess.run(ready, check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"PostgreSQL didn't start:\n{log.read_text()[-2000:]}", pytrace=False)
        time.sleep(0.1)
