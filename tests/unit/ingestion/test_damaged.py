"""Every piece of damaged text is either a record or refused with a reason, and damage stays where it is."""

from __future__ import annotations

import io

import pytest

from cardinal.ingestion.damaged import MAX_RECORD_BYTES, Refusal, csv_records


def read(text: bytes, width: int = 3, delimiter: str = ",") -> list[list[str] | str]:
    records = csv_records(io.BytesIO(text), delimiter, width)
    return [fields.reason if isinstance(fields, Refusal) else fields for fields, _ in records]


OPEN = "broken quoting: a quote is opened and never closed"

CASES = {
    "sound": (b"1,2,3\n4,5,6\n", [["1", "2", "3"], ["4", "5", "6"]]),
    "no line end at the end": (b"1,2,3\n4,5,6", [["1", "2", "3"], ["4", "5", "6"]]),
    "mixed line ends": (b"1,2,3\r\n4,5,6\n7,8,9\r\n", [["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"]]),
    "blank lines": (b"\n1,2,3\n\r\n\n4,5,6\n\n", [["1", "2", "3"], ["4", "5", "6"]]),
    "too few fields": (b"1,2\n4,5,6\n", ["the line has 2 fields, the header 3", ["4", "5", "6"]]),
    "too many fields": (b"1,2,3,4\n4,5,6\n", ["the line has 4 fields, the header 3", ["4", "5", "6"]]),
    "a delimiter at the end": (b"1,2,3,\n", [["1", "2", "3"]]),
    "quoted line ends": (b'1,"a\r\nb",3\n4,5,6\n', [["1", "a\r\nb", "3"], ["4", "5", "6"]]),
    "doubled quotes": (b'1,"a ""b"", c",3\n', [["1", 'a "b", c', "3"]]),
    "a quote inside a bare field": (b'1,2"x,3\n4,5,6\n', [["1", '2"x', "3"], ["4", "5", "6"]]),
    "a quote that never closes": (b'1,"2,3\n4,5,6\n7,8,9\n', [OPEN, ["4", "5", "6"], ["7", "8", "9"]]),
    "a stray quote closes on a later line": (
        b'1,"2,3\n4,5,6\n7,"8",9\n',
        [OPEN, ["4", "5", "6"], ["7", "8", "9"]],
    ),
    "two stray quotes swallow nothing": (b'1,"2,3\n4,5,6\n7,8,9"\n', [OPEN, ["4", "5", "6"], ["7", "8", '9"']]),
    "text behind a closed quote": (b'1,"2"x,3\n4,5,6\n', ["broken quoting", ["4", "5", "6"]]),
    "NUL": (b"1,\x002,3\n4,5,6\n", ["the line holds a NUL byte", ["4", "5", "6"]]),
    "not UTF-8": (b"1,\xff,3\n4,5,6\n", ["the line is not UTF-8", ["4", "5", "6"]]),
    "a carriage return inside": (b"1,2\r2,3\n4,5,6\n", ["a line end stands inside the line", ["4", "5", "6"]]),
}


@pytest.mark.parametrize("name", CASES)
def test_damage_stays_where_it_is(name: str) -> None:
    text, expected = CASES[name]
    assert read(text) == expected


def test_a_line_of_a_hundred_megabytes_is_refused_without_being_held() -> None:
    class Endless(io.RawIOBase):
        """A line that is never whole in memory."""

        def __init__(self) -> None:
            self.left = 100 << 20
            self.tail = b"\n4,5,6\n"

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            size = min(len(buffer), self.left) or len(self.tail)
            piece = b"x" * size if self.left else self.tail[: len(buffer)]
            if self.left:
                self.left -= size
            else:
                self.tail = self.tail[len(piece) :]
            buffer[: len(piece)] = piece
            return len(piece)

    records = list(csv_records(io.BufferedReader(Endless()), ",", 3))
    assert [len(line) <= MAX_RECORD_BYTES + 1 for _, line in records] == [True, True]
    assert [isinstance(fields, Refusal) for fields, _ in records] == [True, False]


def test_many_open_quotes_stay_cheap() -> None:
    """Each open quote looks ahead for its end; that must not be the whole file each time."""
    text = b'1,"2,3\n' + b"4,5,6\n" * 1000
    assert len(read(text * 50)) == 50 * 1001
