"""National ids leave ingestion as nothing but keyed hashes."""

from __future__ import annotations

import hashlib
import hmac
import random

import duckdb
import pytest

from cardinal.contracts import Column
from cardinal.ingestion.protection import bare_value, hashed, key_parameters
from cardinal.settings import PROJECT_DIR

COLUMN = Column("national_id", "varchar", "", "secret", protect="national_id")


def thai_id(first_twelve: str) -> str:
    """Add the check digit, computed here by the rule as the Department of Provincial Administration words it."""
    total = sum(int(digit) * weight for digit, weight in zip(first_twelve, range(13, 1, -1), strict=True))
    return first_twelve + str((11 - total % 11) % 10)


def bare(text: str | None, country: str) -> str | None:
    row = duckdb.execute(f"select {bare_value(COLUMN, '$1::varchar', country, PROJECT_DIR)}", [text]).fetchone()
    assert row is not None
    value: str | None = row[0]
    return value


def test_thai_check_digits_agree_with_the_published_rule() -> None:
    seed = 20261123
    print(f"seed {seed}")
    draw = random.Random(seed)
    good = [thai_id(str(draw.randrange(10**11, 10**12))) for _ in range(500)]
    shown = [first[:-1] + str(last) for first in good for last in range(10)]
    query = f"select {bare_value(COLUMN, 'c', 'TH', PROJECT_DIR)} from (select unnest($1) as c)"
    found = [value for (value,) in duckdb.execute(query, [shown]).fetchall()]
    assert found == [value if value in good else None for value in shown]


@pytest.mark.parametrize("writing", ["1-1012-34567-89-{0}", " 1 1012 34567 89 {0}", "1.1012.34567.89.{0}"])
def test_thai_ids_are_read_in_every_usual_writing(writing: str) -> None:
    good = thai_id("110123456789")
    assert bare(writing.format(good[-1]), "TH") == good


def test_thai_digits_are_digits() -> None:
    good = thai_id("110123456789")
    assert bare("".join(chr(0x0E50 + int(digit)) for digit in good), "TH") == good


@pytest.mark.parametrize("junk", ["", "0000000000000", "1111111111111", "110123456789", "N/A", "X1101234567890", None])
def test_thai_junk_is_null(junk: str | None) -> None:
    assert bare(junk, "TH") is None


def test_elsewhere_letters_and_digits_in_upper_case() -> None:
    assert bare(" 706-12/3456 a", "CZ") == "706123456A"
    assert bare("12-34", "CZ") is None
    assert bare(None, "CZ") is None


@pytest.mark.parametrize("key", [b"k", b"x" * 63, b"x" * 64, b"x" * 65, "กุญแจ".encode(), bytes(range(256))])
@pytest.mark.parametrize("text", ["", "1101234567890", "ชื่อ", "a" * 1000])
def test_keyed_hash_is_hmac_sha256(key: bytes, text: str) -> None:
    query = f"select {hashed('$text', PROJECT_DIR)}"
    found = duckdb.execute(query, {"text": text, **key_parameters(key)}).fetchone()
    assert found == (hmac.new(key, text.encode(), hashlib.sha256).hexdigest(),)


def test_keyed_hash_of_null_is_null_and_the_query_holds_no_key() -> None:
    query = f"select {hashed('null::varchar', PROJECT_DIR)}"
    assert duckdb.execute(query, key_parameters(b"secret")).fetchone() == (None,)
    assert not any(pad in query for pad in key_parameters(b"secret").values())
