"""A folder on an SFTP server: the files of a folder here, the manifest last. Needs the extra `sftp` (asyncssh).

A file is written beside and renamed. The server has to show the key that the declaration knows: nobody's else is
accepted, not even the first time.
"""

from __future__ import annotations

import asyncio
import posixpath
import re
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import AccessRefusedError, Answer, Batch, UnavailableError
from cardinal.activation.destinations.batch_files import batch_files, declared_format, manifest_name
from cardinal.activation.destinations.http import needed_secret
from cardinal.settings import Settings

if TYPE_CHECKING:
    import asyncssh

HOST_KEY = re.compile(r"(ssh-ed25519|ecdsa-sha2-nistp\d+|ssh-rsa) [A-Za-z0-9+/=]+( .*)?")
PRIVATE_KEY = "-----BEGIN "
T = TypeVar("T")


class Sftp:
    """One folder on one server; the connection stays open from batch to batch."""

    def __init__(self, login: dict[str, Any], folder: str, file_format: str, timeout_seconds: float) -> None:
        """`login` is what asyncssh connects with; `folder` is where the files of one sync go."""
        self._login, self._folder, self._format, self._timeout_seconds = login, folder, file_format, timeout_seconds
        self._loop = asyncio.new_event_loop()
        self._line: asyncssh.SSHClientConnection | None = None

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> Sftp:
        """Make it from a declaration: host, port, user, secret (password or private key), host_key, path, format."""
        given = sync.destination
        for needed in ("host", "user"):
            if not given.get(needed):
                raise SyncError(f"sync {sync.name}: destination.{needed} is missing")
        folder = posixpath.join(str(given.get("path", "cardinal")), sync.name)
        login = _login(sync, needed_secret(sync, settings))
        return cls(login, folder, declared_format(sync), sync.delivery.timeout_seconds)

    def send(self, batch: Batch) -> Answer:
        """Write the batch."""
        self._do(self._write(batch))
        return Answer()

    def was_taken(self, batch_key: str) -> bool | None:
        """Whether the manifest is there."""
        return self._do(self._exists(f"{self._folder}/{manifest_name(batch_key)}"))

    def close(self) -> None:
        """Hang up."""
        if not self._loop.is_closed():
            self._hang_up()
            self._loop.close()

    async def _write(self, batch: Batch) -> None:
        async with (await self._connected()).start_sftp_client() as files:
            await files.makedirs(self._folder, exist_ok=True)
            for name, content in batch_files(batch, self._format):
                unfinished = f"{self._folder}/{name}.tmp"
                async with files.open(unfinished, "wb") as file:
                    await file.write(content)
                await _rename(files, unfinished, f"{self._folder}/{name}")

    async def _exists(self, path: str) -> bool:
        async with (await self._connected()).start_sftp_client() as files:
            return await files.exists(path)

    async def _connected(self) -> asyncssh.SSHClientConnection:
        import asyncssh

        if self._line is None or self._line.is_closed():
            self._line = await asyncssh.connect(**self._login)
        return self._line

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        import asyncssh

        try:
            return self._loop.run_until_complete(asyncio.wait_for(work, self._timeout_seconds))
        except asyncssh.HostKeyNotVerifiable:
            raise AccessRefusedError("the server shows another key than destination.host_key") from None
        except asyncssh.PermissionDenied:
            raise AccessRefusedError("the server refuses user, password or key") from None
        except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath) as error:
            raise AccessRefusedError(f"the folder can't be written: {type(error).__name__}") from None
        except (asyncssh.Error, OSError, TimeoutError) as error:
            self._hang_up()
            raise UnavailableError(type(error).__name__) from None

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.abort()
            # Let it notice.
            self._loop.run_until_complete(asyncio.sleep(0))
        self._line = None


async def _rename(files: asyncssh.SFTPClient, unfinished: str, target: str) -> None:
    """Give a whole file its name, in the place of the one that may have it from an attempt before."""
    import asyncssh

    try:
        await files.posix_rename(unfinished, target)
    except asyncssh.SFTPOpUnsupported:
        # An extension of OpenSSH's; what all servers know goes only where nothing is.
        if await files.exists(target):
            await files.remove(target)
        await files.rename(unfinished, target)


def _login(sync: Sync, secret: str) -> dict[str, Any]:
    """Return what asyncssh connects with: this host with this key, this user, and nothing of this machine's own."""
    try:
        import asyncssh
    except ImportError:
        raise SyncError(f"sync {sync.name}: install the extra for it: pip install 'cardinal[sftp]'") from None
    given = sync.destination
    host_key = str(given.get("host_key", "")).strip()
    if not HOST_KEY.fullmatch(host_key):
        raise SyncError(
            f"sync {sync.name}: destination.host_key must be the server's public key, such as `ssh-ed25519 AAAA...`:"
            " ask whoever runs it, or compare what `ssh-keyscan` shows"
        )
    try:
        trusted = asyncssh.import_public_key(host_key)
        is_key = secret.lstrip().startswith(PRIVATE_KEY)
        own: dict[str, Any] = {"client_keys": [asyncssh.import_private_key(secret)]} if is_key else {"password": secret}
    except asyncssh.KeyImportError:
        raise SyncError(f"sync {sync.name}: destination.host_key or the private key can't be read") from None
    seconds = sync.delivery.timeout_seconds
    return {
        "host": str(given["host"]), "port": int(given.get("port", 22)), "username": str(given["user"]),
        "known_hosts": ([trusted], [], []), "client_keys": None, "agent_path": None, "config": None,
        "connect_timeout": seconds, "login_timeout": seconds, **own,
    }  # fmt: skip
