"""`cardinal metrics`: ask the published marts for the metrics that models/semantic defines."""

from __future__ import annotations

import csv
import sys
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardinal.cli.output import format_table, say
from cardinal.settings import load_settings

if TYPE_CHECKING:
    from cardinal.metrics.semantic_layer import SemanticLayer

app = typer.Typer(no_args_is_help=True, help="Ask for metrics, defined once in models/semantic.")


@app.command("list")
def list_metrics() -> None:
    """Show every metric, what it says, and what it can be grouped by.

    Exit codes: 0 shown; 1 dbt hasn't parsed the project yet; 2 wrong usage.
    """
    for metric in _semantic_layer().metrics():
        say(f"{metric.name} ({metric.kind}): {metric.description}")
        say(f"    by {', '.join(metric.dimensions)}")


@app.command("query")
def query(
    metrics: Annotated[list[str], typer.Argument(help="Names of metrics.")],
    by: Annotated[
        list[str] | None, typer.Option(help="Group by this, such as metric_time__month or campaign__platform.")
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Condition, such as \"{{ Dimension('lead__is_paid') }}\".")
    ] = None,
    start: Annotated[datetime | None, typer.Option(help="First day of metric_time.", formats=["%Y-%m-%d"])] = None,
    end: Annotated[datetime | None, typer.Option(help="Last day of metric_time.", formats=["%Y-%m-%d"])] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, with all digits.")] = False,
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL and ask nothing.")] = False,
) -> None:
    """Ask the published snapshot for metrics; groups come in their order.

    Exit codes: 0 answered; 1 nothing is published, or there is no such metric or group; 2 wrong usage.
    """
    from cardinal.metrics.semantic_layer import open_published

    layer = _semantic_layer()
    asked: dict[str, Any] = {"by": by or (), "where": where or (), "start": start, "end": end}
    if sql:
        say(layer.compile(metrics, **asked))
        return
    with open_published(load_settings()) as connection:
        answer = layer.query(connection, metrics, **asked)
    if as_csv:
        csv.writer(sys.stdout).writerows([answer.columns, *answer.rows])
        return
    say(format_table(answer.columns, [tuple(_readable(value) for value in row) for row in answer.rows]))


def _semantic_layer() -> SemanticLayer:
    from cardinal.metrics.semantic_layer import MANIFEST, SemanticLayer

    return SemanticLayer(load_settings().dbt_target() / MANIFEST)


def _readable(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, float):
        return f"{value:,.4f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)
