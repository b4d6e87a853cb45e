"""Where the files of a sync go: a folder of its own below the home's outbox."""

from __future__ import annotations

from pathlib import Path

from cardinal.activation.declaration import Sync, SyncError
from cardinal.settings import Settings


def own_folder(sync: Sync, settings: Settings, default: str) -> Path:
    """Return the folder that `destination.path` names, `default` where it doesn't.

    Raises:
        SyncError: It is outside the outbox: nothing erases people, or keeps others from reading, there.
    """
    folder = settings.outbox / str(sync.destination.get("path", default)) / sync.name
    if not folder.resolve().is_relative_to(settings.outbox.resolve()):
        raise SyncError(f"sync {sync.name}: destination.path must be a folder below the home's outbox")
    return folder
