"""A file of identifier rules that is to be tried: read, checked against the seed's contract, compared with what is."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cardinal.errors import CardinalError
from cardinal.yaml_files import read_yaml

if TYPE_CHECKING:
    import duckdb

SEED = Path("seeds/identity/identifier_rules.csv")
SEED_CONTRACT = Path("seeds/identity/_identity__seeds.yml")
MOST_PROBLEMS = 10

Rules = dict[str, dict[str, str]]


@dataclass(frozen=True)
class RuleColumn:
    """What the seed's yml says of a column.

    Attributes:
        name: The column.
        is_integer: Whether it holds whole numbers.
        is_required: Whether it may not be empty.
        is_unique: Whether no two rows may have the same.
        values: The words allowed, none if any is.
    """

    name: str
    is_integer: bool
    is_required: bool
    is_unique: bool
    values: tuple[str, ...]


@dataclass(frozen=True)
class RuleChange:
    """One cell that differs, or a whole type that comes or goes (then column is empty)."""

    identifier_type: str
    column: str
    before: str
    after: str


def load_columns(project_dir: Path) -> list[RuleColumn]:
    """Read the columns of the rules from the seed's yml, which dbt's tests come from too."""
    seeds = read_yaml(project_dir / SEED_CONTRACT)["seeds"]
    seed = next(seed for seed in seeds if seed["name"] == SEED.stem)
    described = {column["name"]: column.get("data_tests", []) for column in seed["columns"]}
    (required,) = (test["not_null_columns"]["arguments"]["columns"] for test in seed["data_tests"])
    columns = []
    for name, data_type in seed["config"]["column_types"].items():
        tests = described.get(name, [])
        accepted = [test["accepted_values"] for test in tests if isinstance(test, dict) and "accepted_values" in test]
        columns.append(
            RuleColumn(
                name=name,
                is_integer=data_type in ("integer", "bigint"),
                is_required=name in required,
                is_unique="unique" in tests,
                values=tuple(value for test in accepted for value in test["arguments"]["values"]),
            )
        )
    return columns


def read_rules(path: Path, columns: list[RuleColumn]) -> Rules:
    """Read a file of rules, by identifier type.

    Raises:
        CardinalError: Something in it is wrong; the message names line and column of each fault.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CardinalError(f"{path} is no UTF-8 text: save it as CSV in UTF-8") from error
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise CardinalError(f"{path}, line {reader.line_num}: {error}") from error
    problems = _check_header(rows, columns) or _check_rows(rows, columns)
    if problems:
        more = [f"and {len(problems) - MOST_PROBLEMS} more"] if len(problems) > MOST_PROBLEMS else []
        raise CardinalError(
            "\n  ".join([f"{path} can't be used as identifier rules:", *problems[:MOST_PROBLEMS], *more])
        )
    header = rows[0][1]
    by_name = [dict(zip(header, row, strict=True)) for _, row in rows[1:]]
    return {rule["identifier_type"]: {column.name: rule[column.name].strip() for column in columns} for rule in by_name}


def _check_header(rows: list[tuple[int, list[str]]], columns: list[RuleColumn]) -> list[str]:
    names = [column.name for column in columns]
    if not rows:
        return [f"line 1: it is empty; its first line must be {','.join(names)}"]
    header = rows[0][1]
    problems = [f"line 1: column {name} is missing" for name in names if name not in header]
    problems += [f"line 1: {name!r} is no column of the rules" for name in header if name not in names]
    return problems + [f"line 1: column {name} is there twice" for name, count in Counter(header).items() if count > 1]


def _check_rows(rows: list[tuple[int, list[str]]], columns: list[RuleColumn]) -> list[str]:
    header = rows[0][1]
    seen: dict[tuple[str, str], int] = {}
    problems = ["line 2: there are no rules"] if not rows[1:] else []
    place = header.index("identifier_type")
    types = {row[place].strip() for _, row in rows[1:] if len(row) > place}
    for line, row in rows[1:]:
        if len(row) != len(header):
            problems.append(f"line {line}: has {len(row)} fields, the first line has {len(header)}")
            continue
        values = {name: value.strip() for name, value in zip(header, row, strict=True)}
        for column in columns:
            value = values[column.name]
            faults = _check_value(column, value)
            problems += [f"line {line}, column {column.name}: {fault}" for fault in faults]
            if column.is_unique and not faults:
                first = seen.setdefault((column.name, value), line)
                if first != line:
                    problems.append(f"line {line}, column {column.name}: {value} stands in line {first} already")
        for part in filter(None, values["parts"].split("+")):
            if part not in types:
                problems.append(f"line {line}, column parts: {part!r} is no type of this file")
    return problems


def _check_value(column: RuleColumn, value: str) -> list[str]:
    if not value:
        return ["it is empty"] if column.is_required else []
    if column.is_integer and not re.fullmatch("[1-9][0-9]{0,8}", value):
        return [f"{value!r} is no whole number from 1"]
    if column.values and value not in column.values:
        return [f"{value!r} is none of {', '.join(column.values)}"]
    return []


def read_built_rules(connection: duckdb.DuckDBPyConnection) -> Rules:
    """Read the rules with which a warehouse was built, as a file would hold them."""
    table = connection.execute("select * from seeds.identifier_rules order by priority, identifier_type")
    names = [column[0] for column in table.description or []]
    rules = [
        {name: "" if value is None else str(value) for name, value in zip(names, row, strict=True)}
        for row in table.fetchall()
    ]
    return {rule["identifier_type"]: rule for rule in rules}


def write_rules(path: Path, rules: Rules, columns: list[RuleColumn]) -> None:
    """Write rules as the seed's file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [column.name for column in columns], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rules.values())


def compare_rules(before: Rules, after: Rules) -> list[RuleChange]:
    """Return what differs, in the order of the new file; types that go come last."""
    changes = []
    for name, rule in after.items():
        if name not in before:
            changes.append(RuleChange(name, "", "not there", "new"))
            continue
        changes += [
            RuleChange(name, column, before[name].get(column, ""), value)
            for column, value in rule.items()
            if before[name].get(column, "") != value
        ]
    return changes + [RuleChange(name, "", "there", "gone") for name in before if name not in after]
