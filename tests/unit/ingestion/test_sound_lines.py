"""Copying damaged CSV in pieces gives the records that reading it line by line gives."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from cardinal.ingestion import damaged, sound_lines
from cardinal.ingestion.damaged import RecordFiles, Refusal, csv_records
from cardinal.ingestion.sound_lines import copy_csv

WIDTH = 3
SEED = 20261123

SOUND = st.sampled_from([b"a,b,c\n", b"1,,3\n", "ก,ข,ค\n".encode(), b",,\n"])
ODD = st.sampled_from(
    [
        b"\n",
        b"\r\n",
        b"a,b\n",
        b"a,b,c,d\n",
        b"a,b,c,\n",
        b'"a,b",c,d\n',
        b'"over\nlines",c,d\n',
        b'a,"open,c\n',
        b'a,"x"y,c\n',
        b"a,\x00,c\n",
        b"a,\xff,c\n",
        b"a,b\rb,c\n",
        b"a,b,c\r\n",
        b"long," + b"x" * 90 + b",c\n",
        b"endless" * 30 + b"\n",
        b"cut,off,he",
    ]
)


def copied(text: bytes, folder: Path) -> tuple[dict[int, list[str]], dict[int, str]]:
    source = folder / "source"
    source.write_bytes(b"header\n" + text)
    files = RecordFiles(folder / "clean", folder / "refused", hides_digits=False)
    copy_csv(source, len(b"header\n"), ",", WIDTH, files)
    clean = list(csv.reader(io.StringIO(files.clean.read_text(encoding="utf-8"), newline="")))
    assert len(clean) == files.records
    refused = {int(row[0]): row[1] for row in csv.reader(io.StringIO(files.refused.read_text(), newline=""))}
    assert len(refused) == files.refusals
    for number in refused:
        assert clean[number - 1] == [""] * WIDTH
    return {number: row for number, row in enumerate(clean, start=1) if number not in refused}, refused


@seed(SEED)
@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(SOUND, SOUND, ODD), max_size=30), st.sampled_from([1 << 20, 64, 23]))
def test_pieces_and_lines_agree(lines: list[bytes], piece: int) -> None:
    text = b"".join(lines)
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(sound_lines, "_LARGEST_PIECE", piece)
        patch.setattr(sound_lines, "_SMALLEST_PIECE", min(piece, 7))
        patch.setattr(damaged, "MAX_RECORD_BYTES", 120)
        good, refused = copied(text, Path(folder))
        expected = dict(enumerate((fields for fields, _ in csv_records(io.BytesIO(text), ",", WIDTH)), start=1))
    assert refused == {number: f.reason for number, f in expected.items() if isinstance(f, Refusal)}
    assert good == {number: f for number, f in expected.items() if not isinstance(f, Refusal)}


def test_one_column(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"a\n\nb\nc,d\n")
    files = RecordFiles(tmp_path / "clean", tmp_path / "refused", hides_digits=False)
    copy_csv(source, 0, ",", 1, files)
    assert (files.records, files.refusals) == (3, 1)
    assert files.clean.read_bytes() == b'a\nb\n""\n'
