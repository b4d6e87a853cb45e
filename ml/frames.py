"""Frames: what was known of people at month ends, what became of them, and that the one doesn't know the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from ml.drawing import checked_draw, enough_drawn, lot
from ml.folds import split_by_time
from ml.task import LABEL, MONTH, PERSON, Task, TaskError, TooLittleDataError

if TYPE_CHECKING:
    import duckdb

# What is learned from and judged on altogether: more rows cost time and memory and teach little.
MOST_ROWS = 1_000_000
# What the queries for a frame may take of the 8 GB that a training has; polars and scikit-learn take the rest.
QUERY_MEMORY = "3GB"
# So many days of events are scored, beside those in work: what comes late is still looked at.
DAYS_SCORED = 31
# So many months with known outcomes are looked at again: later nothing becomes known any more.
MONTHS_WATCHED = 12
# Every id that was ever known leads to the person it is today, whose facts a label is made of.
TODAY = """
    today as (
        select person_id, arg_max(current_person_id, change_no) as current_id
        from marts.person_id_changes group by person_id
    )
"""


def labelled_frame(
    connection: duckdb.DuckDBPyConnection,
    task: Task,
    most_rows: int = MOST_ROWS,
    split: Callable[[pl.DataFrame, Task], object] = split_by_time,
) -> pl.DataFrame:
    """Return one row per person and month whose horizon is over: features as known at its closing, and the label.

    Of more than most_rows, the people first by their id, which is a hash.
    split: what will be done with the rows; it has to be possible with those that were drawn.

    Raises:
        TaskError: The mart, a column of it or a row of the population is missing; or what was drawn is too little.
    """
    last = last_complete_month(connection, task)
    if task.event_date:
        return _labelled_events(connection, task, last, most_rows)
    months, whole = ask(
        connection,
        task,
        f"select count(distinct {MONTH}), count(distinct {PERSON}) from marts.{task.mart} where {MONTH} <= $last",
        {"last": last},
    ).row(0)
    people = max(1, most_rows // max(1, months))
    chosen = f"(select {PERSON} from marts.{task.mart} group by {PERSON} order by {PERSON} limit {people})"
    rows = f"(select * from marts.{task.mart} where {PERSON} in {chosen})"
    query = f"""
        with features as ({feature_query(task, rows)}),
        labels as ({task.label}),
        {TODAY}
        select features.*, labels.label as {LABEL}
        from features
        left join today on features.{PERSON} = today.{PERSON}
        inner join labels
            on coalesce(today.current_id, features.{PERSON}) = labels.{PERSON} and features.{MONTH} = labels.{MONTH}
        where labels.label is not null
            and features.{MONTH} <= last_day(cast($last as date) - interval {task.horizon_months} month)
        order by features.{MONTH}, features.{PERSON}
    """
    found = _not_empty(task, ask(connection, task, query, {"last": last}), last)
    if whole > people:
        with enough_drawn(task, f"{people:,} of {whole:,} people"):
            split(found, task)
    return found


def _labelled_events(connection: duckdb.DuckDBPyConnection, task: Task, last: date, most_rows: int) -> pl.DataFrame:
    """Return one row per event whose horizon is over; of more than most_rows, of whole cards or contacts by lot.

    Events of all months are kept: the newest alone would be too few months to learn and to judge.
    """
    query = f"""
        with labels as (
            select {task.unit}, {task.drawn_by}, ({task.label}) as label
            from {task.rows}
            where {MONTH} + {task.horizon_days} <= $last
        ),
        drawn as ({lot(task.drawn_by, "labels where label is not null")})
        select features.*, labels.label as {LABEL}, drawn.whole_count
        from ({feature_query(task, task.rows)}) as features
        inner join labels on features.{task.unit} = labels.{task.unit}
        inner join drawn on labels.{task.drawn_by} = drawn.{task.drawn_by}
        where labels.label is not null and drawn.row_count <= {most_rows}
        order by features.{MONTH}, features.{task.unit}
    """
    frame = _not_empty(task, ask(connection, task, query, {"last": last}), last)
    return checked_draw(task, frame, most_rows, split_by_time)


def _not_empty(task: Task, frame: pl.DataFrame, last: date) -> pl.DataFrame:
    if frame.is_empty():
        raise TooLittleDataError(
            f"{task.name}: marts.{task.mart} has no month that ended {task.horizon_months} months before {last}"
            " with people to ask about: let more months come in"
        )
    return frame


def realised_frame(connection: duckdb.DuckDBPyConnection, task: Task) -> pl.DataFrame:
    """Return what champions said of months whose outcomes are known by now: one row per person, or alert, and version.

    Columns: model_version, month_end_date, owner (a number for each drawn_by), probability, label.
    """
    table = "stg_ml__alerts" if task.event_date else "stg_ml__scores"
    known = {"last": last_complete_month(connection, task), "task": task.name}
    # An event that was first scored when it was old had stayed in work until then: others of its age had come true.
    is_over = (
        f"last_day(as_of_date) + {task.horizon_days} <= $last"
        f" and cast(_first_ingested_at as date) <= as_of_date + {DAYS_SCORED}"
        if task.event_date
        else f"last_day(as_of_date) <= last_day(cast($last as date) - interval {task.horizon_months} month)"
    )
    said = f"""
        select *, last_day(as_of_date) as said_of from staging.{table}
        where task = $task
            and {is_over}
            and as_of_date > last_day(cast($last as date) - interval {task.horizon_months + MONTHS_WATCHED} month)
    """
    is_built = "select count(*) > 0 from duckdb_tables() where schema_name = 'staging' and table_name = $table"
    # The first scores are made before anything that shows them is built; and labels cost something.
    if not (
        connection.execute(is_built, {"table": table}).fetchall()[0][0]
        and connection.execute(f"select count(*) > 0 from ({said})", known).fetchall()[0][0]
    ):
        return pl.DataFrame(schema=_REALISED)
    if task.event_date:
        query = f"""
            select said.model_version, said.said_of as {MONTH}, hash(came.owner) as owner, said.probability, came.label
            from ({said}) as said
            inner join (select {task.unit}, {task.drawn_by} as owner, ({task.label}) as label from {task.rows}) as came
                on said.event_id = came.{task.unit}
        """
    else:
        query = f"""
            with labels as ({task.label}),
            {TODAY}
            select said.model_version, said.said_of as {MONTH}, hash(labels.{PERSON}) as owner, said.probability,
                labels.label
            from ({said}) as said
            left join today on said.{PERSON} = today.{PERSON}
            inner join labels
                on coalesce(today.current_id, said.{PERSON}) = labels.{PERSON} and said.said_of = labels.{MONTH}
        """
    return ask(connection, task, f"select * from ({query}) where label is not null", known)


_REALISED = {
    "model_version": pl.String, MONTH: pl.Date, "owner": pl.UInt64, "probability": pl.Float64, LABEL: pl.Boolean,
}  # fmt: skip


def newest_frame(connection: duckdb.DuckDBPyConnection, task: Task) -> pl.DataFrame:
    """Return one row per person of the population at the last month end that the data reach.

    Of questions about events, one row per event of the last 31 days, and per older one that is in work; none of which
    it will never be known (its label is null), since nothing like it was learned from or judged.
    A month that is still under way looks like a quiet one to a model that learned from whole months.

    Raises:
        TaskError: The mart, a column of it or a row of the population is missing.
    """
    if task.event_date:
        since = f"(select max({task.event_date}) - {DAYS_SCORED} from {task.rows})"
        in_work = f"(select {task.unit} from {task.rows} where {task.in_work})"
        answered = f"(select {task.unit} from {task.rows} where ({task.label}) is not null)"
        query = f"""
            select * from ({feature_query(task, task.rows)})
            where ({task.event_date} > {since} or {task.unit} in {in_work}) and {task.unit} in {answered}
            order by {task.unit}
        """
        events = ask(connection, task, query, {})
        if events.is_empty():
            raise TaskError(f"{task.name}: marts.{task.mart} has no events: run `dbt build`, or let some come in")
        return events
    last = last_complete_month(connection, task)
    query = f"select * from ({feature_query(task, task.rows)}) where {MONTH} = $last order by {task.unit}"
    frame = ask(connection, task, query, {"last": last})
    if frame.is_empty():
        raise TaskError(
            f"{task.name}: nobody is of the population at {last}, the last whole month of marts.{task.mart}"
        )
    return frame


def last_complete_month(connection: duckdb.DuckDBPyConnection, task: Task) -> date:
    """Return the last month end that the data reach.

    Raises:
        TaskError: There is none.
    """
    query = f"select max({MONTH}) as last from {task.rows} where as_of_date = {MONTH}"
    last = ask(connection, task, query, {}).item()
    if last is None:
        raise TaskError(f"{task.name}: marts.{task.mart} has no whole month: run `dbt build`, or let one come in")
    found: date = last
    return found


def feature_query(task: Task, rows: str) -> str:
    """Return the SQL of the features of the task's population, from rows of its mart."""
    columns = ", ".join(f"{_expression(task, feature.name)} as {feature.name}" for feature in task.features)
    return f"""
        select * exclude (is_asked) from (
            select {", ".join(task.keys)}, ({task.population}) as is_asked,
                cast({task.baseline[1]} as double) as baseline, {columns}
            from {rows} as mart
            window
                before as (partition by {task.drawn_by} order by {MONTH} rows between 6 preceding and 1 preceding),
                so_far as (partition by {task.drawn_by} order by {MONTH})
        ) where is_asked
    """


def _expression(task: Task, name: str) -> str:
    feature = next(feature for feature in task.features if feature.name == name)
    kind = "varchar" if feature.kind == "text" else "double"
    return f"cast({feature.expression or feature.name} as {kind})"


def ask(connection: duckdb.DuckDBPyConnection, task: Task, query: str, parameters: dict[str, Any]) -> pl.DataFrame:
    """Return the rows of a query of the task's.

    Raises:
        TaskError: It asks for a table or column that isn't there.
    """
    import duckdb

    try:
        found: pl.DataFrame = connection.execute(query, parameters).pl()
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        lacking = str(error).splitlines()[0]
        raise TaskError(f"{task.name}: its SQL asks for what isn't there: {lacking}") from error
    return found
