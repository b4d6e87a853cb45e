"""JSON lines lose no digit, and a broken line costs only itself."""

from __future__ import annotations

import io

import pytest

from cardinal.ingestion.damaged import Refusal
from cardinal.ingestion.json_lines import UnexpectedMemberError, json_names, json_records


def read(text: str, names: list[str]) -> list[list[str] | str]:
    records = json_records(io.BytesIO(text.encode("utf-8", "surrogatepass")), names)
    return [fields.reason if isinstance(fields, Refusal) else fields for fields, _ in records]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1234567890123456.78", "1234567890123456.78"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("1.50", "1.50"),
        ("1e3", "1000"),
        ("1e999", "1E+999"),
        ("true", "true"),
        ("null", ""),
        ('"ก\\n\\u0e01"', "ก\nก"),
        ('{"a": [1, 2.5, "ก"]}', '{"a": [1, 2.5, "ก"]}'),
    ],
)
def test_values_are_kept_as_written(written: str, expected: str) -> None:
    assert read(f'{{"a": {written}}}', ["a"]) == [[expected]]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{bad", "the line is not valid JSON"),
        ('{"a": NaN}', "the line is not valid JSON"),
        ('{"a": 1} x', "the line is not valid JSON"),
        ('{"a": ' + "1" * 5000 + "}", "the line is not valid JSON"),
        ("[" * 100_000, "the line is not valid JSON"),
        ("[1]", "the line is not a JSON object"),
        ('{"a": 1, "a": 2}', "a member stands twice in the line"),
        ('{"a": 1, " A": 2}', "a member stands twice in the line"),
        ('{"a": "\\u0000"}', "the line holds a NUL character"),
        ('{"a": "\\ud800"}', "the line holds half a character"),
        ("\x00", "the line holds a NUL byte"),
    ],
)
def test_a_broken_line_costs_only_itself(line: str, reason: str) -> None:
    assert read(f'{{"a": 1}}\n{line}\n\n{{"a": 2}}\n', ["a"]) == [["1"], reason, ["2"]]


def test_names_are_those_of_all_lines_in_order() -> None:
    text = b'{"B": 1, "a": 2}\n{bad\n{"c": 3}\n'
    assert json_names(io.BytesIO(text)) == ["b", "a", "c"]
    assert json_names(io.BytesIO(text), lines=1) == ["b", "a"]
    with pytest.raises(UnexpectedMemberError):
        list(json_records(io.BytesIO(text), ["a", "b"]))
