"""SQL expressions that make a text a value of its contracted type, or null when that would change it.

`try_cast` alone is not careful enough for a bank: it rounds 1.5 to 2 and 12.345 to 12.35, cuts the time off a
date and the offset off a timestamp, and takes `infinity`, year 0 and 1e3. A value that prints as it was
written has lost nothing, which is quick to see and true of nearly all values. The others must match a pattern.
"""

from __future__ import annotations

import re

BLANKS = " \t\r\n\v\f\u00a0\u3000\u200b\ufeff"

_DATE = r"\d{4}-\d{2}-\d{2}"
_OFFSET = r"(Z|z|[+-]\d{2}(:?\d{2})?)"
_FRACTION = r"(\.\d{1,6}0*)?"
_FIRST_DAY, _LAST_DAY = "0001-01-01", "9999-12-31"

_TYPE_NAMES = {
    "boolean": "true or false",
    "date": "a date (YYYY-MM-DD)",
    "timestamp": "a timestamp (YYYY-MM-DD hh:mm:ss)",
    "integer": "a whole number",
    "bigint": "a whole number",
}


def trimmed(text: str) -> str:
    """The text without blanks of any kind around it; null if nothing is left."""
    return f"nullif(trim({text}, '{BLANKS}'), '')"


def quick_cast(text: str, data_type: str) -> str:
    """The first attempt, which may be null or have lost something; see `exact`."""
    return f"try_cast({text} as {data_type})"


def exact(text: str, quick: str, data_type: str) -> str:
    """The value, where `quick` names the column that holds `quick_cast` of the text."""
    is_plain = f"{quick}::varchar = {text}"
    if data_type.startswith("decimal") and data_type.endswith(",2)"):
        # One or two characters behind the point are decimals, or an exponent that can't be negative.
        is_plain = f"strpos({text}, '.') between strlen({text}) - 2 and strlen({text}) - 1 and {quick} is not null"
    if data_type == "date":
        is_plain += f" and {quick} between date '{_FIRST_DAY}' and date '{_LAST_DAY}'"
    if data_type == "timestamp":
        is_plain += f" and {quick} between timestamp '{_FIRST_DAY}' and timestamp '{_LAST_DAY} 23:59:59.999999'"
    usual = _usual_instant(text) if data_type == "timestamp" else ""
    careful = _careful(trimmed(text), data_type)
    return f"case when {text} is null then null when {is_plain} then {quick} {usual} else {careful} end"


def not_a(data_type: str) -> str:
    """What to say of a text that is no value of this type."""
    if match := re.fullmatch(r"decimal\((\d+),(\d+)\)", data_type):
        return f"not a number of at most {int(match[1]) - int(match[2])} digits and {match[2]} decimals"
    return f"not {_TYPE_NAMES.get(data_type, data_type)}"


def _careful(text: str, data_type: str) -> str:
    """The value if the text matches the pattern of what can be taken without loss."""
    cast = f"try_cast({text} as {data_type})"
    if data_type == "boolean":
        return f"case when regexp_full_match({text}, '(?i)true|false|t|f|yes|no|y|n|1|0') then {cast} end"
    if data_type in ("integer", "bigint"):
        whole = f"try_cast(regexp_extract({text}, '^[+-]?[0-9]+') as {data_type})"
        return rf"case when regexp_full_match({text}, '[+-]?[0-9]+(\.0*)?') then {whole} end"
    if match := re.fullmatch(r"decimal\(\d+,(\d+)\)", data_type):
        pattern = rf"[+-]?([0-9]+(\.[0-9]{{0,{match[1]}}}0*)?|\.[0-9]{{1,{match[1]}}}0*)"
        return f"case when regexp_full_match({text}, '{pattern}') then {cast} end"
    if data_type == "date":
        # A date that an export wrote as midnight is a date; any other time would be cut off.
        pattern = rf"{_DATE}([ T]00:00(:00(\.0*)?)?)?"
        day = f"left({text}, 10)"
        return (
            f"case when regexp_full_match({text}, '{pattern}') and {day} >= '{_FIRST_DAY}' "
            f"then try_cast({day} as date) end"
        )
    if data_type == "timestamp":
        return _careful_timestamp(text)
    raise ValueError(f"no rule for type {data_type}: add it to cardinal/ingestion/values.py")


def _usual_instant(text: str) -> str:
    """A branch of `exact` for an instant as most systems write it: what `_careful_timestamp` says, without trimming.

    Trimming costs twice what everything else here does, and systems that write an offset write it in every row.
    """
    return (
        rf"when regexp_full_match({text}, '{_DATE}[ T]\d{{2}}:\d{{2}}:\d{{2}}(\.\d{{1,6}})?(Z|[+-]\d{{2}}:\d{{2}})') "
        f"and {text} >= '{_FIRST_DAY}' and {text}[12:13] <> '24' "
        f"then timezone('UTC', try_cast({text} as timestamptz))"
    )


def _careful_timestamp(text: str) -> str:
    local = rf"{_DATE}([ T]\d{{2}}:\d{{2}}(:\d{{2}}{_FRACTION})?)?"
    zoned = rf"{_DATE}[ T]\d{{2}}:\d{{2}}(:\d{{2}}{_FRACTION})? ?{_OFFSET}"
    # DuckDB reads an offset only behind seconds and without a blank, and applies it only for timestamptz.
    with_seconds = rf"regexp_replace({text}, '^(.{{10}})[ Tt](\d\d:\d\d)( ?[Zz+-]|$)', '\1 \2:00\3')"
    as_written = rf"regexp_replace(upper({with_seconds}), ' ([Z+-])', '\1')"
    instant = f"timezone('UTC', try_cast({as_written} as timestamptz))"
    return (
        f"case when {text} < '{_FIRST_DAY}' or {text}[12:13] = '24' then null "
        f"when regexp_full_match({text}, '{local}') then try_cast({with_seconds} as timestamp) "
        f"when regexp_full_match({text}, '{zoned}') then {instant} end"
    )
