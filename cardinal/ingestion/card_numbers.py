"""Card numbers and other long numbers: how they are found, and how they are masked before anything is kept."""

from __future__ import annotations

import re

# What may stand between the groups of a card number: blanks and dashes of every kind.
_SEPARATOR = "[ \u00a0\u2010-\u2015-]"
_BETWEEN = f"{_SEPARATOR}{{0,3}}"
_RUN = f"[0-9](?:{_BETWEEN}[0-9]){{12,}}"
_DIGIT = "[0-9\u0e50-\u0e59]"
_MASKED = f"((?:{_DIGIT}{_BETWEEN}){{6}})(?:{_DIGIT}{_BETWEEN}){{3,}}((?:{_DIGIT}{_BETWEEN}){{3}}{_DIGIT})"
_THAI_DIGITS = "".join(chr(0x0E50 + digit) for digit in range(10))
# UUIDs and hashes are hexadecimal; the digits in them are no card number though one in ten runs passes the check.
_HEXADECIMAL = r"(?i)\b(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32,})\b"

ODD_BLANKS = "[\t\n\r\v\f\u00a0\u3000\u200b\ufeff]"
"""RE2 pattern: without a match, a text has no blanks around it but ordinary ones."""

SUSPICION = f"[0-9][0-9 -]{{12}}|[\u2010-\u2015\u0e50-\u0e59]|{ODD_BLANKS}"
"""RE2 pattern: a text without a match holds neither a card number nor odd blanks. Cheap enough for every row."""


def mask_long_numbers(text: str) -> str:
    """Keep the first six and the last four digits of every number as long as a card number's."""
    return re.sub(_MASKED, r"\1******\2", text)


def mask_digits(text: str) -> str:
    """Hide every digit: for a line in which it can't be told where a secret value stands."""
    return re.sub(r"\d", "#", text)


def masked_sql(text: str) -> str:
    """`mask_long_numbers` as an SQL expression."""
    # The replacement is slow; few texts are long enough to need it.
    masked = f"regexp_replace({text}, '{_MASKED}', '\\1******\\2', 'g')"
    return f"case when strlen({text}) >= 13 then {masked} else {text} end"


MACROS = (
    """
    create or replace temp macro passes_luhn(digits) as
        list_sum(list_transform(
            string_split(reverse(digits), ''),
            lambda digit, place: case
                when place % 2 = 1 then digit::integer
                when digit::integer > 4 then digit::integer * 2 - 9
                else digit::integer * 2
            end
        )) % 10 = 0
    """,
    # A card number may stand beside other groups of digits (an expiry date), so every stretch of whole groups
    # is tried. More than 19 groups can't be one number.
    f"""
    create or replace temp macro holds_card_number(searched) as case
        when strlen(searched) >= 13 and regexp_matches(translate(searched, '{_THAI_DIGITS}', '0123456789'), '{_RUN}')
            then len(list_filter(
                flatten(flatten(list_transform(
                    regexp_extract_all(
                        regexp_replace(
                            translate(searched, '{_THAI_DIGITS}', '0123456789'), '{_HEXADECIMAL}', '', 'g'
                        ),
                        '{_RUN}'
                    ),
                    lambda run: list_transform(
                        range(1, len(regexp_split_to_array(run, '{_SEPARATOR}+')) + 1),
                        lambda first: list_transform(
                            range(first, least(first + 18, len(regexp_split_to_array(run, '{_SEPARATOR}+'))) + 1),
                            lambda last: array_to_string(
                                regexp_split_to_array(run, '{_SEPARATOR}+')[first:last], ''
                            )
                        )
                    )
                ))),
                lambda digits: strlen(digits) between 13 and 19 and passes_luhn(digits)
            )) > 0
        else false
    end
    """,
)
"""Macros that a connection needs before the rules' SQL runs on it."""
