"""A bank is built and published as a person would do it, and what readers find there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cardinal.settings import PROJECT_DIR
from tests.integration.house import House
from tests.unit.publishing.small_build import read

SHOWING_PEOPLE = {"personal", "secret"}


@pytest.fixture(scope="module")
def published(house: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A copy of the house, which was built whole, published."""
    copied = House(tmp_path_factory.mktemp("published") / "home")
    shutil.copytree(house.home, copied.home)
    done = publish(copied)
    assert done.returncode == 0, done.stderr
    return copied


def publish(house: House) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cardinal", "publish"],
        cwd=PROJECT_DIR, env=house.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip


def manifest(house: House) -> dict[str, dict]:
    nodes = json.loads((house.target / "manifest.json").read_text(encoding="utf-8"))["nodes"].values()
    return {
        node["name"]: node
        for node in nodes
        if node["resource_type"] == "model" and node["database"] in ("serving", "restricted")
    }


@pytest.mark.parametrize("name", ["serving", "restricted"])
def test_each_file_holds_its_marts_with_the_columns_of_their_contracts(published: House, name: str) -> None:
    found: dict[str, set[str]] = {}
    for schema, table, column in published.published(
        "select schema_name, table_name, column_name from duckdb_columns() where database_name = current_database()"
        " and not internal and schema_name != 'cardinal'",
        name,
    ):
        found.setdefault(f"{schema}.{table}", set()).add(column)
    expected = {
        f"{node['schema']}.{node['name']}": set(node["columns"])
        for node in manifest(published).values()
        if node["database"] == name
    }
    assert found == expected
    assert len(expected) >= 5


def test_what_bi_reads_shows_nobody(published: House) -> None:
    shown = {
        f"{model}.{name}"
        for model, node in manifest(published).items()
        if node["database"] == "serving"
        for name, column in node["columns"].items()
        if column["config"]["meta"]["pii"] in SHOWING_PEOPLE
    }
    assert shown == set()
    # Not in the bytes of the file either: the names of this bank's people, and their e-mail addresses.
    content = (published.settings.published / "serving.duckdb").read_bytes()
    people = published.published("select full_name, email from marts.customer_360 order by person_id", "restricted")
    words = {word for row in people for word in row if word and len(word.encode()) > 12}
    assert len(words) > 100
    assert {word for word in words if word.encode() in content} == set()
    restricted = (published.settings.published / "restricted.duckdb").read_bytes()
    assert any(word.encode() in restricted for word in words), "the search would find them"


def test_the_pseudonymous_view_is_customer_360_without_its_personal_columns(published: House) -> None:
    models = manifest(published)
    columns = [
        name
        for name, column in models["customer_360"]["columns"].items()
        if column["config"]["meta"]["pii"] not in SHOWING_PEOPLE
    ]
    assert list(models["customer_360_pseudonymous"]["columns"]) == columns
    query = f"select {', '.join(columns)} from marts.{{}} order by person_id"
    shown = published.published(query.format("customer_360_pseudonymous"))
    assert shown == published.published(query.format("customer_360"), "restricted")
    assert len(shown) > 100


@pytest.mark.slow
def test_a_run_that_is_no_whole_build_publishes_nothing(published: House, tmp_path: Path) -> None:
    house = House(tmp_path / "home")
    shutil.copytree(published.home, house.home, symlinks=True)
    before = house.published("select build_id from cardinal.build")
    house.run("--select", "dim_products")
    done = publish(house)
    assert done.returncode == 1
    assert done.stderr.startswith("cardinal: the last run didn't build and test all marts (1 of ")
    assert "Traceback" not in done.stderr
    assert house.published("select build_id from cardinal.build") == before


@pytest.mark.slow
def test_a_test_that_fails_on_the_bank_publishes_nothing(published: House, tmp_path: Path) -> None:
    """Every member of a household stands there twice, and the test of the grain says so."""
    project = tmp_path / "project"
    for name in ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests/dbt"):
        source, target = PROJECT_DIR / name, project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    planted = project / "models/marts/core/household_members.sql"
    planted.write_text(planted.read_text().replace("select * from final", "select * from final union all from final"))
    house = House(tmp_path / "home", project_dir=project)
    shutil.copytree(published.home, house.home, symlinks=True)
    before = house.published("select build_id from cardinal.build")
    assert house.dbt("build", "--exclude-resource-type", "unit_test").returncode != 0
    done = publish(house)
    assert done.returncode == 1
    assert "cardinal: the last build failed (unique" in done.stderr
    assert "household_members" in done.stderr
    assert house.published("select build_id from cardinal.build") == before


@pytest.mark.slow
def test_documentation_shows_every_mart_with_its_owner(published: House) -> None:
    result = published.dbt("docs", "generate")
    assert result.returncode == 0, result.stdout[-3000:]
    catalog = json.loads((published.target / "catalog.json").read_text(encoding="utf-8"))
    assert catalog["errors"] is None
    described = json.loads((published.target / "manifest.json").read_text(encoding="utf-8"))
    owners = {name: group["owner"]["name"] for name, group in described["groups"].items()}
    for node in manifest(published).values():
        entry = catalog["nodes"][node["unique_id"]]
        assert entry["metadata"]["database"] == node["database"]
        assert set(entry["columns"]) == set(node["columns"])
        # The site looks an owner up by package and group.
        assert owners[f"group.cardinal.{node['group']}"]
    exposures = {exposure["name"]: exposure for exposure in described["exposures"].values()}
    assert exposures["published_serving"]["owner"]["name"]
    assert "model.cardinal.customer_360_pseudonymous" in exposures["published_serving"]["depends_on"]["nodes"]


def test_who_resolves_the_link_once_reads_both_files_of_one_build(published: House) -> None:
    """The pattern of docs/guides/bi.md."""
    folder = (published.settings.published / "current").resolve()
    builds = {
        read(folder / f"{name}.duckdb", "select build_id from cardinal.build")[0] for name in ("serving", "restricted")
    }
    assert builds == {(folder.name,)}
