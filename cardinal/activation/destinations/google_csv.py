"""Files that somebody uploads to Google Ads by hand: the members of a list, and what became of clicks.

A list is one file with everyone, to be uploaded in the place of the members that there are; identifiers are hashed in
it as Google has them hashed. Conversions are a file a batch, as in a folder: each is uploaded once.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import Answer, Batch, Row
from cardinal.activation.destinations import event, matching
from cardinal.activation.destinations.own_folder import own_folder
from cardinal.activation.destinations.whole_file import WholeFile
from cardinal.ingestion.atomic import publish
from cardinal.settings import Settings

MEMBER_FIELDS = ("email", "phone", "first_name", "last_name", "country", "zip")
MEMBER_HEADER = "Email,Phone,First Name,Last Name,Country,Zip\n"
COUNTRY, POSTAL_CODE = re.compile("[A-Z]{2}"), re.compile("[0-9A-Za-z][0-9A-Za-z -]{1,9}")
CONVERSION_FIELDS = ("event_at", "gclid", "value", "currency")
CONVERSION_HEADER = ("Google Click ID", "Conversion Name", "Conversion Time", "Conversion Value", "Conversion Currency")
CLICK = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")


class CustomerMatchCsv:
    """The file of one list."""

    def __init__(self, file: WholeFile) -> None:
        """`file` is made anew whenever anything differs."""
        self._file = file

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> CustomerMatchCsv:
        """Make it from a declaration: `path`, relative to the home's outbox."""
        if sync.mode != "mirror":
            raise SyncError(f"sync {sync.name}: mode must be mirror: the file is made anew with whom it holds")
        _check_columns(sync, MEMBER_FIELDS)
        return cls(WholeFile(own_folder(sync, settings, "google"), "csv", MEMBER_HEADER))

    def send(self, batch: Batch) -> Answer:
        """Add who is there to the file."""
        rejected: dict[str, str] = {}
        lines = []
        for row in batch.rows:
            if row.op == "remove":
                continue
            values = _member(row)
            if any(values):
                lines.append(_line(values))
            else:
                rejected[row.row_id] = "holds nothing that people are matched by"
        self._file.add(lines)
        return Answer(rejected)

    def finish(self) -> str | None:
        """Let the file take the place of the one before."""
        self._file.publish({"header": MEMBER_HEADER.strip(), "upload": "replace the members of the list"})
        return f"the file holds {self._file.rows:,} people"

    def was_taken(self, batch_key: str) -> bool | None:
        """What was sent holds only when the file is whole, and is sent again otherwise."""
        return None

    def close(self) -> None:
        """Keep nothing that is unfinished."""
        self._file.close()


class ConversionsCsv:
    """The files of one conversion action."""

    def __init__(self, folder: Path, conversion_name: str, time_zone: str) -> None:
        """`time_zone` is the bank's, in which the files tell times."""
        self._folder, self._conversion_name, self._time_zone = folder, conversion_name, time_zone

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> ConversionsCsv:
        """Make it from a declaration: `conversion_name`, as it is in Google Ads, and `path` below the home's outbox."""
        event.check_declared(sync, CONVERSION_FIELDS, sync.delivery.batch_rows)
        name = sync.destination.get("conversion_name")
        if not isinstance(name, str) or not name or name.startswith(("=", "+", "-", "@")):
            raise SyncError(f"sync {sync.name}: destination.conversion_name must be its name in Google Ads")
        return cls(own_folder(sync, settings, "google"), name, settings.timezone)

    def send(self, batch: Batch) -> Answer:
        """Write the batch, and its manifest last."""
        rejected: dict[str, str] = {}
        lines = [f"Parameters:TimeZone={self._time_zone}\n", _line(CONVERSION_HEADER)]
        for row in batch.rows:
            values = self._conversion(row)
            if isinstance(values, str):
                rejected[row.row_id] = values
            else:
                lines.append(_line(values))
        content = "".join(lines).encode()
        name = f"{batch.batch_key}.csv"
        manifest = {
            "file": name,
            "rows": len(lines) - 2,
            "rejected": len(rejected),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for target, text in (
            (self._folder / name, content),
            (self._manifest(batch.batch_key), json.dumps(manifest, indent=2).encode()),
        ):
            unfinished = target.with_suffix(".tmp")
            unfinished.touch(mode=0o600)
            unfinished.write_bytes(text)
            publish([(unfinished, target)])
        return Answer(rejected)

    def was_taken(self, batch_key: str) -> bool | None:
        """Whether the manifest is there and nothing was rejected; else the same file is written again."""
        manifest = self._manifest(batch_key)
        return manifest.exists() and not json.loads(manifest.read_text(encoding="utf-8"))["rejected"]

    def close(self) -> None:
        """Nothing is open."""

    def _conversion(self, row: Row) -> tuple[str, ...] | str:
        """Return the cells of a row, or what is wrong with it."""
        at, worth, click = event.moment(row.fields), event.worth(row.fields), str(row.fields.get("gclid") or "")
        if at is None:
            return "event_at is no time"
        if isinstance(worth, str):
            return worth
        if not CLICK.fullmatch(click):
            return "gclid is no click of Google's"
        told = at.astimezone(ZoneInfo(self._time_zone)).strftime("%Y-%m-%d %H:%M:%S%z")
        return click, self._conversion_name, told, f"{worth[0]:.2f}" if worth else "", worth[1] if worth else ""

    def _manifest(self, batch_key: str) -> Path:
        return self._folder / f"{batch_key}.manifest.json"


def _check_columns(sync: Sync, known: tuple[str, ...]) -> None:
    for field in sync.columns:
        if field not in known:
            raise SyncError(f"sync {sync.name}: columns: {field} is none of {', '.join(known)}")


def _member(row: Row) -> tuple[str, ...]:
    """Return the cells of a person; of name, country and postal code all four or none."""
    told = {field: None if row.fields.get(field) is None else str(row.fields[field]) for field in MEMBER_FIELDS}
    country, postal_code = (told["country"] or "").strip().upper(), (told["zip"] or "").strip()
    address = (
        matching.hex_hash(told["first_name"], matching.google_name),
        matching.hex_hash(told["last_name"], matching.google_name),
        country if COUNTRY.fullmatch(country) else None,
        postal_code if POSTAL_CODE.fullmatch(postal_code) else None,
    )
    return (
        matching.hex_hash(told["email"], matching.google_email) or "",
        matching.hex_hash(told["phone"], matching.google_phone) or "",
        *(part if part and all(address) else "" for part in address),
    )


def _line(values: Iterable[str]) -> str:
    """Return a line of CSV. No cell of these files can begin a formula: what could is checked or hashed."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
