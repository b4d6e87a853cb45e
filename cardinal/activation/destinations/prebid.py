"""Segments for OpenRTB and Prebid: a file of browsers and devices with a row of the IAB's audience taxonomy (segtax 4).

Each line is a `user` of OpenRTB 2.6: {"eids": [...], "data": [{"name": ..., "ext": {"segtax": 4}, "segment": [...]}]}.
Rows of the taxonomy that tell of somebody's finances or health are barred, and a segment of too few isn't written: in
it somebody could be found.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import Answer, Batch
from cardinal.activation.destinations.device_ids import declared_kind, device
from cardinal.activation.destinations.own_folder import own_folder
from cardinal.activation.destinations.whole_file import WholeFile
from cardinal.settings import Settings

SEGTAX = 4
KINDS = ("cookie_id", "device_id", "daid")
FEWEST_IDS = 50
SOURCE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
TAXONOMY = Path("seeds") / "activation" / "audience_taxonomy.csv"
# Income and net worth: no entry of the seed can let these out.
NEVER = range(163, 198)
OF_A_BROWSER = 1


class PrebidSegments:
    """The file of one segment."""

    def __init__(self, file: WholeFile, kind: str, source: str, segment: str, fewest_ids: int) -> None:
        """`source` is the domain that the ids are of, `segment` a row of the taxonomy."""
        self._file, self._kind, self._source, self._segment = file, kind, source, segment
        self._fewest_ids = fewest_ids
        # Only until there are enough of them.
        self._different: set[str] = set()

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> PrebidSegments:
        """Make it from a declaration: `source`, `segment`, `fewest_ids` (50), `path` below the home's outbox."""
        if sync.mode != "mirror":
            raise SyncError(f"sync {sync.name}: mode must be mirror: the file is made anew with whom it holds")
        kind = declared_kind(sync, KINDS)
        source = str(sync.destination.get("source") or "")
        if not SOURCE.fullmatch(source):
            raise SyncError(f"sync {sync.name}: destination.source must be the domain that the ids are of")
        fewest = sync.destination.get("fewest_ids", FEWEST_IDS)
        if not isinstance(fewest, int) or fewest < 2:
            raise SyncError(f"sync {sync.name}: destination.fewest_ids must be a number above one")
        segment = allowed_segment(sync, settings.project_dir / TAXONOMY)
        return cls(WholeFile(own_folder(sync, settings, "prebid"), "jsonl"), kind, source, segment, fewest)

    def send(self, batch: Batch) -> Answer:
        """Add who is there to the file."""
        rejected: dict[str, str] = {}
        lines = []
        for row in batch.rows:
            if row.op == "remove":
                continue
            found = device(self._kind, row.fields)
            if found is None:
                rejected[row.row_id] = f"{self._kind} is no such id"
                continue
            if len(self._different) < self._fewest_ids:
                self._different.add(found)
            lines.append(self._line(found))
        self._file.add(lines)
        return Answer(rejected)

    def finish(self) -> str | None:
        """Let the file take the place of the one before, or leave none where there are too few."""
        if len(self._different) < self._fewest_ids:
            self._file.withdraw()
            return f"segment {self._segment} has fewer than {self._fewest_ids} ids: there is no file"
        self._file.publish({"segtax": SEGTAX, "segment": self._segment, "source": self._source})
        return f"segment {self._segment} has {self._file.rows:,} ids"

    def was_taken(self, batch_key: str) -> bool | None:
        """What was sent holds only when the file is whole, and is sent again otherwise."""
        return None

    def close(self) -> None:
        """Keep nothing that is unfinished."""
        self._file.close()

    def _line(self, found: str) -> str:
        user = {
            "eids": [{"source": self._source, "uids": [{"id": found, "atype": OF_A_BROWSER}]}],
            "data": [{"name": self._source, "ext": {"segtax": SEGTAX}, "segment": [{"id": self._segment}]}],
        }
        return json.dumps(user, separators=(",", ":")) + "\n"


def allowed_segment(sync: Sync, taxonomy: Path) -> str:
    """Return `destination.segment`, a row of the taxonomy that may leave.

    Raises:
        SyncError: It is none of the rows that somebody has looked at, or it is barred.
    """
    segment = str(sync.destination.get("segment") or "")
    with taxonomy.open(encoding="utf-8", newline="") as file:
        rows = {row["taxonomy_id"]: row for row in csv.DictReader(file)}
    if segment.isdecimal() and int(segment) in NEVER:
        raise SyncError(
            f"sync {sync.name}: destination.segment: {segment} tells of income or net worth: it never leaves"
        )
    if segment not in rows:
        raise SyncError(f"sync {sync.name}: destination.segment: {segment} is no row of {TAXONOMY}")
    if rows[segment]["is_barred"] != "false":
        raise SyncError(
            f"sync {sync.name}: destination.segment: {segment} ({rows[segment]['name']}) is barred, because it tells of"
            f" {rows[segment]['bar_reason']}"
        )
    return segment
