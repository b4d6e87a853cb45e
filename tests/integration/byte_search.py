"""Whether a value stands anywhere in a home: in raw bytes, in what is compressed, in every column of every table."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

# A shorter number stands in any file by chance: of it, whole words count, and only in texts and columns.
LONG = 8


def traces(home: Path, values: set[str], left_out: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Return (file, value) of all places where a value stands. left_out: folders of the home."""
    found = []
    patterns = {value: _pattern(value) for value in values}
    for path in sorted(home.rglob("*")):
        place = path.relative_to(home)
        if not path.is_file() or path.is_symlink() or place.parts[0] in left_out:
            continue
        content = unpacked(path.read_bytes())
        is_binary = path.suffix in (".duckdb", ".parquet", ".skops", ".npz")
        for value in values:
            if is_binary:
                hit = len(value) >= LONG and value.encode() in content
            else:
                encoded = (value.encode(code, "ignore") for code in ("utf-8", "cp874", "utf-16-le"))
                hit = any(word and re.search(_bytes_pattern(word), content) for word in encoded)
            if hit:
                found.append((str(place), value))
        if path.suffix in (".duckdb", ".parquet"):
            found += [(f"{place} {column}", value) for column, value in _in_columns(path, patterns)]
    return found


def unpacked(content: bytes) -> bytes:
    """Return what a file holds, decompressed; of an archive (models, arrays, workbooks) all its members."""
    if content[:2] == b"\x1f\x8b":
        return gzip.decompress(content)
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return b"\n".join(unpacked(archive.read(name)) for name in archive.namelist())
    return content


def _in_columns(path: Path, patterns: dict[str, str]) -> Iterator[tuple[str, str]]:
    any_of = "|".join(patterns.values())
    with duckdb.connect() as connection:
        if path.suffix == ".parquet":
            tables = [f"read_parquet('{path}', hive_partitioning = false)"]
        else:
            connection.execute(f"attach '{path}' as looked_at (read_only)")
            tables = [
                f'looked_at."{schema}"."{table}"'
                for schema, table in connection.execute(
                    "select schema_name, table_name from duckdb_tables() where database_name = 'looked_at'"
                ).fetchall()
            ]
        for table in tables:
            rows = connection.execute(f"select t::varchar from {table} as t where regexp_matches(t::varchar, $p)", {
                "p": any_of
            }).fetchall()  # fmt: skip
            for value, pattern in patterns.items():
                if any(re.search(pattern, row) for (row,) in rows):
                    yield table, value


def _pattern(value: str) -> str:
    word = re.escape(value)
    return f"(?:^|[^0-9A-Za-z]){word}(?:$|[^0-9A-Za-z])"


def _bytes_pattern(word: bytes) -> bytes:
    return rb"(?<![0-9A-Za-z])" + re.escape(word) + rb"(?![0-9A-Za-z])"
