"""A folder: a file a batch and a manifest beside it, for programs that fetch files.

`<folder>/<sync>/<batch key>.jsonl` (or .csv) and `<batch key>.manifest.json`, which appears last: who waits for
manifests reads whole files only. The name follows from the rows, so a batch that is sent again is the same file.
"""

from __future__ import annotations

from pathlib import Path

from cardinal.activation.declaration import Sync
from cardinal.activation.destination import Answer, Batch
from cardinal.activation.destinations.batch_files import batch_files, declared_format, manifest_name
from cardinal.activation.destinations.own_folder import own_folder
from cardinal.ingestion.atomic import publish
from cardinal.settings import Settings


class Folder:
    """One folder."""

    def __init__(self, folder: Path, file_format: str) -> None:
        """`folder` is where the files of one sync go."""
        self._folder = folder
        self._format = file_format

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> Folder:
        """Make it from a declaration: `path`, relative to the home's outbox, and `format`."""
        return cls(own_folder(sync, settings, "files"), declared_format(sync))

    def send(self, batch: Batch) -> Answer:
        """Write the batch."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, content in batch_files(batch, self._format):
            target = self._folder / name
            unfinished = target.with_suffix(".tmp")
            unfinished.touch(mode=0o600)
            unfinished.write_bytes(content)
            publish([(unfinished, target)])
        return Answer()

    def was_taken(self, batch_key: str) -> bool | None:
        """Whether the manifest is there."""
        return (self._folder / manifest_name(batch_key)).exists()

    def close(self) -> None:
        """Nothing is open."""
