"""Tombstones: keyed hashes of what an erased person was known by, so that nothing brings them back.

`privacy/tombstones.parquet` has a row per kind and hash. Who has the home's key can ask whether a value is among them;
nobody can read one out of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cardinal.build import quoted
from cardinal.contracts import TableContract
from cardinal.ingestion.atomic import publish
from cardinal.privacy.columns import Shown, key_sql, shown_by
from cardinal.privacy.recognition import hash_values
from cardinal.settings import Settings

if TYPE_CHECKING:
    import duckdb


def tombstone_file(settings: Settings) -> Path:
    """Return where the tombstones lie."""
    return settings.home / "privacy" / "tombstones.parquet"


def read_tombstones(connection: duckdb.DuckDBPyConnection, settings: Settings) -> bool:
    """Make the temporary table `tombstones` (kind, hash); False, and none, where nobody was ever erased."""
    path = tombstone_file(settings)
    if not path.exists():
        return False
    connection.execute(
        f"create or replace temporary table tombstones as select kind, hash from '{quoted(path)}' group by kind, hash"
    )
    return True


def add_tombstones(connection: duckdb.DuckDBPyConnection, settings: Settings, erasure: str, hashes: str) -> None:
    """Keep the hashes of a relation (kind, hash) as tombstones of an erasure. Done twice, it changes nothing."""
    path = tombstone_file(settings)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    kept = f"select * from '{quoted(path)}' union all" if path.exists() else ""
    beside = path.with_suffix(".part")
    connection.execute(
        f"""
        copy (
            select kind, hash, min(erasure_id) as erasure_id
            from ({kept} select kind, hash, $erasure as erasure_id from {hashes})
            group by kind, hash order by kind, hash
        ) to '{quoted(beside)}' (format parquet)
        """,
        {"erasure": erasure},
    )
    beside.chmod(0o600)
    publish([(beside, path)])


def record_of(contract: TableContract) -> Shown:
    """Return a row's own number as a place that tells whose it is."""
    return Shown(f"{contract.source}.{contract.name}", key_sql(contract), None, owns=True)


def places_of(contract: TableContract) -> list[Shown]:
    """Return all places where a row of a table shows whose it is or whom it mentions."""
    return [*shown_by(contract), record_of(contract)]


def stands_sql(place: Shown, values: str) -> str:
    """SQL for whether a value of the table `values` (kind, text) stands in a place of a row."""
    return f"coalesce({place.sql} in (select text from {values} where kind = '{place.kind}'), false)"


def owned_sql(contract: TableContract, values: str) -> str:
    """SQL for whether a row of the table is theirs whose values are in a table `values` (kind, text)."""
    return "(" + " or ".join(stands_sql(place, values) for place in places_of(contract) if place.owns) + ")"


def collect_values(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, relation: str, hashes: str, target: str
) -> None:
    """Add to a table `target` (kind, text) what a relation shows of the kinds that a table `hashes` has."""
    kinds = {kind for (kind,) in connection.execute(f"select kind from {hashes} group by kind").fetchall()}
    for place in places_of(contract):
        if place.kind in kinds:
            connection.execute(
                f"insert into {target} select '{place.kind}', cast({place.sql} as varchar) from {relation}"
                f" where {place.sql} is not null group by all"
            )


def keep_erased(
    connection: duckdb.DuckDBPyConnection, settings: Settings, values: str, hashes: str, target: str
) -> int:
    """Make `target` (kind, text) of those of a table `values` (kind, text) that are erased, in all their writings.

    Returns how many there are.
    """
    hash_values(connection, settings, values, "values_hashed")
    connection.execute(
        f"""
        create or replace temporary table {target} as
        with erased as (from values_hashed semi join {hashes} using (kind, hash))
        select kind, text from erased
        union
        select kind, writing from erased
        """
    )
    connection.execute("drop table values_hashed")
    return int(connection.execute(f"select count(*) from {target}").fetchall()[0][0])
