"""The records of a raw file beside their text, so that those that stay can be written back byte for byte."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# A member of a JSON object that is no list and no object itself.
MEMBER = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:\s*)("(?:[^"\\]|\\.)*"|[-+.\w]+)')
ENCODINGS = (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"))

# What is written beside a file goes under a name that neither ingestion nor the receiver takes for theirs.
UNFINISHED = ".erasing"


class UnclearError(Exception):
    """What is a record of the file can't be told for certain."""


class UnreadableError(Exception):
    """A file is damaged, or may not be read."""


def read_raw(path: Path) -> tuple[str, str]:
    """Return a file's text and its encoding, in which it can be written back byte for byte.

    Raises:
        UnreadableError: It can't be read, or its gzip or UTF-16 is broken.
    """
    try:
        content = path.read_bytes()
        if path.name.lower().endswith(".gz"):
            content = gzip.decompress(content)
        for encoding, mark in ENCODINGS:
            if content.startswith(mark):
                return content.decode(encoding), encoding
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UnreadableError from error
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        try:
            return content.decode("cp874"), "cp874"
        except UnicodeDecodeError:
            return content.decode("utf-8", "surrogateescape"), "utf-8"


def beside(path: Path) -> Path:
    """Return where a file is written anew, to take its place once it is whole."""
    return path.with_name(f".{path.name}{UNFINISHED}")


def written(text: str, encoding: str, path: Path) -> bytes:
    """Return what `read_raw` would read of a file as this text: the bytes of all that stays are the same."""
    content = text.encode(encoding, "surrogateescape")
    return gzip.compress(content, mtime=0) if path.name.lower().endswith(".gz") else content


def json_records(text: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Return each line with its members as texts; what is no object has none."""
    for line in io.StringIO(text, newline="\n"):
        try:
            members = json.loads(line)
        except ValueError:
            members = None
        if not isinstance(members, dict):
            yield line, None
            continue
        yield line, {str(name).strip().lower(): None if v is None else str(v) for name, v in members.items()}


def csv_records(text: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Each record with its text; the header and what has too few or too many fields are none."""
    lines = io.StringIO(text, newline="").readlines()
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(",;\t|", key=first.count)
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
    names: list[str] | None = None
    begin = 0
    try:
        for fields in reader:
            raw, begin = "".join(lines[begin : reader.line_num]), reader.line_num
            if names is None and fields:
                names = [field.strip().strip("\ufeff").lower() for field in fields]
                yield raw, None
            elif names is not None and len(fields) == len(names):
                yield raw, dict(zip(names, fields, strict=True))
            else:
                yield raw, None
    except csv.Error as error:
        raise UnclearError from error


def without(line: str, column: str, value: str, file_format: str) -> str:
    """Return a record's line without a value: an empty field, or null; all other bytes stay.

    column: The member of JSON that holds it, as `json_records` names it.
    """
    if file_format == "jsonl":

        def emptied(member: re.Match[str]) -> str:
            name, colon, told = member.groups()
            is_meant = json.loads(name).strip().lower() == column and _said(told) == value
            return f"{name}{colon}null" if is_meant else member[0]

        return MEMBER.sub(emptied, line)
    for writing in (value.replace('"', '""'), value):
        line = re.sub(r'(?<![^,;|\t"])' + re.escape(writing) + r'(?![^,;|\t"\r\n])', "", line)
    return line


def _said(token: str) -> str | None:
    try:
        value = json.loads(token)
    except ValueError:
        return None
    return None if value is None else str(value)
