"""Models as plain SQL over tables of a test's own making, for properties that need hundreds of inputs."""

from __future__ import annotations

import duckdb
import jinja2

from cardinal.settings import PROJECT_DIR


def run_model(connection: duckdb.DuckDBPyConnection, path: str) -> list[tuple]:
    """Run a model that uses nothing of dbt but `ref` and `key64`, on tables named like what it reads."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701
    template = environment.from_string((PROJECT_DIR / "models" / path).read_text(encoding="utf-8"))
    sql = template.render(ref=lambda name: name, key64=lambda text: f"md5_number_lower({text})")
    return connection.execute(sql).fetchall()
