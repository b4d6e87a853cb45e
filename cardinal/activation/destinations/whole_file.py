"""A file that holds everything, and takes the place of the one before when it is whole.

`<folder>/<hash>.<ending>`, and `manifest.json` beside it, which names it and appears after it. Whoever reads the
manifest first reads a whole file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cardinal.ingestion.atomic import publish

MANIFEST = "manifest.json"


class WholeFile:
    """The file of one sync."""

    def __init__(self, folder: Path, ending: str, first_lines: str = "") -> None:
        """`folder` is its own; the file begins with `first_lines`."""
        self._folder, self._ending, self._first_lines = folder, ending, first_lines
        self._unfinished = folder / "unfinished.tmp"
        self.rows = 0
        self._is_begun = False

    def add(self, lines: Iterable[str]) -> None:
        """Add rows to the file that is being made; each ends its line."""
        if not self._is_begun:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._unfinished.unlink(missing_ok=True)
            self._unfinished.touch(mode=0o600)
            self._unfinished.write_text(self._first_lines, encoding="utf-8")
            self._is_begun = True
        with self._unfinished.open("a", encoding="utf-8", newline="") as file:
            for line in lines:
                file.write(line)
                self.rows += 1

    def publish(self, told: dict[str, Any]) -> None:
        """Let it take the place of the one before. `told` goes into the manifest."""
        self.add([])
        with self._unfinished.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        target = self._folder / f"{digest[:16]}.{self._ending}"
        publish([(self._unfinished, target)])
        self._is_begun = False
        manifest = {"file": target.name, "rows": self.rows, "sha256": digest, **told}
        unfinished = self._folder / "manifest.tmp"
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(manifest, indent=2), encoding="utf-8")
        publish([(unfinished, self._folder / MANIFEST)])
        self._delete(but=target)

    def withdraw(self) -> None:
        """Leave no file: neither this one nor the one before."""
        (self._folder / MANIFEST).unlink(missing_ok=True)
        self._delete(but=None)

    def close(self) -> None:
        """Keep nothing that is unfinished."""
        self._unfinished.unlink(missing_ok=True)

    def _delete(self, but: Path | None) -> None:
        for path in self._folder.glob(f"*.{self._ending}"):
            if path != but:
                path.unlink()
