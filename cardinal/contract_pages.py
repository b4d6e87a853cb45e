"""The page of all source contracts, docs/contracts.md, written from the dbt sources.

`python -m cardinal.contract_pages` writes it; a test fails while it isn't current.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from cardinal.contracts import Column, TableContract, load_contracts
from cardinal.settings import PROJECT_DIR
from cardinal.yaml_files import read_yaml

PAGE = Path("docs") / "contracts.md"

INTRODUCTION = """\
# Source contracts

What each source promises Cardinal about its tables. This page is written by `make docs` from
`models/staging/<source>/_<source>__sources.yml`, which is the only copy of a contract: ingestion checks files
against it and the staging models read it. Change the yml, then run `make docs`.

- A drop is a file in `inbox/<source>/<table>/`, as CSV, JSON lines or Parquet, plain or gzip.
- **Required** columns must be in the file and filled; a row that lacks a value is rejected with the reason.
- A file may leave out any other column; columns that the contract doesn't know are kept aside and reported.
- Times are UTC; an offset in the text is applied. Amounts are decimals with a point.
- The same key again corrects a row: what arrived last wins. `change_type` = `delete` takes it away.
- **PII** is `none`, `pseudonymous` (means a person only together with other data), `personal` or `secret`.
- Card numbers never enter: a row that holds one is rejected, its digits masked.
"""


def render_contracts(project_dir: Path) -> str:
    """Return the page for a project: a section a source, and in it one table of columns a source table."""
    contracts = load_contracts(project_dir).values()
    by_source = [(source, list(tables)) for source, tables in groupby(contracts, key=lambda table: table.source)]
    parts = [INTRODUCTION, _overview(by_source)]
    for source, tables in by_source:
        parts.append(f"## {source}\n\n{_source_description(project_dir, source)} Owner: `{tables[0].owner}`.\n")
        parts.extend(_table(table) for table in tables)
    return "\n".join(parts)


def write_contracts(project_dir: Path) -> Path:
    """Write the page of a project and return its path."""
    path = project_dir / PAGE
    path.write_text(render_contracts(project_dir), encoding="utf-8")
    return path


def _overview(by_source: list[tuple[str, list[TableContract]]]) -> str:
    lines = ["| Source | Tables |", "|---|---|"]
    for source, tables in by_source:
        links = ", ".join(f"[{table.name}](#{_anchor(table)})" for table in tables)
        lines.append(f"| [{source}](#{source}) | {links} |")
    return "\n".join(lines) + "\n"


def _table(table: TableContract) -> str:
    lines = [
        f"### {table.source}.{table.name}",
        "",
        f"{table.description} Key: {_codes(table.key)}; time of the event: `{table.event_time}`.",
        "",
        "| Column | Type | PII | Required | Accepted | Meaning |",
        "|---|---|---|---|---|---|",
        *(_column(column) for column in table.columns),
        "",
    ]
    return "\n".join(lines)


def _column(column: Column) -> str:
    cells = (
        f"`{column.name}`",
        f"`{column.data_type}`",
        column.pii,
        "yes" if column.required else "",
        _codes(column.accepted),
        column.description.replace("|", "\\|"),
    )
    return "| " + " | ".join(cells) + " |"


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _anchor(table: TableContract) -> str:
    return f"{table.source}{table.name}"


def _source_description(project_dir: Path, source: str) -> str:
    path = project_dir / "models" / "staging" / source / f"_{source}__sources.yml"
    (entry,) = read_yaml(path)["sources"]
    return str(entry["description"])


if __name__ == "__main__":
    write_contracts(PROJECT_DIR)
