"""SFTP against a server in this process: files and manifests as in a folder, and only to the server that is known."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import AccessRefusedError, Batch, Row, UnavailableError
from cardinal.activation.destinations.catalogue import open_destination
from cardinal.settings import Settings
from tests.unit.activation.desk import desk

ROWS = Batch("people", "run", [Row("p1", "add", "id1", {"phone": "สมชาย"})])
PASSWORD = "p4ss"  # noqa: S105 - made up


@dataclass
class Server:
    """Where it is, what it is known by, its files, what it does to the next renames; an old one only knows v3."""

    root: Path
    key: asyncssh.SSHKey
    client: asyncssh.SSHKey
    port: int = 0
    faults: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    is_old: bool = False

    @property
    def public_key(self) -> str:
        return self.key.export_public_key().decode().strip()


class Gate(asyncssh.SSHServer):
    """Lets in who has the password or the key."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("cardinal", PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return key.public_data == self.server.client.public_data


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    class Files(asyncssh.SFTPServer):
        """Files below the root; it breaks off as it is told."""

        def __init__(self, channel: asyncssh.SSHServerChannel) -> None:
            super().__init__(channel, chroot=str(server.root).encode())

        def rename(self, oldpath: bytes, newpath: bytes) -> None:
            if Path(self.map_path(newpath).decode()).exists():
                raise asyncssh.SFTPFailure("it is there already")
            super().rename(oldpath, newpath)
            server.names.append(newpath.decode())

        def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
            if server.is_old:
                raise asyncssh.SFTPOpUnsupported("an extension of OpenSSH")
            fault = server.faults.pop(0) if server.faults else ""
            if fault == "denied":
                raise asyncssh.SFTPPermissionDenied("no")
            if fault != "hang up before":
                super().posix_rename(oldpath, newpath)
                server.names.append(newpath.decode())
            if fault.startswith("hang up"):
                self.connection.abort()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[server.key], server_factory=lambda: Gate(server), sftp_factory=Files
        )

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    server.port = acceptor.get_port()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(acceptor.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    root = tmp_path / "root"
    root.mkdir()
    keys = [asyncssh.generate_private_key("ssh-ed25519") for _ in range(2)]
    with serving(Server(root, *keys)) as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CARDINAL_SECRET_SFTP", PASSWORD)
    return Settings(tmp_path)


def declared(tmp_path: Path, server: Server, **changes: Any) -> Sync:
    destination = {
        "type": "sftp", "host": "127.0.0.1", "port": server.port, "user": "cardinal", "secret": "sftp",
        "host_key": server.public_key, "path": "in/crm", **changes,
    }  # fmt: skip
    sync = desk(tmp_path / "home", destination=destination).sync
    return dataclasses.replace(sync, delivery=dataclasses.replace(sync.delivery, timeout_seconds=5))


def test_the_file_comes_first_and_then_its_manifest(server: Server, settings: Settings, tmp_path: Path) -> None:
    target = open_destination(declared(tmp_path, server), settings)
    assert target.was_taken(ROWS.batch_key) is False
    target.send(ROWS)
    assert target.was_taken(ROWS.batch_key) is True
    target.close()
    folder = server.root / "in" / "crm" / "people"
    assert [Path(name).name for name in server.names] == [
        f"{ROWS.batch_key}.jsonl", f"{ROWS.batch_key}.manifest.json"
    ]  # fmt: skip
    assert sorted(path.name for path in folder.iterdir()) == sorted(Path(name).name for name in server.names)
    content = (folder / f"{ROWS.batch_key}.jsonl").read_bytes()
    manifest = json.loads((folder / f"{ROWS.batch_key}.manifest.json").read_text())
    assert json.loads(content)["fields"] == {"phone": "สมชาย"}
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("fault", ["hang up before", "hang up after"])
def test_broken_off_it_is_made_whole(server: Server, settings: Settings, tmp_path: Path, fault: str) -> None:
    server.faults = ["", fault]
    target = open_destination(declared(tmp_path, server), settings)
    with pytest.raises(UnavailableError):
        target.send(ROWS)
    target.send(ROWS)
    target.close()
    names = sorted(path.name for path in (server.root / "in" / "crm" / "people").iterdir())
    assert names == [f"{ROWS.batch_key}.jsonl", f"{ROWS.batch_key}.manifest.json"]


def test_a_server_without_the_extension_takes_files_too(server: Server, settings: Settings, tmp_path: Path) -> None:
    server.is_old = True
    target = open_destination(declared(tmp_path, server), settings)
    for _ in range(2):
        target.send(ROWS)
    target.close()
    wanted = [f"{ROWS.batch_key}.jsonl", f"{ROWS.batch_key}.manifest.json"]
    assert [Path(name).name for name in server.names] == wanted * 2
    assert sorted(path.name for path in (server.root / "in" / "crm" / "people").iterdir()) == wanted


def test_a_server_with_another_key_gets_nothing(server: Server, settings: Settings, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    target = open_destination(declared(tmp_path, server, host_key=other), settings)
    with pytest.raises(AccessRefusedError, match="another key"):
        target.send(ROWS)
    assert list(server.root.iterdir()) == []
    target.close()


def test_a_private_key_or_a_password_is_let_in_and_nothing_else(
    server: Server, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARDINAL_SECRET_SFTP", server.client.export_private_key().decode())
    target = open_destination(declared(tmp_path, server), settings)
    target.send(ROWS)
    target.close()
    monkeypatch.setenv("CARDINAL_SECRET_SFTP", "wrong")
    target = open_destination(declared(tmp_path, server), settings)
    with pytest.raises(AccessRefusedError) as raised:
        target.send(ROWS)
    target.close()
    assert "wrong" not in str(raised.value)


def test_a_folder_that_refuses_ends_the_run_and_nobody_there_is_tried_again(
    server: Server, settings: Settings, tmp_path: Path
) -> None:
    server.faults = ["denied"]
    target = open_destination(declared(tmp_path, server), settings)
    with pytest.raises(AccessRefusedError, match="can't be written"):
        target.send(ROWS)
    target.close()
    target = open_destination(declared(tmp_path, server, port=1), settings)
    with pytest.raises(UnavailableError):
        target.send(ROWS)
    target.close()


def test_wrong_declarations_are_told(
    server: Server, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for changed, words in (
        ({"host_key": ""}, "destination.host_key must be the server's public key"),
        ({"host_key": "ssh-ed25519 AAAA"}, "can't be read"),
        ({"user": ""}, "destination.user is missing"),
        ({"format": "xls"}, "destination.format must be one of jsonl, csv"),
    ):
        with pytest.raises(SyncError, match=words):
            open_destination(declared(tmp_path, server, **changed), settings)
    monkeypatch.setenv("CARDINAL_SECRET_SFTP", "-----BEGIN OPENSSH PRIVATE KEY-----\nnonsense")
    with pytest.raises(SyncError, match="can't be read") as raised:
        open_destination(declared(tmp_path, server), settings)
    assert "nonsense" not in str(raised.value)
