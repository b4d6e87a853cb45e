"""Files of rules that are to be tried: every fault with its line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardinal.errors import CardinalError
from cardinal.identity.rule_file import SEED, RuleChange, compare_rules, load_columns, read_rules, write_rules
from cardinal.settings import PROJECT_DIR

HEADER = "identifier_type,priority,evidence,role,parts,max_per_person,window_days,max_anchors,expires_after_days\n"
GOOD = HEADER + "login,1,authenticated,joins,,20,,5,\nemail,2,declared,joins,,10,365,10,1095\n"
COLUMNS = load_columns(PROJECT_DIR)


def faults(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "rules.csv"
    path.write_bytes(text.encode())
    with pytest.raises(CardinalError) as caught:
        read_rules(path, COLUMNS)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_the_projects_own_rules_are_sound_and_written_as_they_were(tmp_path: Path) -> None:
    rules = read_rules(PROJECT_DIR / SEED, COLUMNS)
    assert "national_id" in rules
    write_rules(tmp_path / "rules.csv", rules, COLUMNS)
    assert (tmp_path / "rules.csv").read_bytes() == (PROJECT_DIR / SEED).read_bytes()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (GOOD.replace("priority", "prio"), "line 1: column priority is missing"),
        (GOOD.replace("priority", "prio"), "line 1: 'prio' is no column of the rules"),
        (GOOD.replace("window_days", "parts"), "line 1: column parts is there twice"),
        (GOOD.replace("login,1,", "login,one,"), "line 2, column priority: 'one' is no whole number from 1"),
        (GOOD.replace("login,1,", "login,,"), "line 2, column priority: it is empty"),
        (GOOD.replace("login,1,", "login,2,"), "line 3, column priority: 2 stands in line 2 already"),
        (GOOD.replace("email,", "login,"), "line 3, column identifier_type: login stands in line 2 already"),
        (GOOD.replace("declared", "sure"), "line 3, column evidence: 'sure' is none of authenticated, verified,"),
        (GOOD.replace("authenticated,joins", "authenticated,merges"), "line 2, column role: 'merges' is none of"),
        (GOOD.replace(",20,", ",-20,"), "line 2, column max_per_person: '-20' is no whole number from 1"),
        (GOOD.replace("joins,,20", "joins,email+phone,20"), "line 2, column parts: 'phone' is no type of this file"),
        (GOOD.replace(",1095", ""), "line 3: has 8 fields, the first line has 9"),
        (HEADER, "line 2: there are no rules"),
        ("", "line 1: it is empty"),
    ],
)
def test_each_fault_is_named_with_line_and_column(tmp_path: Path, text: str, fault: str) -> None:
    assert any(said.startswith(fault) for said in faults(tmp_path, text))


def test_many_faults_are_cut_short(tmp_path: Path) -> None:
    said = faults(tmp_path, HEADER + "".join(f"t{number},x,y,z,,,,,\n" for number in range(5)))
    assert len(said) == 11
    assert said[-1] == "and 5 more"


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "rules.csv").write_bytes(b"\xff\xfe\x00login")
    with pytest.raises(CardinalError, match="is no UTF-8 text"):
        read_rules(tmp_path / "rules.csv", COLUMNS)


def test_what_differs_is_told_by_cell_and_by_type(tmp_path: Path) -> None:
    path = tmp_path / "rules.csv"
    path.write_text(GOOD, encoding="utf-8-sig")
    before = read_rules(path, COLUMNS)
    path.write_text(GOOD.replace("declared", "verified").replace("login,1", "phone,1"))
    assert compare_rules(before, before) == []
    assert compare_rules(before, read_rules(path, COLUMNS)) == [
        RuleChange("phone", "", "not there", "new"),
        RuleChange("email", "evidence", "declared", "verified"),
        RuleChange("login", "", "there", "gone"),
    ]
