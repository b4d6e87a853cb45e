"""JSON lines as records: one object a line, read without losing a digit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any

from cardinal.ingestion.damaged import MAX_RECORD_BYTES, Lines, Refusal
from cardinal.ingestion.header import normal_name

_LARGEST_EXPONENT = 60


def json_names(text: IO[bytes], lines: int | None = None) -> list[str]:
    """Return the names of all members, in the order in which they first appear (of so many lines)."""
    names: dict[str, None] = {}
    for number, line in enumerate(_lines(text), start=1):
        if isinstance(line, bytes) and isinstance(members := _members(line), dict):
            names.update(dict.fromkeys(members))
        if number == lines:
            break
    return list(names)


class UnexpectedMemberError(Exception):
    """A line has a member that is not among the names given."""


def json_records(text: IO[bytes], names: list[str]) -> Iterator[tuple[list[str] | Refusal, bytes]]:
    """Give every line as text fields in the order of `names`; UnexpectedMemberError if a line has another one.

    null and missing members are empty. Nested values are kept as JSON text.
    """
    known = set(names)
    for line in _lines(text):
        if isinstance(line, Refusal):
            yield line, b""
            continue
        members = _members(line)
        if isinstance(members, Refusal):
            yield members, line.rstrip(b"\r\n")
            continue
        if not members.keys() <= known:
            raise UnexpectedMemberError
        fields = [_as_text(members.get(name)) for name in names]
        yield _refusal_of(fields) or fields, line.rstrip(b"\r\n")


def _lines(text: IO[bytes]) -> Iterator[bytes | Refusal]:
    lines = Lines(text)
    while (line := lines.next()) is not None:
        if lines.cut_off:
            yield Refusal(f"the line is longer than {MAX_RECORD_BYTES} bytes")
        elif line.strip(b" \t\r\n\xef\xbb\xbf"):
            yield line


def _members(line: bytes) -> dict[str, Any] | Refusal:
    if b"\0" in line:
        return Refusal("the line holds a NUL byte")
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Refusal("the line is not UTF-8")
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_without_repeats)
    except _RepeatedMemberError:
        return Refusal("a member stands twice in the line")
    except (ValueError, RecursionError, ArithmeticError):
        return Refusal("the line is not valid JSON")
    if not isinstance(value, dict):
        return Refusal("the line is not a JSON object")
    members = {normal_name(name): member for name, member in value.items()}
    return members if len(members) == len(value) else Refusal("a member stands twice in the line")


class _RepeatedMemberError(Exception):
    pass


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RepeatedMemberError
    return members


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        exponent = value.adjusted()
        return format(value, "f") if abs(exponent) <= _LARGEST_EXPONENT else str(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=float)
    return str(value)


def _refusal_of(fields: list[str]) -> Refusal | None:
    joined = "".join(fields)
    if "\0" in joined:
        return Refusal("the line holds a NUL character")
    # Half of a surrogate pair can be written in JSON but is no character.
    if not joined.isascii() and any("\ud800" <= character <= "\udfff" for character in joined):
        return Refusal("the line holds half a character")
    return None
