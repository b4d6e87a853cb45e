"""The dbt project as assets: its manifest, and how its nodes are named, grouped and owned."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from cardinal.dbt_process import command
from cardinal.errors import CardinalError
from cardinal.settings import Settings, load_settings
from orchestration.lib.freshness import NIGHTLY

Manifest = Mapping[str, Any]
PARTS_OF_PROJECT = ("dbt_project.yml", "selectors.yml", "models", "macros", "seeds", "tests/dbt")
BUILT = ("model", "seed")


class BankTranslator(DagsterDbtTranslator):
    """Names as dagster-dbt gives them; the owner of a node is the team of its dbt group. All is built each night."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """Return what Dagster is told of a node."""
        spec: dg.AssetSpec = dg.apply_freshness_policy(super().get_asset_spec(manifest, unique_id, project), NIGHTLY)
        return spec

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str] | None:
        """Return the team that dbt calls the node's group."""
        group = self.get_group_name(dbt_resource_props)
        return [team(group)] if group else None


TRANSLATOR = BankTranslator()


def team(group: str) -> str:
    """Write the name of a group as Dagster writes owners."""
    return f"team:{group}"


@cache
def load_manifest() -> Manifest:
    """Return the manifest of the project as its files are now; dbt parses it only if they changed since it last did."""
    settings = load_settings()
    path = settings.dbt_target() / "manifest.json"
    if not path.exists() or path.stat().st_mtime < _last_change(settings.project_dir):
        _parse(settings)
    manifest: Manifest = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def asset_key(node: Mapping[str, Any]) -> dg.AssetKey:
    """Return the asset that a model, seed or source is."""
    return TRANSLATOR.get_asset_key(node)


def check_key(manifest: Manifest, unique_id: str) -> dg.AssetCheckKey | None:
    """Return the check that a test is; None if it can't be told of which asset."""
    return get_asset_check_key_for_test(manifest, TRANSLATOR, unique_id, None)


def built_nodes(manifest: Manifest) -> dict[dg.AssetKey, Mapping[str, Any]]:
    """Return the models and seeds that are tables, by asset, each behind what it reads."""
    nodes = manifest["nodes"]
    sorter: TopologicalSorter[str] = TopologicalSorter(manifest["parent_map"])
    return {
        asset_key(nodes[unique_id]): nodes[unique_id]
        for unique_id in sorter.static_order()
        if unique_id in nodes
        and nodes[unique_id]["resource_type"] in BUILT
        and nodes[unique_id]["config"]["materialized"] != "ephemeral"
    }


def tests_of(manifest: Manifest) -> list[Mapping[str, Any]]:
    """Return the tests of data, and of sources."""
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]


def _last_change(project_dir: Path) -> float:
    paths = [project_dir / name for name in PARTS_OF_PROJECT]
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*"))]
    return max(file.stat().st_mtime for file in files)


def _parse(settings: Settings) -> None:
    folder = str(settings.project_dir)
    done = subprocess.run(  # noqa: S603 - our own interpreter and fixed arguments
        # A partial parse keeps the selectors of the time before.
        command("--quiet", "parse", "--no-partial-parse", "--project-dir", folder, "--profiles-dir", folder),
        env=settings.subprocess_environment(),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CardinalError(f"dbt can't parse the project:\n{done.stdout}{done.stderr}")
