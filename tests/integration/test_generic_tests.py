"""Cardinal's generic tests of dbt find what they are there for."""

from __future__ import annotations

import shutil
from pathlib import Path

from cardinal.build import open_database
from cardinal.settings import PROJECT_DIR
from tests.integration.small_project import make_small_project

SCHEMA = """
models:
  - name: gaps
    data_tests:
      - not_null_columns: {name: not_null_gaps, arguments: {columns: [a, b, c]}, config: {store_failures: true}}
"""


def test_not_null_columns_names_each_column_that_is_null_and_how_often(tmp_path: Path) -> None:
    project = make_small_project(tmp_path)
    project.write("models/schema.yml", SCHEMA)
    (project.folder / "tests" / "generic").mkdir(parents=True)
    shutil.copy(PROJECT_DIR / "tests/dbt/generic/not_null_columns.sql", project.folder / "tests" / "generic")
    project.write(
        "models/gaps.sql", "select * from (values (1, 'x', 2), (null, 'y', 3), (null, 'z', null)) as t (a, b, c)"
    )
    said = project.dbt("build", "--select", "gaps", succeeds=False)
    assert "FAIL 2 not_null_gaps" in said
    with open_database(project.settings.warehouse) as warehouse:
        found = warehouse.execute("select column_name, row_count from dbt_test__audit.not_null_gaps order by 1")
        assert found.fetchall() == [("a", 2), ("c", 1)]
    project.write("models/gaps.sql", "select 1 as a, 'x' as b, 2 as c")
    project.dbt("build", "--select", "gaps")
