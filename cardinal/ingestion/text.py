"""The bytes of a drop become plain UTF-8 text: hash, gzip, encoding, and what is odd about them.

One pass over the bytes. A plain UTF-8 file is read in place; anything else is written as UTF-8 beside the lake.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa

from cardinal.ingestion.errors import FileRejectedError

CHUNK = 1 << 20

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_THAI_BYTE = re.compile(rb"[\xa1-\xda\xdf-\xfb]")
# Written Thai never has these: a mark without a letter under it, a leading vowel without a consonant behind it.
_NOT_THAI = re.compile(rb"(?<![\xa1-\xfb])[\xd1\xd4-\xda\xe7-\xee]|[\xe0-\xe4](?![\xa1-\xce])")
_ORPHANS_ALLOWED = 0.02


@dataclass(frozen=True)
class Text:
    """A drop as UTF-8 text.

    Attributes:
        path: Where the text can be read: the drop itself or a copy.
        sha256: Hash of the content, decompressed, so that the same file gzipped again is the same content.
        lines: Lines in it, not counting line feeds inside quotes: the records and the header of sound CSV.
        is_regular: Nothing in its bytes keeps DuckDB from reading it as it is. Otherwise it has NUL bytes,
            bytes that are not UTF-8, mixed line ends, very long lines or a quote that never closes.
    """

    path: Path
    sha256: str
    lines: int
    is_regular: bool


class _Scan:
    """What one pass over UTF-8 bytes finds."""

    def __init__(self) -> None:
        self.size = 0
        self.is_utf8 = True
        self._last = b""
        self._newlines = 0
        self._quoted_newlines = 0
        self._in_quotes = False
        self._odd = False
        self._carriage_returns = 0
        self._line_ends = 0
        self._unfinished = b""

    def feed(self, chunk: bytes) -> None:
        newlines = chunk.count(b"\n")
        # A line of two chunks' length holds one whole chunk without a line feed.
        self._odd = self._odd or b"\0" in chunk or (newlines == 0 and len(chunk) == CHUNK)
        if self._in_quotes or b'"' in chunk:
            self._quoted_newlines += self._count_quoted(chunk)
        if b"\r" in chunk:
            self._carriage_returns += chunk.count(b"\r")
            self._line_ends += chunk.count(b"\r\n")
        if self._last == b"\r" and chunk[:1] == b"\n":
            self._line_ends += 1
        self._newlines += newlines
        self.size += len(chunk)
        self._last = chunk[-1:]
        if self.is_utf8 and (self._unfinished or not chunk.isascii()):
            self._validate(self._unfinished + chunk)

    def _count_quoted(self, chunk: bytes) -> int:
        """Count line feeds inside quotes. A doubled quote closes and opens, so being inside is being odd."""
        characters = np.frombuffer(chunk, dtype=np.uint8)
        inside = (np.cumsum(characters == ord('"'), dtype=np.uint8) + self._in_quotes) & 1
        self._in_quotes = bool(inside[-1])
        return int(np.count_nonzero((characters == ord("\n")) & (inside == 1)))

    def _validate(self, chunk: bytes) -> None:
        """See whether it is UTF-8, but for a character that goes on in the next chunk. Arrow is five times as quick
        as decoding.
        """
        end = len(chunk)
        for start in range(end - 1, max(end - 4, -1), -1):
            if chunk[start] & 0xC0 != 0x80:  # where the last character begins
                length = 1 + (chunk[start] >= 0xC0) + (chunk[start] >= 0xE0) + (chunk[start] >= 0xF0)
                end = start if start + length > end else end
                break
        self._unfinished = chunk[end:]
        whole = pa.py_buffer(np.array([0, end], dtype=np.int64))
        try:
            pa.Array.from_buffers(pa.large_string(), 1, [None, whole, pa.py_buffer(chunk)]).validate(full=True)
        except pa.ArrowInvalid:
            self.is_utf8 = False

    def finish(self) -> None:
        if self._unfinished:
            self.is_utf8 = False

    @property
    def has_only_carriage_returns(self) -> bool:
        """Line ends of the old Macintosh."""
        return self._newlines == 0 and self._carriage_returns > 0

    @property
    def lines(self) -> int:
        return self._newlines - self._quoted_newlines + (self._last not in (b"", b"\n"))

    @property
    def is_regular(self) -> bool:
        mixed_line_ends = self._carriage_returns > 0 and not (
            self._carriage_returns == self._line_ends == self._newlines
        )
        return self.is_utf8 and not (self._odd or mixed_line_ends or self._in_quotes)


def read_text(path: Path, scratch: Path) -> Text:
    """Examine a CSV or JSON lines drop and return it as UTF-8 text, written to `scratch` when it is not yet.

    Raises FileRejectedError for an empty file, gzip that is cut off or damaged, and an encoding that is none.
    """
    zipped = path.name.lower().endswith(".gz")
    digest = hashlib.sha256()
    scan = _Scan()
    head = b""
    with (
        path.open("rb") as file,
        _sink(scratch if zipped else None) as sink,
        ThreadPoolExecutor(1) as hashing,
    ):
        hashed: Future[None] | None = None
        for chunk in _unzipped(file) if zipped else _chunks(file):
            head = head or chunk[:4]
            # Hashing is half the work and leaves the interpreter free; one chunk is hashed behind the scan.
            if hashed is not None:
                hashed.result()
            hashed = hashing.submit(digest.update, chunk)
            scan.feed(chunk)
            if sink is not None:
                sink.write(chunk)
    scan.finish()
    if scan.size == 0:
        raise FileRejectedError("the file is empty: it has not even a header")
    plain = scratch if zipped else path
    encoding = next((name for bom, name in _UTF16.items() if head.startswith(bom)), None)
    if encoding is None and not scan.is_utf8 and _looks_thai(plain):
        encoding = "cp874"
    if encoding is not None or scan.has_only_carriage_returns:
        recoded = scratch.with_suffix(".utf8")
        scan = _recode(plain, encoding or "utf-8", recoded, scan.has_only_carriage_returns)
        plain = recoded
    return Text(
        path=plain,
        sha256=digest.hexdigest(),
        lines=scan.lines,
        is_regular=scan.is_regular,
    )


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _sink:  # noqa: N801 - a context manager that may hold nothing
    def __init__(self, path: Path | None) -> None:
        self._path = path

    def __enter__(self) -> IO[bytes] | None:
        self._file = self._path.open("wb") if self._path else None
        return self._file

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _unzipped(file: IO[bytes]) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=file) as unzipped:
            while chunk := unzipped.read(CHUNK):
                yield chunk
    except EOFError as error:
        raise FileRejectedError("the gzip data is cut off: the file was not delivered whole") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FileRejectedError("the gzip data is damaged, or the file is not gzip") from error


def _recode(path: Path, encoding: str, target: Path, returns_are_line_ends: bool) -> _Scan:
    scan = _Scan()
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as source, target.open("wb") as sink:
        try:
            for chunk in _chunks(source):
                text = decoder.decode(chunk)
                recoded = (text.replace("\r", "\n") if returns_are_line_ends else text).encode("utf-8")
                sink.write(recoded)
                for start in range(0, len(recoded), CHUNK):
                    scan.feed(recoded[start : start + CHUNK])
            decoder.decode(b"", final=True)
        except UnicodeError as error:
            raise FileRejectedError(f"the file starts as {encoding} but does not stay so") from error
    scan.finish()
    return scan


def _looks_thai(path: Path) -> bool:
    """Whether bytes that are not UTF-8 are Windows-874 (TIS-620), judged by how Thai is spelt."""
    decoder = codecs.getincrementaldecoder("cp874")()
    thai = orphans = 0
    with path.open("rb") as file:
        for chunk in _chunks(file):
            if chunk.isascii():
                continue
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return False
            thai += len(_THAI_BYTE.findall(chunk))
            orphans += len(_NOT_THAI.findall(chunk))
    return thai > 0 and orphans <= thai * _ORPHANS_ALLOWED
