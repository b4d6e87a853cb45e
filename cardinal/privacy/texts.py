"""A row as one text in which values of people are looked for: what is a count or an amount is left out of it.

A number of digits alone tells nobody by itself: banks count points and customers alike. It stands for somebody as a
text, or under a name that the sources have for such numbers; there it goes with its name, so that a bank's own numbers
count only as what they are.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable

from cardinal.privacy.columns import CHAINING, MENTIONS, OWNERS

# Between a name and its number.
NAMED = "\x1e"
BETWEEN = "\x1f"
NAMES = {**OWNERS, **MENTIONS}
# Names that no destination uses for anything else.
STRICT = {name: kind for name, kind in NAMES.items() if kind in CHAINING - {"login"}}
NUMERIC = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\)|BIGNUM")
# Where columns have no types, their names have to say that they count.
FIGURE = re.compile(
    r"(^|_)(amounts?|balances?|counts?|points|limits?|income|values?|scores?|ranks?|totals?|sums?|rows|days|months|rates?"
    r"|shares?|prices?|fees?|revenue|profit|margin|quantity|size|version)(_|$)"
)
# Digits alone, to their end: an id that only begins with some is a text like any other.
NAMED_IN_JSON = rf'"({"|".join(sorted(NAMES))})"\s*:\s*(?:"([0-9]+)"|([0-9]+)([\s,}}\]]))'
TEXT_OR_NUMBER = r'("(?:[^"\\]|\\.)*")|-?[0-9][-+.0-9eE]*'


def told_in(text: str) -> str:
    """SQL of a text; of JSON, without the numbers that stand there as numbers."""
    return f"""
    case
        when regexp_matches({text}, '^\\s*[\\[{{]') and json_valid({text})
            then regexp_replace(
                regexp_replace({text}, '{NAMED_IN_JSON}', '"\\1{NAMED}\\2\\3"\\4', 'gi'), '{TEXT_OR_NUMBER}', '\\1', 'g'
            )
        else {text}
    end
    """


def without_figures(text: str) -> str:
    """Return a text; of JSON, or of lines of it, without the numbers that stand there as numbers, as `told_in` does."""
    if text.lstrip().startswith(("{", "[")):
        try:
            json.loads(text)
        except ValueError:
            pass
        else:
            return re.sub(
                TEXT_OR_NUMBER, r"\1", re.sub(NAMED_IN_JSON, rf'"\1{NAMED}\2\3"\4', text, flags=re.IGNORECASE)
            )
    lines = text.splitlines(keepends=True)
    return "".join(map(without_figures, lines)) if len(lines) > 1 else text


def as_text(columns: Iterable[tuple[str, str]]) -> str:
    """SQL of a row as one text. columns: name and type of each."""
    shown = [_shown(name, kind.upper()) for name, kind in columns]
    return f"concat_ws('{BETWEEN}', " + ", ".join(text for text in shown if text) + ", '')"


def _shown(name: str, kind: str) -> str:
    column = f'"{name}"'
    if name.lower() in NAMES and (kind == "VARCHAR" or NUMERIC.fullmatch(kind)):
        text = f"cast({column} as varchar)"
        return f"if(regexp_full_match({text}, '[0-9]+'), '{name.lower()}{NAMED}' || {text}, {text})"
    if NUMERIC.fullmatch(kind):
        return ""
    if kind == "VARCHAR[]":
        return f"array_to_string(list_transform({column}, lambda told: {told_in('told')}), '{BETWEEN}')"
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION")):
        # Quotes within quotes are written with a backslash, which belongs to no value.
        return f"replace({told_in(f'cast(to_json({column}) as varchar)')}, '\\', ' ')"
    return told_in(f"cast({column} as varchar)")


def lines_as_text(lines: list[str], is_csv: bool) -> list[str]:
    """Return lines of a file as texts; of a CSV file, without what its header says is a figure."""
    if not is_csv or not lines:
        return lines
    names = [name.strip().lower() for name in _fields(lines[0])]
    shown = []
    for line in lines:
        fields = _fields(line)
        if len(fields) == len(names):
            pairs = [pair for pair in zip(names, fields, strict=True) if not FIGURE.search(pair[0])]
            line = BETWEEN.join(f"{n}{NAMED}{v}" if n in NAMES and v.isdecimal() else v for n, v in pairs)
        shown.append(line)
    return shown


def _fields(line: str) -> list[str]:
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return []


def words_sql(values: str, shortest: int) -> str:
    """SQL of the words by which the values of a table (kind, text) are found: themselves, and numbers with names."""
    strict = ", ".join(f"('{name}', '{kind}')" for name, kind in STRICT.items())
    others = ", ".join(f"('{name}')" for name in sorted(NAMES.keys() - STRICT.keys()))
    return f"""
        with known as (from {values} where length(text) >= {shortest})
        select text from known
        union
        select name || '{NAMED}' || text from known inner join (values {strict}) as names (name, of) on kind = of
        union
        select name || '{NAMED}' || text from known cross join (values {others}) as names (name)
    """
