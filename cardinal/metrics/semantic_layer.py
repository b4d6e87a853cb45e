"""MetricFlow in this process: metrics become SQL, and the published marts answer.

The `mf` command does the same through dbt, on the build's own files, and first looks on the network for a newer version
of itself. MetricFlow has no documented Python interface; this module is the only one that knows it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cardinal.build import quoted
from cardinal.errors import CardinalError
from cardinal.publishing.snapshot import read_current
from cardinal.settings import Settings

if TYPE_CHECKING:
    import duckdb
    from metricflow.protocols.sql_client import SqlClient

MANIFEST = "semantic_manifest.json"
# Under this name dbt attaches the file of marts, and so do the definitions call it.
DATABASE = "serving"


class MetricsError(CardinalError):
    """A metric can't be asked for, or isn't defined as it is asked for."""


@dataclass(frozen=True)
class Metric:
    """A metric as models/semantic defines it.

    Attributes:
        name: What it is asked for by.
        kind: simple, ratio, cumulative, derived or conversion.
        description: What it says.
        dimensions: What it can be grouped and filtered by.
    """

    name: str
    kind: str
    description: str
    dimensions: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """Rows that answer a query.

    Attributes:
        columns: Names, the groups first.
        rows: One a group.
        sql: What was asked of the database.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    sql: str


class SemanticLayer:
    """The metrics of one state of the project."""

    def __init__(self, manifest: Path) -> None:
        """Read the definitions that dbt wrote while it parsed the project.

        Raises:
            MetricsError: dbt hasn't parsed the project yet.
        """
        if not manifest.exists():
            raise MetricsError(f"there is no {manifest}: run `dbt parse`, which writes the definitions of the metrics")
        # What it warns of in the definitions, `mf validate-configs` shows.
        for name in ("metricflow", "metricflow_semantics", "metricflow_semantic_interfaces"):
            logging.getLogger(name).setLevel(logging.ERROR)
        from metricflow.engine.metricflow_engine import MetricFlowEngine
        from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
        from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

        definitions = parse_manifest_from_dbt_generated_manifest(manifest.read_text(encoding="utf-8"))
        self._metrics = definitions.metrics
        self._engine = MetricFlowEngine(
            SemanticManifestLookup(definitions), sql_client=cast("SqlClient", _DuckDBDialect())
        )

    def metrics(self) -> list[Metric]:
        """Return all metrics by name."""
        found = {metric.name: metric for metric in self._engine.list_metrics()}
        return [
            Metric(
                metric.name,
                metric.type.value,
                metric.description or "",
                tuple(sorted({dimension.dunder_name for dimension in found[metric.name].dimensions} | {"metric_time"})),
            )
            for metric in sorted(self._metrics, key=lambda metric: metric.name)
            if metric.name in found
        ]

    def compile(
        self,
        metrics: Sequence[str],
        by: Sequence[str] = (),
        where: Sequence[str] = (),
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> str:
        """Return the SQL of a query; its rows are ordered by the groups.

        metrics: Their names.
        by: Dimensions, with a granularity behind two underscores for times (metric_time__month).
        where: Conditions that all hold, such as {{ Dimension('campaign__platform') }} = 'google_ads'.
        start, end: First and last time of metric_time.

        Raises:
            MetricsError: There is no such metric or dimension, or they don't go together.
        """
        from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

        request = MetricFlowQueryRequest.create(
            metric_names=list(metrics),
            group_by_names=list(by),
            where_constraints=list(where) or None,
            order_by_names=list(by),
            time_constraint_start=start,
            time_constraint_end=end,
        )
        try:
            return str(self._engine.explain(request).sql_statement.sql)
        except Exception as error:  # its kinds of errors have no common base of their own
            raise MetricsError(f"MetricFlow refuses the query: {str(error).strip()}") from error

    def query(self, connection: duckdb.DuckDBPyConnection, metrics: Sequence[str], **query: Any) -> Answer:
        """Compile a query and ask it of marts that are attached as `serving`."""
        sql = self.compile(metrics, **query)
        result = connection.execute(sql)
        columns = tuple(column[0] for column in result.description or ())
        return Answer(columns, result.fetchall(), sql)


def open_published(settings: Settings) -> duckdb.DuckDBPyConnection:
    """Open the newest published snapshot of the marts without personal data.

    Raises:
        MetricsError: Nothing has been published.
    """
    import duckdb

    folder = read_current(settings)
    if folder is None:
        raise MetricsError(
            f"nothing is published in {settings.published} yet: run `dbt build`, then `cardinal publish`"
        )
    connection = duckdb.connect()
    connection.execute(f"attach '{quoted(folder / f'{DATABASE}.duckdb')}' as {DATABASE} (read_only)")
    return connection


class _DuckDBDialect:
    """What MetricFlow needs to know of a database to write its SQL; SemanticLayer.query runs it."""

    def __init__(self) -> None:
        from metricflow.protocols.sql_client import SqlEngine
        from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer

        self.sql_engine_type = SqlEngine.DUCKDB
        self.sql_plan_renderer = DuckDbSqlPlanRenderer()

    def render_bind_parameter_key(self, bind_parameter_key: str) -> str:
        """Return a parameter as DuckDB writes it."""
        return f"${bind_parameter_key}"
