"""Leaks: a feature that knows what happened after its row is refused before anything is learned."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from cardinal.settings import PROJECT_DIR
from cardinal.yaml_files import read_yaml
from ml.frames import ask, feature_query
from ml.task import MONTH, Task, TaskError

if TYPE_CHECKING:
    import duckdb

# So many people are looked at twice to see whether a feature knows the future.
PEOPLE_CHECKED = 2_000
_MARTS = PROJECT_DIR / "models" / "marts" / "features"


class LeakError(TaskError):
    """A feature knows what happened after its month."""


def check_knows_no_future(connection: duckdb.DuckDBPyConnection, task: Task, month: date) -> None:
    """Compute the features of a month twice, with and without what came later, where nothing but the mart can be seen.

    Of the mart only what its yml marks as features, and the keys: a mart of events holds what came of them, too.

    Raises:
        LeakError: A feature differs, or reads something else than the mart; or the mart is no feature mart.
    """
    import duckdb

    if not task.mart.startswith("ftr_"):
        raise LeakError(f"{task.name}: {task.mart} is no feature mart, so nothing says as of when it knows")
    who = task.drawn_by
    found = connection.execute(
        f"select * from {task.rows} where {who} in"
        f" (select distinct {who} from {task.rows} where {MONTH} = $month order by {who} limit {PEOPLE_CHECKED})",
        {"month": month},
    ).to_arrow_table()
    visible = {*task.keys, *(name for mart in task.marts for name in feature_columns(mart))}
    rows = found.select([name for name in found.column_names if name in visible])
    # Who owns an event may be known from what came of it: no feature may see that, but only which ones are one owner's.
    owner = "*" if who == task.unit else f"* replace (md5({who}) as {who})"
    with duckdb.connect() as alone:
        alone.register("whole", rows)
        alone.execute(f"create table as_known as select {owner} from whole where {MONTH} <= $month", {"month": month})
        alone.execute("create table with_later as select * from whole")
        alone.unregister("whole")
        alone.execute("set enable_external_access = false")
        try:
            known, knowing = (_features_of(alone, task, table, month) for table in ("as_known", "with_later"))
        except TaskError as error:
            raise LeakError(
                f"{task.name} reads more than {' and '.join(f'marts.{mart}' for mart in task.marts)} marks as features"
                f" (meta.is_feature): {error}"
            ) from error
    leaking = [name for name in [*task.names, "baseline"] if not known[name].equals(knowing[name], null_equal=True)]
    if leaking:
        raise LeakError(f"{task.name}: as of {month}, {', '.join(leaking)} would be different without what came later")


def feature_columns(mart: str) -> list[str]:
    """Return the columns of a feature mart that its yml marks as features.

    Raises:
        LeakError: It has no yml.
    """
    path = _MARTS / f"{mart}.yml"
    if not path.is_file():
        raise LeakError(f"{path} isn't there, so nothing says which columns of {mart} are features")
    (model,) = read_yaml(path)["models"]
    return [column["name"] for column in model["columns"] if column["config"]["meta"].get("is_feature")]


def _features_of(connection: duckdb.DuckDBPyConnection, task: Task, table: str, month: date) -> pl.DataFrame:
    query = f"select * from ({feature_query(task, table)}) where {MONTH} = $month order by {task.unit}"
    return ask(connection, task, query, {"month": month})
