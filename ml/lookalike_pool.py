"""The pool of anonymous profiles: which of them are of a segment's people, and no attributes that few share."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from cardinal.build import open_build
from cardinal.settings import Settings
from ml.task import PERSON, TaskError, TooLittleDataError

if TYPE_CHECKING:
    import duckdb

PROFILE, SEED = "audience_profile_id", "is_seed"
# Fewer people or profiles could be told from what is made of them.
LEAST = 50
# What could tell people apart, the finest first: where few share all of them, the finest is taken away.
SHARED_BY_MANY = ("province", "affluence_band", "device_operating_system")
_PREFIX = "interest_"


def read_pool(settings: Settings, segment: str) -> tuple[pl.DataFrame, date]:
    """Return one row per profile that can be told from no fewer than LEAST others, and the newest date in the data.

    is_seed says whether it is of a member of the segment. Profiles of devices that several people share are left out.

    Raises:
        TaskError: There is no such segment, or too few of its people or of others are in the pool.
    """
    with open_build(settings) as connection:
        pool = _ask(
            connection,
            f"""
            select
                profiles.{PROFILE}, profiles.{PERSON}, profiles.is_known, members.{PERSON} is not null as {SEED},
                {", ".join(SHARED_BY_MANY)}, coalesce(interest_codes, '') as interest_codes
            from marts.audience_profiles as profiles
            left join segments.segment_membership as members
                on profiles.{PERSON} = members.{PERSON} and members.segment = $segment
            where profiles.{PERSON} is not null or not profiles.is_known
            order by profiles.{PROFILE}
            """,
            {"segment": segment},
        )
        names = _ask(connection, "select distinct segment from segments.segment_membership order by segment", {})
        as_of: date = _ask(connection, "select as_of_date from intermediate.int_customer__as_of", {}).item()
    if segment not in names["segment"]:
        raise TaskError(f"there is no segment '{segment}' with members: there are {', '.join(names['segment'])}")
    pool = with_interests(shared_by_many(pool))
    seeds, known = pool.filter(SEED)[PERSON].n_unique(), pool[PERSON].drop_nulls().n_unique()
    strangers = int((~pool["is_known"]).sum())
    if min(seeds, known - seeds, strangers) < LEAST:
        raise TooLittleDataError(
            f"{segment}: of its people {seeds:,} are in the pool, beside {known - seeds:,} others who are known and"
            f" {strangers:,} profiles of nobody known: {LEAST} of each are the least, so that nobody is told from them"
        )
    return pool, as_of


def shared_by_many(pool: pl.DataFrame, least: int = LEAST) -> pl.DataFrame:
    """Take away the finest attribute where fewer than `least` profiles share all; what is still rare is left out."""
    size = pl.len().over(SHARED_BY_MANY)
    for name in SHARED_BY_MANY:
        pool = pool.with_columns(pl.when(size >= least).then(name).alias(name))
    return pool.filter(size >= least)


def with_interests(pool: pl.DataFrame, least: int = LEAST) -> pl.DataFrame:
    """Replace the joined codes by a column for each interest that at least so many profiles have."""
    held = pool.select(pl.col("interest_codes").str.split("|"))["interest_codes"]
    counts = held.explode().drop_nulls().value_counts().filter(pl.col("count") >= least)
    codes = sorted(code for code in counts["interest_codes"] if code)
    return pool.drop("interest_codes").with_columns(
        held.list.contains(code).cast(pl.Float64).alias(f"{_PREFIX}{code}") for code in codes
    )


def interests_of(pool: pl.DataFrame) -> list[str]:
    """Return the columns of interests."""
    return [name for name in pool.columns if name.startswith(_PREFIX)]


def _ask(connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, str]) -> pl.DataFrame:
    import duckdb

    try:
        found: pl.DataFrame = connection.execute(query, parameters).pl()
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise TaskError(f"look-alikes need what isn't there: {str(error).splitlines()[0]}: run `dbt build`") from error
    return found
