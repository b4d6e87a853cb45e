"""Drawing: of more rows than can be learned from, those of whole owners by lot, of all months."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import polars as pl

from ml.task import FewMonthsError, Task, TaskError, TooLittleDataError

Tasked = TypeVar("Tasked", bound=Task)


def lot(owner: str, rows: str) -> str:
    """Return the SQL that puts owners of rows in an order by lot: row_count counts their rows and all before."""
    return f"""
        select
            {owner},
            cast(sum(count(*)) over (order by md5({owner}), {owner} rows unbounded preceding) as bigint) as row_count,
            cast(sum(count(*)) over () as bigint) as whole_count
        from {rows}
        group by {owner}
    """


def checked_draw(
    task: Tasked, frame: pl.DataFrame, most_rows: int, split: Callable[[pl.DataFrame, Tasked], object]
) -> pl.DataFrame:
    """Return rows drawn from whole_count ones, without that column, if they can be split.

    Raises:
        TaskError: Rows were left out, and those drawn are too few.
    """
    whole, frame = frame["whole_count"][0], frame.drop("whole_count")
    if whole > most_rows:
        with enough_drawn(task, f"{len(frame):,} of {whole:,} rows"):
            split(frame, task)
    return frame


@contextmanager
def enough_drawn(task: Task, drawn: str) -> Iterator[None]:
    """Say that too little was drawn, where what was drawn is too little to learn from.

    Raises:
        TaskError: It is; unlike in a young bank, time brings no more of it.
    """
    try:
        yield
    except FewMonthsError:
        raise
    except TooLittleDataError as error:
        raise TaskError(
            f"{task.name}: {drawn} were drawn, and that is too little: {error}. Raise MOST_ROWS in ml/frames.py"
            " (of values, in ml/value_forecast.py) if there is memory for more"
        ) from error
