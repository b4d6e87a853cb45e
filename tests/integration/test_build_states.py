"""What of dbt's commands makes a build that may be published, and what doesn't."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from cardinal.build import open_database
from cardinal.publishing.build_state import PublishingError
from cardinal.publishing.snapshot import publish_snapshot, read_current
from tests.integration.small_project import SmallProject, make_small_project
from tests.unit.publishing.small_build import no_progress, read

PASSED = {("passed", None)}


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return make_small_project(tmp_path)


def test_one_whole_build_passes_and_parts_of_it_do_not(project: SmallProject) -> None:
    project.dbt("build")
    assert project.states() == PASSED
    assert project.tables() == {
        "serving": {("marts", "amounts"): ("person_id",), ("marts", "totals"): ()},
        "restricted": {("marts", "names"): ("person_id",)},
    }
    (first,) = project.build_ids()
    project.dbt("test")
    assert project.states() == PASSED, "testing again changes nothing"
    assert project.build_ids() == {first}

    project.dbt("build", "--select", "amounts")
    assert project.states() == {("partial", "1 of 3 marts were built, 3 of 5 tests of marts run")}
    project.dbt("build", "--full-refresh", "--exclude-resource-type", "unit_test")
    assert project.states() == PASSED, "unit tests look at rules, not at what was built"
    project.dbt("build", "--empty")
    assert project.states() == {("partial", "it was built on a part of the rows only")}
    project.dbt("run")
    assert project.states() == {("partial", "3 of 3 marts were built, 0 of 5 tests of marts run")}
    project.dbt("test")
    assert {state for state, _ in project.states()} == {"partial"}, "a run and a test later aren't one build"


def test_a_failed_test_publishes_nothing_and_a_warning_does_not_hinder(project: SmallProject) -> None:
    project.dbt("build")
    shown = publish_snapshot(project.settings, no_progress)
    project.dbt("build", "--vars", "amount: 3", succeeds=False)
    assert project.states() == {("failed", "accepted_values_amounts_amount__False__1__2__5")}
    with pytest.raises(PublishingError, match="the last build failed"):
        publish_snapshot(project.settings, no_progress)
    assert read_current(project.settings) == shown.folder

    output = project.dbt("build", "--vars", "amount: 2")
    assert "WARN 1" in output
    assert project.states() == PASSED
    assert publish_snapshot(project.settings, no_progress).is_new
    assert read(project.settings.published / "serving.duckdb", "select amount from marts.totals") == [(2,)]


def test_a_failed_model_publishes_nothing_and_a_retry_is_no_whole_build(project: SmallProject) -> None:
    model = project.folder / "models/marts/totals.sql"
    sound = model.read_text()
    project.write("models/marts/totals.sql", "select no_such_column as amount from {{ ref('amounts') }}")
    project.dbt("build", "--exclude-resource-type", "unit_test", succeeds=False)
    assert project.states() == {("failed", "totals")}
    model.write_text(sound)
    project.dbt("retry")
    assert project.states() == {("partial", "1 of 3 marts were built, 1 of 5 tests of marts run")}
    project.dbt("build")
    assert project.states() == PASSED


def test_a_run_that_continues_a_failed_build_makes_it_whole(project: SmallProject) -> None:
    model = project.folder / "models/marts/totals.sql"
    sound = model.read_text()
    project.write("models/marts/totals.sql", "select no_such_column as amount from {{ ref('amounts') }}")
    project.dbt("build", "--exclude-resource-type", "unit_test", succeeds=False)
    (failed,) = project.build_ids()
    model.write_text(sound)
    project.dbt("build", "--select", "amounts", continues=True)
    assert project.states() == {("failed", "totals")}, "what failed isn't forgotten by building something else"
    project.dbt("build", "--select", "totals", continues=True)
    assert project.states() == PASSED
    assert project.build_ids() != {failed}
    assert publish_snapshot(project.settings, no_progress).is_new

    project.dbt("build", "--select", "totals", "amounts")
    assert project.states() == {("partial", "2 of 3 marts were built, 4 of 5 tests of marts run")}
    project.dbt("build", "--select", "totals", continues=True)
    assert {state for state, _ in project.states()} == {"partial"}, "it continues what lies there, not what lay before"
    project.dbt("build", "--select", "names", continues=True)
    assert project.states() == PASSED


def test_a_build_is_not_continued_where_a_file_of_marts_is_new(project: SmallProject) -> None:
    project.dbt("build")
    project.settings.mart_files["serving"].unlink()
    project.dbt("build", "--select", "totals+", "amounts", continues=True)
    assert project.states() == {("partial", "2 of 3 marts were built, 4 of 5 tests of marts run")}


@pytest.mark.slow
def test_a_killed_continuation_leaves_no_whole_build(project: SmallProject) -> None:
    project.dbt("build")
    project.write(
        "models/marts/totals.sql",
        "select 'all' as label, sum(range) as amount from {{ ref('amounts') }} cross join range(100000000000)",
    )
    with project.start(
        "build", "--select", "totals", "--exclude-resource-type", "unit_test", continues=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "START sql table model serving.marts.totals" in line:
                break
        process.send_signal(signal.SIGKILL)
    assert project.states() == {("building", None)}
    project.dbt("build", "--select", "names", continues=True)
    assert project.states() == {("partial", "2 of 3 marts were built, 4 of 5 tests of marts run")}


def test_a_test_that_fails_later_takes_the_build_back(project: SmallProject) -> None:
    project.dbt("build")
    (built,) = project.build_ids()
    schema = project.folder / "models/schema.yml"
    schema.write_text(schema.read_text().replace("values: [1, 2, 5]", "values: [2, 5]"))
    project.dbt("test", succeeds=False)
    assert project.states() == {("failed", "accepted_values_amounts_amount__False__2__5")}
    assert project.build_ids() == {built}


def test_a_killed_build_is_not_taken_for_a_whole_one(project: SmallProject) -> None:
    project.dbt("build")
    project.write(
        "models/marts/totals.sql",
        "select 'all' as label, sum(range) as amount from {{ ref('amounts') }} cross join range(100000000000)",
    )
    with project.start("build", "--exclude-resource-type", "unit_test") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "OK created sql table model serving.marts.amounts" in line:
                break
        process.send_signal(signal.SIGKILL)
    assert project.states() == {("building", None)}
    with pytest.raises(PublishingError, match="was broken off: run `dbt build`"):
        publish_snapshot(project.settings, no_progress)


def test_what_the_project_no_longer_builds_leaves_the_files(project: SmallProject) -> None:
    """A model that showed people in the file that BI reads must not stay there once it is moved."""
    project.write("models/marts/more.sql", "select full_name from {{ ref('base') }}")
    project.dbt("build")
    assert ("marts", "more") in project.tables()["serving"]
    project.write(
        "models/marts/more.sql", "{{ config(database='restricted') }} select full_name from {{ ref('base') }}"
    )
    (project.folder / "models/marts/totals.sql").unlink()
    schema = project.folder / "models/schema.yml"
    schema.write_text(schema.read_text().partition("  - name: totals")[0])
    project.dbt("build", "--select", "more")
    assert read(project.settings.mart_files["serving"], "select full_name from marts.more") == [("Ann",)]
    output = project.dbt("build")
    assert "Dropping serving.marts.more, which the project no longer builds there." in output
    names = read(project.settings.mart_files["serving"], "select table_name from duckdb_tables() order by all")
    assert [name for (name,) in names if name not in ("build", "nodes", "tables")] == ["amounts"]
    assert publish_snapshot(project.settings, no_progress).is_new


def test_a_run_that_continues_a_build_makes_nothing_else_of_it_younger(project: SmallProject) -> None:
    """What nobody built again, such as consent, is as old as the run that built it."""

    def began() -> set[tuple[bool, bool]]:
        asked = "select whole_started_at = started_at, whole_started_at from cardinal.build"
        found = set()
        for file in project.settings.mart_files.values():
            with open_database(file) as connection:
                found.add(connection.execute(asked).fetchone())
        return found

    project.dbt("build")
    ((is_own, whole),) = began()
    assert is_own
    project.dbt("build", "--select", "totals", continues=True)
    assert began() == {(False, whole)}
    project.dbt("build")
    ((is_own, newer),) = began()
    assert is_own
    assert newer > whole


def test_a_seed_of_a_newer_version_may_have_other_columns(project: SmallProject) -> None:
    """What a built home holds of an older one gives way, and no column is filled from its neighbour."""
    project.write("seeds/rates.csv", "product,rate\ncard,2\n")
    project.dbt("seed")
    project.write("seeds/rates.csv", "currency,rate,product\nTHB,3,card\nTHB,4,loan\n")
    project.dbt("seed")
    found = read(project.settings.home / "warehouse.duckdb", "select product, currency, rate from rates order by all")
    assert found == [("card", "THB", 3), ("loan", "THB", 4)]
