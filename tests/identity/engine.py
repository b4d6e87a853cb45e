"""The identity engine on an in-memory DuckDB, fed with the oracle's links."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import duckdb
import polars as pl

from tests.identity.macro_runner import MacroRunner
from tests.identity.oracle import Limit, Link, Stitching

LINK_COLUMNS = (
    "record_key ubigint, value_key ubigint, type_no integer, joins_as varchar, link_rank hugeint,"
    " limit_key ubigint, seen_date date"
)


class Engine:
    """Stitches links in full, or only what changed."""

    def __init__(self, threads: int = 1, memory_limit: str = "4GB") -> None:
        self.connection = duckdb.connect()
        self.connection.execute(f"set threads = {threads}; set memory_limit = '{memory_limit}'")
        self.macros = MacroRunner(self.connection)

    def show(self, links: Iterable[Link], limits: dict[int, Limit]) -> None:
        """Replace the links and limits."""
        self.connection.execute(f"create or replace table links ({LINK_COLUMNS})")
        shown = pl.DataFrame(
            [(x.record, x.value, x.type_no, x.joins_as, str(x.rank), x.limit_key, x.day) for x in links],
            schema=["record_key", "value_key", "type_no", "joins_as", "link_rank", "limit_key", "day"],
            orient="row",
            infer_schema_length=None,
        )
        self.connection.register("shown", shown.to_arrow())
        self.connection.execute(
            "insert into links select record_key, value_key, type_no, joins_as, link_rank::hugeint, limit_key,"
            " date '2020-01-01' + day::integer from shown"
        )
        self.connection.execute(
            "create or replace table limits (limit_key ubigint, max_count integer, window_days integer)"
        )
        for key, limit in limits.items():
            self.connection.execute("insert into limits values (?, ?, ?)", [key, limit.max_count, limit.window_days])

    def stitch(self, clusters: str = "clusters", refused: str = "refused") -> Stitching:
        """Stitch everything into work tables and return what is in them."""
        self.macros.stitch("links", "limits", clusters, refused, "work", "tallies")
        return self.read(clusters, refused)

    def restitch(self, changed: Collection[int]) -> Stitching:
        """Bring the tables held_clusters and held_refused up to date after these records changed."""
        self.connection.execute(
            "create table if not exists held_clusters"
            " (record_key ubigint, linked_key ubigint, person_key ubigint, reach_key ubigint)"
        )
        self.connection.execute(
            "create table if not exists held_refused (record_key ubigint, value_key ubigint, limit_key ubigint,"
            " own_value_key ubigint, competing_value_key ubigint, competing_record_key ubigint)"
        )
        self.connection.execute(
            "create table if not exists held_tallies"
            " (linked_key ubigint, limit_key ubigint, value_count bigint, value_key ubigint)"
        )
        self.connection.execute("create or replace temporary table changed (record_key ubigint)")
        if changed:
            self.connection.register("arrived", pl.DataFrame({"record_key": sorted(changed)}).to_arrow())
            self.connection.execute("insert into changed select record_key from arrived")
        self.macros.restitch("held_clusters", "held_refused", "held_tallies", "links", "changed", "limits", "rework")
        return self.read("held_clusters", "held_refused")

    def read(self, clusters: str, refused: str) -> Stitching:
        """Return the content of the tables that the engine makes."""
        result = Stitching()
        for record, linked, person, reach in self.connection.execute(
            f"select record_key, linked_key, person_key, reach_key from {clusters}"
        ).fetchall():
            result.linked[record], result.person[record], result.reach[record] = linked, person, reach
        found = self.connection.execute(f"select record_key, value_key, limit_key from {refused}").fetchall()
        result.refused = {(record, value): limit_key for record, value, limit_key in found}
        assert len(result.refused) == len(found), "a link was refused twice"
        return result

    def rows(self, table: str) -> list[tuple]:
        """Return every row of a table, in order."""
        return self.connection.execute(f"select * from {table} order by all").fetchall()
