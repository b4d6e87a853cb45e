"""The contracts of the source tables, read from the dbt sources: the only copy there is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cardinal.errors import CardinalError
from cardinal.yaml_files import read_yaml

PiiClass = Literal["none", "pseudonymous", "personal", "secret"]
PII_CLASSES: tuple[PiiClass, ...] = ("none", "pseudonymous", "personal", "secret")


class ContractError(CardinalError):
    """A source yml that is not a valid contract; the message names file, table and column."""


@dataclass(frozen=True)
class Column:
    """One column of a source table."""

    name: str
    data_type: str
    description: str
    pii: PiiClass
    required: bool = False
    accepted: tuple[str, ...] = ()
    protect: str | None = None
    card_number_check: bool = True
    # What stands for a value that is missing, where rows that name none belong together and must stay in sight.
    when_missing: str | None = None


@dataclass(frozen=True)
class Freshness:
    """After how many hours without anything new a table is late; None says never."""

    warn_after_hours: float | None = None
    error_after_hours: float | None = None


@dataclass(frozen=True)
class TableContract:
    """What a source promises about one table."""

    source: str
    name: str
    description: str
    owner: str
    key: tuple[str, ...]
    event_time: str
    columns: tuple[Column, ...]
    freshness: Freshness = Freshness()

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the contracted columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return the column of that name; KeyError if the contract has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def load_contracts(project_dir: Path, source_name: str = "*") -> dict[tuple[str, str], TableContract]:
    """Read every `models/staging/<source>/_<source>__sources.yml`, or that of one source, keyed by (source, table)."""
    contracts: dict[tuple[str, str], TableContract] = {}
    for path in sorted((project_dir / "models" / "staging").glob(f"{source_name}/_*__sources.yml")):
        for source in read_yaml(path)["sources"]:
            for table in source["tables"]:
                contract = _table_contract(path, source, table)
                contracts[contract.source, contract.name] = contract
    return dict(sorted(contracts.items()))


def _table_contract(path: Path, source: dict[str, Any], table: dict[str, Any]) -> TableContract:
    place = f"{path}: {source['name']}.{table['name']}"
    meta = table.get("config", {}).get("meta", {})
    columns = tuple(_column(place, column) for column in table.get("columns", []))
    names = {column.name for column in columns}
    key = tuple(meta.get("key", ()))
    event_time = meta.get("event_time", "")
    if not key or not set(key) <= names:
        raise ContractError(f"{place}: meta.key must list columns of the table, found {list(key)}")
    if event_time not in names:
        raise ContractError(f"{place}: meta.event_time must name a column of the table, found '{event_time}'")
    return TableContract(
        source=source["name"],
        name=table["name"],
        description=table.get("description", ""),
        owner=source.get("config", {}).get("meta", {}).get("owner", ""),
        key=key,
        event_time=event_time,
        columns=columns,
        freshness=_freshness(place, source, table),
    )


def _freshness(place: str, source: dict[str, Any], table: dict[str, Any]) -> Freshness:
    """Read what dbt reads: the table's own word if it has one, else its source's."""
    own, general = table.get("config", {}), source.get("config", {})
    said = (own if "freshness" in own else general).get("freshness") or {}
    try:
        hours = {name: _hours(said[name]) for name in ("warn_after", "error_after") if said.get(name)}
    except (KeyError, TypeError) as error:
        raise ContractError(f"{place}: freshness needs a count and a period of minute, hour or day") from error
    return Freshness(hours.get("warn_after"), hours.get("error_after"))


def _hours(span: dict[str, Any]) -> float:
    return float(span["count"]) * {"minute": 1 / 60, "hour": 1.0, "day": 24.0}[span["period"]]


def _column(place: str, column: dict[str, Any]) -> Column:
    meta = column.get("config", {}).get("meta", {})
    pii = meta.get("pii")
    if pii not in PII_CLASSES:
        raise ContractError(f"{place}.{column['name']}: meta.pii must be one of {', '.join(PII_CLASSES)}")
    if "data_type" not in column:
        raise ContractError(f"{place}.{column['name']}: data_type is missing")
    if meta.get("when_missing") and (column["data_type"] != "varchar" or meta.get("protect")):
        raise ContractError(f"{place}.{column['name']}: meta.when_missing is for a varchar that isn't protected")
    return Column(
        name=column["name"],
        data_type=column["data_type"],
        description=column.get("description", ""),
        pii=pii,
        required=meta.get("required", False),
        accepted=tuple(meta.get("accepted", ())),
        protect=meta.get("protect"),
        card_number_check=meta.get("card_number_check", True),
        when_missing=meta.get("when_missing"),
    )
