"""How long it takes to draw, register and read an experiment of a million people with three metrics.

The models are those of models/marts/experiments, rendered here; people, exposures and outcomes are made up, two
exposures and a dozen outcomes a person. The baseline, in the same run, is one plain scan that counts and sums the
outcomes by kind: the least that any reading of them has to do.

    python -m benchmarks.experiments --persons 100000 1000000
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import tea_tasting.metrics  # noqa: F401 - so that its import is no part of a reading

from cardinal.experiments.bucketing import assign
from cardinal.experiments.declaration import Arm, Experiment, Layer, Metric
from cardinal.experiments.readout import read_experiment

PROJECT_DIR = Path(__file__).resolve().parents[1]
MARTS = PROJECT_DIR / "models/marts/experiments"
MACROS = PROJECT_DIR / "macros/experiments"
EXPERIMENT = Experiment(
    key="bench",
    description="A benchmark.",
    owner="digital",
    unit="user_id",
    arms=(Arm("control", 0.5), Arm("treatment", 0.5)),
    metrics=(
        Metric("spent", "mean", "card_spending", window_days=28, covariate_days=28),
        Metric("opened", "proportion", "product_opened", window_days=28),
        Metric("clicks_per_view", "ratio", "promotion_click", per="promotion_view", window_days=28),
    ),
    start=date(2026, 1, 1),
    layer=Layer("bench", 0, 1),
)
# Two exposures a person, the second a day later; one person in two hundred sees both arms.
TABLES = """
create schema marts; create schema intermediate;
create table int_customer__as_of as select date '2026-06-30' as as_of_date;
create table intermediate.int_customer__as_of as from int_customer__as_of;
create table people as select 'p' || lpad(cast(n as varchar), 24, '0') as person_id, n from range({persons}) as ids (n);
create table int_experiments__experiments as select 'bench' as experiment_key, 'exclude' as multiple_exposures,
    date '2026-01-01' as start_date, cast(null as date) as stop_date;
create table int_experiments__metrics as select * from (values
    ('bench', 'spent', 'mean', 'card_spending', null, 28, 28), ('bench', 'opened', 'proportion', 'product_opened', null, 28, null),
    ('bench', 'clicks_per_view', 'ratio', 'promotion_click', 'promotion_view', 28, null)
) as metrics (experiment_key, metric, metric_kind, outcome, per_outcome, window_days, covariate_days);
create table visit_owners as select 'v' as visitor_id, 'p' as person_id, now()::timestamp as valid_from, now()::timestamp as valid_to
    where false;
create table int_experiments__exposures as
select 'e' || n || '-' || times as exposure_id, 'bench' as experiment_key, 'user_id' as unit_type, person_id as unit_id,
    person_id, cast(null as varchar) as visitor_id,
    case when hash(n) % 2 = (n % 200 = 0 and times = 1)::int then 'control' else 'treatment' end as arm,
    timestamp '2026-02-01' + to_hours(cast(hash(n, 1) % 2000 as int) + 24 * times) as exposed_at,
    true as is_declared, true as is_declared_arm, true as is_in_time
from people, range(2) as twice (times);
create table outcomes_made as
select person_id as subject_id,
    ['card_spending', 'card_spending', 'card_spending', 'promotion_view', 'promotion_click', 'product_opened'][1 + times % 6] as outcome,
    timestamp '2026-01-01' + to_minutes(cast(hash(n, times) % 260000 as int)) as happened_at,
    cast(1 + hash(n, times, 7) % 500 as double) as value
from people, range(12) as dozen (times);
"""  # noqa: E501


def environment() -> jinja2.Environment:
    """Return what renders the models: tables of the same names, the market of the demo bank."""
    found = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)  # noqa: S701 - SQL is no page
    local = "(cast({0} as timestamp) at time zone 'Asia/Bangkok') at time zone 'UTC'"
    found.globals |= {
        "ref": lambda name: name,
        "local_midnight": lambda column: local.format(column),
        "local_date": lambda column: f"cast(({column} at time zone 'UTC') at time zone 'Asia/Bangkok' as date)",
    }
    exact = (MACROS.parent / "cross_engine" / "exact_sum.sql").read_text(encoding="utf-8")
    found.globals["exact_sum"] = getattr(found.from_string(exact).module, "exact_sum")  # noqa: B009 - made by the text
    for name in ("amount_or_whether", "moment_columns"):
        found.globals[name] = getattr(_module(found, name), name)
    found.globals["fnv32a"] = _module(found, "fnv32a").duckdb__fnv32a
    return found


def _module(found: jinja2.Environment, name: str) -> Any:
    return found.from_string((MACROS / f"{name}.sql").read_text(encoding="utf-8")).module


def run(persons: int, folder: Path) -> None:
    """Measure and print a table."""
    render = environment()
    bucket = _module(render, "experiment_bucket").experiment_bucket("'bench'", "person_id")
    with duckdb.connect(str(folder / f"experiments_{persons}.duckdb")) as connection:
        connection.execute("set threads = 2; set memory_limit = '4GB'; set preserve_insertion_order = false")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(TABLES.format(persons=persons))
        connection.execute("create table fct_experiment_outcomes as from outcomes_made")
        units = [person for (person,) in connection.execute("select person_id from people").fetchall()]

        def model(name: str) -> Callable[[], Any]:
            sql = render.from_string((MARTS / f"{name}.sql").read_text(encoding="utf-8")).render()
            return lambda: connection.execute(f"create table {name} as {sql}")

        scan = "select outcome, count(*), sum(value), sum(value * value) from fct_experiment_outcomes group by outcome"
        steps: dict[str, Callable[[], Any]] = {
            "plain scan of the outcomes": lambda: connection.execute(scan).fetchall(),
            "draw arms in SQL": lambda: connection.execute(
                f"select count(*) from people where {bucket} < 0.5"
            ).fetchall(),
            "draw arms in Python": lambda: assign(EXPERIMENT, units),
            "register exposures": model("fct_experiment_exposures"),
            "sum the metrics by arm": model("experiment_arm_metrics"),
            "sum them by day": model("experiment_metric_days"),
        }
        seconds = {name: _seconds(step) for name, step in steps.items()}
        for name in ("fct_experiment_exposures", "experiment_arm_metrics"):
            connection.execute(f"create view marts.{name} as from main.{name}")
        seconds["read: statistics and verdict"] = _seconds(lambda: read_experiment(connection, EXPERIMENT))
    baseline = seconds["plain scan of the outcomes"]
    print(
        f"{persons:,} people, {2 * persons:,} exposures, {12 * persons:,} outcomes, {len(EXPERIMENT.metrics)} metrics"
    )
    print("| | seconds | times the scan |\n|---|---|---|")
    for name, taken in seconds.items():
        print(f"| {name} | {taken:.2f} | {taken / baseline:.0f} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the process so far: {peak:,.0f} MB")


def _seconds(step: Callable[[], Any]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def main() -> None:
    """Measure for each number of people."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, nargs="+", default=[100_000, 1_000_000])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for persons in arguments.persons:
            run(persons, Path(folder))


if __name__ == "__main__":
    main()
