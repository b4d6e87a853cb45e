"""What a web server or an app looks up by user id: one SQLite file, replaced as a whole, and its manifest.

`<folder>/<sync>/profiles-<batch key>.sqlite` with table profiles (user_id, profile as JSON); `manifest.json` names the
file that counts and is replaced last. The file before it goes at once, and who has it open reads on: whoever was
removed is in no file any longer.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import AccessRefusedError, Answer, Batch, Row
from cardinal.activation.destinations.own_folder import own_folder
from cardinal.ingestion.atomic import publish
from cardinal.settings import Settings

KEY = "user_id"
DIRECT = re.compile(
    r"(^|_)(e?_?mail|phone|msisdn|address|street|postcode|birth|born|national_id|citizen_id|passport|iban|ip|surname)(_|$)"
    r"|^(mobile|name)$|(full|first|last|middle|given|family|nick)_?name"
    r"|(mobile|tax|line|line_user|account|card|person|cif|lead|device)_(id|no|number|token)$"
)
# What a field is called says nothing for sure: values are looked at too.
NUMBER = re.compile(r"(?=(\D*\d){9})\+?\d[\d -]+\d")
# An address, or a Thai phone, in the midst of a text.
MENTIONED = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|(?<![0-9A-Za-z_.-])(\+66|0)([ -]?\d){8,9}(?![0-9A-Za-z_])")


class Personalisation:
    """The file of one sync."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where the file goes."""
        self._folder = folder
        self._manifest = folder / "manifest.json"

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> Personalisation:
        """Make it from a declaration: `path`, relative to the home's outbox; the key has to be user_id."""
        if sync.key != KEY:
            raise SyncError(f"sync {sync.name}: key must be {KEY}: by it the web and the app look profiles up")
        if sync.mode != "mirror":
            raise SyncError(f"sync {sync.name}: mode must be mirror: whoever leaves the table must leave the file")
        for field in {*sync.columns, *sync.columns.values()} - {KEY}:
            if DIRECT.search(field.lower()):
                raise SyncError(f"sync {sync.name}: columns: {field} shows who somebody is: the edge gets none of that")
        return cls(own_folder(sync, settings, "personalisation"))

    def send(self, batch: Batch) -> Answer:
        """Write the file anew with the changes of the batch, then say that it counts."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        rejected = {row.row_id: "a value shows who somebody is" for row in batch.rows if _shows(row)}
        beside, target = self._folder / "profiles.tmp", self._folder / f"profiles-{batch.batch_key}.sqlite"
        beside.unlink(missing_ok=True)
        beside.touch(mode=0o600)
        if held := _said(self._manifest).get("file"):
            if not (self._folder / held).exists():
                raise AccessRefusedError(
                    f"{self._folder / held} is gone, but its manifest names it: put it back, or declare the sync under"
                    " another name, so that everybody is sent"
                )
            shutil.copyfile(self._folder / held, beside)
        rows = [row for row in batch.rows if row.row_id not in rejected]
        _change(beside, [row.key for row in rows], [row for row in rows if row.op != "remove"])
        _let_count(beside, target, {"sync": batch.sync, "run_id": batch.run_id})
        return Answer(rejected)

    def was_taken(self, batch_key: str) -> bool | None:
        """It isn't asked: the same rows again change nothing."""
        return None

    def close(self) -> None:
        """Nothing is open."""


def remove_profiles(file: Path, users: Iterable[str]) -> None:
    """Write a file anew without some users, as an erasure has to; what its manifest names is whole at each moment."""
    beside = file.with_name("profiles.tmp")
    beside.unlink(missing_ok=True)
    beside.touch(mode=0o600)
    shutil.copyfile(file, beside)
    _change(beside, users, ())
    said = _said(file.with_name("manifest.json"))
    if said.get("file") == file.name:
        _let_count(beside, file.with_stem(file.stem + "e"), said)
    else:
        publish([(beside, file)])


def _said(manifest: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(manifest.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def _let_count(beside: Path, target: Path, said: dict[str, Any]) -> None:
    """Let a finished file be the one that counts, and remove those before it."""
    publish([(beside, target)])
    with closing(sqlite3.connect(f"file:{target}?mode=ro", uri=True)) as file:
        (count,) = file.execute("select count(*) from profiles").fetchone()
    manifest = target.with_name("manifest.json")
    beside = manifest.with_suffix(".tmp")
    beside.touch(mode=0o600)
    told = {**said, "file": target.name, "profiles": count, "sha256": _sha256(target)}
    beside.write_text(json.dumps(told, indent=2), encoding="utf-8")
    publish([(beside, manifest)])
    for old in target.parent.glob("profiles-*.sqlite"):
        if old != target:
            old.unlink()


def _change(path: Path, gone: Iterable[str], there: Iterable[Row]) -> None:
    """Change profiles in a file that nobody else sees yet. Whoever is there is written anew: they are gone first."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        # It counts only once it is whole, on the disk and renamed.
        file.execute("pragma journal_mode = off")
        file.execute("pragma synchronous = off")
        # What is deleted is overwritten, and not only left out.
        file.execute("pragma secure_delete = on")
        file.execute(
            "create table if not exists profiles (user_id text primary key, profile text not null) without rowid"
        )
        file.execute("begin")
        file.executemany("delete from profiles where user_id = ?", ((user,) for user in gone))
        profiles = ((row.key, json.dumps(row.fields, ensure_ascii=False)) for row in there)
        file.executemany("insert into profiles values (?, ?)", profiles)
        file.execute("commit")


def _shows(row: Row) -> bool:
    texts = _texts([row.key, row.fields]) if row.op != "remove" else ()
    return any(NUMBER.fullmatch(text) or MENTIONED.search(text) for text in texts)


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts and whole numbers in a value, however deep."""
    if isinstance(value, (str, int)):
        yield str(value).strip()
    elif isinstance(value, (list, dict)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
