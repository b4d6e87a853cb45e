"""Identifiers: numbers that look like a bank's, unique by construction and never like a card number."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from cardinal.demo.randomness import Array

_ACCOUNT_PRIME = 8_999_999_929
_CUSTOMER_PRIME = 899_999_963
_NATIONAL_PRIME = 799_999_999_889
_OUTSIDE_PRIME = 89_999_999_993
_MOBILE_PRIME = 259_999_991
_MOBILE_PREFIXES = np.array([*range(61, 67), *range(80, 100)])  # Thailand's plan: 061-066, 08x, 09x
_MOBILES_PER_COHORT = 850_000  # fewer than other numbers, since the plan has only 260 million
_SHIFT = 91_817  # so that the first of each kind is no round number
_HEX_LETTERS = np.frombuffer(b"abcdefabcdefabcd", dtype=np.uint8)


def numbered(prefix: str, numbers: Array) -> pl.Series:
    """Return `prefix` and the number, null where the number is negative."""
    series = pl.Series("id", numbers, dtype=pl.Int64)
    text = pl.select(pl.lit(prefix) + series.cast(pl.String)).to_series()
    if len(numbers) and numbers.min() < 0:
        return text.set(series < 0, None)
    return text


def account_numbers(unique: Array) -> pl.Series:
    """Return ten-digit account numbers."""
    return _scattered(unique, 7_368_787, _ACCOUNT_PRIME, 1_000_000_000)


def outside_account_numbers(unique: Array) -> pl.Series:
    """Return twelve-digit account numbers of other banks; they begin with 0, which ours never do."""
    text = _scattered(unique, 7_368_787, _OUTSIDE_PRIME, 10_000_000_000)
    return pl.select(pl.lit("0") + text).to_series()


def customer_numbers(unique: Array) -> pl.Series:
    """Return nine-digit customer numbers (CIF)."""
    return _scattered(unique, 48_271_093, _CUSTOMER_PRIME, 100_000_000)


def _scattered(unique: Array, factor: int, prime: int, first: int) -> pl.Series:
    # Multiplication modulo a prime is one to one: scattered numbers without a table of what is taken.
    negative = unique < 0
    numbers = ((unique.astype(np.int64) + _SHIFT) % prime) * factor % prime + first
    text = pl.Series("id", numbers).cast(pl.String)
    return text.set(pl.Series(negative), None) if negative.any() else text


def card_tokens(unique: Array) -> pl.Series:
    """Return tokens of twelve hex digits, too short to be taken for a card number."""
    mixed = ((unique.astype(np.uint64) + np.uint64(_SHIFT)) * np.uint64(0x9E3779B97F4A7C15)) & np.uint64(0xFFFFFFFFFFFF)
    text = _hex_text(mixed, 12)
    return pl.select(pl.lit("tok_") + text).to_series().set(pl.Series(unique < 0), None)


def uuids(unique: Array, salt: int, upper: bool = False) -> pl.Series:
    """Return UUIDs in whose text no 13 digits follow each other."""
    low = (unique.astype(np.uint64) + np.uint64(_SHIFT)) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt)
    high = (low ^ (low >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    digits = _hex_digits(low, 16)
    more = _hex_digits(high, 16)
    text = np.full((len(unique), 36), ord("-"), dtype=np.uint8)
    text[:, 0:8], text[:, 9:13], text[:, 14:18] = digits[:, 0:8], digits[:, 8:12], digits[:, 12:16]
    text[:, 19:23], text[:, 24:36] = more[:, 0:4], more[:, 4:16]
    text[:, 14] = ord("4")
    for position in (7, 19, 24):  # a letter here keeps every run of digits short
        text[:, position] = _HEX_LETTERS[text[:, position] & 15]
    series = _fixed_text(text)
    return series.str.to_uppercase() if upper else series


def click_ids(prefix: str, unique: Array, salt: int) -> pl.Series:
    """Return click ids: the prefix, twelve hex digits, a letter and eight more."""
    low = (unique.astype(np.uint64) + np.uint64(_SHIFT)) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt)
    first, second = _hex_text(low & np.uint64(0xFFFFFFFFFFFF), 12), _hex_text(low >> np.uint64(32), 8)
    text = pl.select(pl.lit(prefix) + first + pl.lit("x") + second).to_series()
    return text.set(pl.Series(unique < 0), None) if (unique < 0).any() else text


def cookies(unique: Array) -> pl.Series:
    """Return GA4 cookie values such as `1234567.890123456`: two numbers with a point between them."""
    mixed = ((unique.astype(np.uint64) + np.uint64(_SHIFT)) * np.uint64(0x9E3779B97F4A7C15)) & np.uint64(0xFFFFFFFFFFFF)
    left, right = (mixed >> np.uint64(20)).astype(np.int64), (mixed & np.uint64(0xFFFFF)).astype(np.int64)
    return pl.select(
        pl.Series(left).cast(pl.String) + pl.lit(".") + pl.Series(1_600_000_000 + right).cast(pl.String)
    ).to_series()


def national_ids(unique: Array, valid: Array, spaced: Array) -> pl.Series:
    """Return Thai national ids of 13 digits; the last is the check digit, wrong where not `valid`."""
    body = 100_000_000_000 + ((unique.astype(np.int64) + _SHIFT) * 104_729_017) % _NATIONAL_PRIME
    digits = (body[:, None] // 10 ** np.arange(11, -1, -1)) % 10
    check = (11 - (digits * np.arange(13, 1, -1)).sum(axis=1) % 11) % 10
    check = np.where(valid, check, (check + 3) % 10)
    text = pl.Series("id", body * 10 + check).cast(pl.String)
    parts = (text.str.slice(0, 1), text.str.slice(1, 4), text.str.slice(5, 5), text.str.slice(10, 2))
    dashed = pl.select(
        pl.concat_str([*(part.alias(f"p{n}") for n, part in enumerate(parts)), text.str.slice(12)], separator="-")
    ).to_series()
    return pl.select(pl.when(pl.Series(spaced)).then(dashed).otherwise(text)).to_series()


def phone_text(phones: Array, styles: Array) -> pl.Series:
    """Write nine-digit mobile numbers the way people write them; a negative number is null."""
    known = pl.Series("p", np.where(phones < 0, 0, phones), dtype=pl.Int64).cast(pl.String)
    a, b, c = known.str.slice(0, 2), known.str.slice(2, 3), known.str.slice(5, 4)
    s = pl.Series("s", styles)
    zero, text = pl.lit("0"), known
    written = (
        pl.when(s == 1).then(zero + a + pl.lit("-") + b + pl.lit("-") + c)
        .when(s == 2).then(pl.lit("+66 ") + a + pl.lit(" ") + b + pl.lit(" ") + c)
        .when(s == 3).then(pl.lit("66") + text)
        .when(s == 4).then(zero + a + pl.lit(" ") + b + c)
        .when(s == 5).then(pl.lit("+66") + text)
        .otherwise(zero + text)
    )  # fmt: skip
    return pl.select(pl.when(pl.Series(phones < 0)).then(None).otherwise(written)).to_series()


def mobile_numbers(unique: Array) -> Array:
    """Return nine-digit Thai mobile numbers without the leading zero."""
    cohort, place = np.divmod(unique.astype(np.int64), 1_000_000)
    scattered = ((cohort * _MOBILES_PER_COHORT + place + _SHIFT) * 15_485_863) % _MOBILE_PRIME
    result: Array = _MOBILE_PREFIXES[scattered // 10_000_000] * 10_000_000 + scattered % 10_000_000
    return result


def _hex_digits(values: Array, width: int) -> Any:
    shifts = np.arange(4 * (width - 1), -1, -4, dtype=np.uint64)
    nibbles = (values[:, None] >> shifts) & np.uint64(15)
    return np.frombuffer(b"0123456789abcdef", dtype=np.uint8)[nibbles.astype(np.intp)]


def _hex_text(values: Array, width: int) -> pl.Series:
    return _fixed_text(_hex_digits(values, width))


def _fixed_text(text: Any) -> pl.Series:
    rows, width = text.shape
    buffer = pa.py_buffer(np.ascontiguousarray(text).tobytes())
    array = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), rows, [None, buffer])
    return pl.Series("id", pl.from_arrow(array.cast(pa.binary()).cast(pa.string())))
