"""Rows as texts: numbers go with their names, and what only begins with digits stays as it is."""

from __future__ import annotations

import duckdb
import pytest

from cardinal.privacy.texts import NAMED, told_in, without_figures

# The name has to be one that the sources have.
NAME = "contact_id"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ('"108777"', f'"{NAME}{NAMED}108777"'),
        ("108777", f'"{NAME}{NAMED}108777"'),
        ('"0ba50af3-af60"', '"0ba50af3-af60"'),
    ],
)
def test_a_number_has_its_name_and_an_id_that_begins_with_one_stays_whole(said: str, kept: str) -> None:
    line = f'{{"{NAME}": {said}, "points": 4711}}'
    ((in_sql,),) = duckdb.execute(f"select {told_in('line')} from (select ? as line)", [line]).fetchall()
    for text in (in_sql, without_figures(line)):
        assert kept in text
        assert "4711" not in text
