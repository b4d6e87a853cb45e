"""Whatever the bytes are, they end as UTF-8 text or in a clear message."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from cardinal.ingestion.errors import FileRejectedError
from cardinal.ingestion.text import CHUNK, Text, _Scan, read_text

THAI = "cif,name\n1,สมหญิง รักไทย\n2,น้ำเพชร ใจดี\n"


def examine(tmp_path: Path, content: bytes, name: str = "a.csv") -> tuple[Text, bytes]:
    path = tmp_path / name
    path.write_bytes(content)
    text = read_text(path, tmp_path / "scratch")
    return text, text.path.read_bytes()


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", THAI),
        ("utf-8-sig", "\ufeff" + THAI),
        ("cp874", THAI),
        ("utf-16", "\ufeff" + THAI),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_thai_text_survives_every_encoding(tmp_path: Path, encoding: str, expected: str, zipped: bool) -> None:
    content = THAI.encode(encoding)
    name = "a.csv.gz" if zipped else "a.csv"
    text, found = examine(tmp_path, gzip.compress(content) if zipped else content, name)
    assert found.decode() == expected
    assert text.is_regular
    assert text.lines == 3


def test_a_plain_file_is_read_in_place(tmp_path: Path) -> None:
    assert examine(tmp_path, THAI.encode())[0].path == tmp_path / "a.csv"


@pytest.mark.parametrize("word", ["Müller", "José", "São Paulo", "Dvořák"])
@pytest.mark.parametrize("encoding", ["latin-1", "cp1250"])
def test_western_text_is_not_taken_for_thai(tmp_path: Path, word: str, encoding: str) -> None:
    try:
        content = f"a,b\n1,{word}\n".encode(encoding)
    except UnicodeEncodeError:
        pytest.skip("this encoding can't write this word")
    text, found = examine(tmp_path, content)
    assert found == content
    assert not text.is_regular


def test_one_bad_byte_does_not_make_utf8_thai_windows(tmp_path: Path) -> None:
    content = THAI.encode() + b"3,\xff\n"
    text, found = examine(tmp_path, content)
    assert found == content
    assert not text.is_regular


def test_a_character_may_lie_over_the_edge_of_a_chunk(tmp_path: Path) -> None:
    content = b"a,b\n" + b"x," * ((CHUNK - 5) // 2) + "ก,ข\n".encode()
    text, _ = examine(tmp_path, content)
    assert text.is_regular


def test_a_character_cut_off_at_the_end_is_not_utf8(tmp_path: Path) -> None:
    assert not examine(tmp_path, THAI.encode() + "3,ก".encode()[:4])[0].is_regular


def test_lines_inside_quotes_are_not_counted(tmp_path: Path) -> None:
    assert examine(tmp_path, b'a,b\n1,"x\ny\n""z"""\n2,3')[0].lines == 3


def test_a_quoted_line_end_may_lie_in_another_chunk_than_its_quote(tmp_path: Path) -> None:
    content = b'a,b\n1,"' + b"x" * CHUNK + b"\n" + b"y" * CHUNK + b'"\n'
    assert examine(tmp_path, content)[0].lines == 2


@pytest.mark.parametrize(
    "content",
    [b"a,b\n1,\x00\n", b"a,b\r\n1,2\n", b"a,b\n1,2\r3\n", b'a,b\n1,"2\n', b"a,b\n" + b"x" * (2 * CHUNK) + b"\n"],
    ids=["NUL", "mixed line ends", "stray carriage return", "open quote", "long line"],
)
def test_what_duckdb_would_misread_is_irregular(tmp_path: Path, content: bytes) -> None:
    assert not examine(tmp_path, content)[0].is_regular


def test_carriage_returns_alone_are_line_ends(tmp_path: Path) -> None:
    text, found = examine(tmp_path, b"a,b\r1,2\r")
    assert found == b"a,b\n1,2\n"
    assert text.is_regular


def test_the_same_content_gzipped_twice_has_one_hash(tmp_path: Path) -> None:
    hashes = {
        examine(tmp_path, content, name)[0].sha256
        for name, content in [
            ("a.csv", THAI.encode()),
            ("b.csv.gz", gzip.compress(THAI.encode(), mtime=1)),
            ("c.csv.gz", gzip.compress(THAI.encode(), 1, mtime=2)),
        ]
    }
    assert len(hashes) == 1


def test_members_of_a_gzip_file_are_read_one_after_another(tmp_path: Path) -> None:
    _, found = examine(tmp_path, gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n"), "a.csv.gz")
    assert found == b"a,b\n1,2\n"


GZIPPED = gzip.compress(THAI.encode() * 100)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (gzip.compress(b""), "empty"),
        (GZIPPED[: len(GZIPPED) // 2], "cut off"),
        (GZIPPED[:-4], "cut off"),
        (GZIPPED[:20] + b"\xff\xff\xff" + GZIPPED[23:], "damaged"),
        (b"plain text", "damaged"),
    ],
    ids=["empty", "nothing zipped", "half", "without its end", "damaged", "not gzip"],
)
def test_a_file_without_text_is_rejected(tmp_path: Path, content: bytes, message: str) -> None:
    name = "a.csv" if content == b"" else "a.csv.gz"
    with pytest.raises(FileRejectedError, match=message):
        examine(tmp_path, content, name)


@pytest.mark.parametrize("text", ["aก😀é" * 9, "a" * 30, "é" * 30, "😀" * 9])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_utf8_is_seen_across_chunks(text: str, size: int) -> None:
    """A character may be cut anywhere between chunks; damage is damage wherever the cut falls."""
    for data in (
        text.encode(),
        text.encode() + b"\xff",
        text.encode()[:-1],
        b"\x80" + text.encode(),
        b"ab\xe0\x80\x80",
    ):
        scan = _Scan()
        for start in range(0, len(data), size):
            scan.feed(data[start : start + size])
        scan.finish()
        try:
            data.decode()
            expected = True
        except UnicodeDecodeError:
            expected = False
        assert scan.is_utf8 is expected, (data, size)
