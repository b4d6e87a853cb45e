"""One step that builds a part of the dbt project: what it selects, and what it says of each model and test."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from cardinal.build import open_build
from cardinal.dbt_build import BuildResult, NodeResult, build_warehouse
from cardinal.publishing.build_state import read_build
from cardinal.settings import Settings, load_settings
from orchestration.lib.dbt_project import Manifest, built_nodes, check_key, load_manifest, tests_of
from orchestration.lib.findings import as_evaluation
from orchestration.lib.metadata import describe
from orchestration.lib.progress import show_progress

BUILD_TAG = "cardinal/build"
KEPT = "kept from the try before"
# Unit tests look at rules, not at data: they run where the project is changed.
DATA_ONLY = ("--exclude-resource-type", "unit_test")
Results = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult | dg.AssetCheckEvaluation]


@dataclass(frozen=True)
class Selection:
    """What a run of dbt is to do.

    Attributes:
        arguments: Options of `dbt build`; none for the whole project.
        continues: Whether it goes on with the build that lies there.
        kept: Nodes that it leaves out because that build has them already.
    """

    arguments: tuple[str, ...]
    continues: bool
    kept: frozenset[str] = frozenset()


def build_models(context: dg.AssetExecutionContext, *part: str, begins: bool) -> Results:
    """Build and test what is selected of a part of the project, and say of each asset what became of it.

    part: Options of `dbt build` that select all of it. begins: Whether it begins a build, or goes on with one.
    """
    settings, manifest = load_settings(), load_manifest()
    selection = _select(context, settings, manifest, part, begins)
    if selection.kept and not selection.arguments:
        result = BuildResult(log=settings.home / "logs" / "dbt.log")
    else:
        with show_progress(context, "Building") as progress:
            result = build_warehouse(
                settings, progress, *selection.arguments, *DATA_ONLY, continues=selection.continues
            )
        run_id = context.run.run_id
        context.instance.add_run_tags(run_id, {BUILD_TAG: result.build_id, _step_tag(context): run_id})
    yield from _say_models(context, settings, manifest, result, selection.kept)
    yield from _say_tests(context, manifest, result, selection.kept)
    if result.failures:
        names = ", ".join(sorted(result.failures))
        raise dg.Failure(
            f"{len(result.failures)} failed: {names}",
            metadata={
                **{name: dg.MetadataValue.text(kind_of(said)) for name, said in result.failures.items()},
                "skipped behind them": result.skipped,
                "log": dg.MetadataValue.path(str(result.log)),
            },
            # Another try would fail alike. Re-executed from failure, the step builds only what isn't done.
            allow_retries=False,
        )


def kind_of(said: str) -> str:
    """Return what kind of failure dbt tells of, without its text: databases quote values, and records outlive people.

    How many rows a test found is all that it says.
    """
    found = re.match(r"Got \d+ results?, configured to .*|[A-Z][A-Za-z ]* Error\b", said)
    return f"{found[0] if found else 'failed'} (what was said is in the log)"


def _select(
    context: dg.AssetExecutionContext, settings: Settings, manifest: Manifest, part: tuple[str, ...], begins: bool
) -> Selection:
    """Choose what dbt builds: the whole part, the assets that were chosen, or what an earlier try left undone."""
    tables = built_nodes(manifest)
    models = [tables[key] for key in context.selected_asset_keys]
    ids = {node["unique_id"] for node in models}
    whole = set(context.assets_def.node_keys_by_output_name.values())
    is_whole = set(context.selected_asset_keys) == whole
    done = _done_before(context, settings)
    if done is not None:
        # A test that looks at the other part too belongs to the one that comes last.
        later = {node["unique_id"] for key, node in tables.items() if begins and key not in whole}
        tests = [
            test
            for test in tests_of(manifest)
            if (is_whole or _is_chosen(context, manifest, test))
            and (ids.intersection(test["depends_on"]["nodes"]) or not models)
            and not later.intersection(test["depends_on"]["nodes"])
        ]
        missing = [node["name"] for node in (*models, *tests) if node["unique_id"] not in done]
        return Selection(_by_name(missing), continues=True, kept=done)
    if is_whole:
        return Selection(part, continues=not begins)
    tests = [test for test in tests_of(manifest) if _is_chosen(context, manifest, test)]
    return Selection(_by_name([node["name"] for node in (*models, *tests)]), continues=True)


def _is_chosen(context: dg.AssetExecutionContext, manifest: Manifest, test: Mapping[str, Any]) -> bool:
    return check_key(manifest, test["unique_id"]) in context.selected_asset_check_keys


def _by_name(names: list[str]) -> tuple[str, ...]:
    # Tests that nobody named may look at what isn't built.
    return ("--select", *sorted(names), "--indirect-selection", "empty") if names else ()


def _done_before(context: dg.AssetExecutionContext, settings: Settings) -> frozenset[str] | None:
    """Return what an earlier try of this step built and tested; None unless this is one more try of it.

    Only if the build that lies there is still that one: then nobody has built anything since.
    """
    run_id: str | None = context.run.run_id
    while run_id and (run := context.instance.get_run_by_id(run_id)):
        # The pages copy tags from run to run.
        if run.tags.get(_step_tag(context)) == run_id:
            build = read_build(settings)
            return build.done if build and build.state.build_id == run.tags.get(BUILD_TAG) else None
        run_id = run.parent_run_id if run.is_resume_retry else None
    return None


def _step_tag(context: dg.AssetExecutionContext) -> str:
    """Return the tag by which a run says that it ran dbt for this step: what lies there is of other runs otherwise."""
    return f"{BUILD_TAG}.{context.assets_def.op.name}"


def _say_tests(
    context: dg.AssetExecutionContext, manifest: Manifest, result: BuildResult, kept: frozenset[str]
) -> Iterator[dg.AssetCheckResult | dg.AssetCheckEvaluation]:
    for test in tests_of(manifest):
        key, node = check_key(manifest, test["unique_id"]), result.nodes.get(test["unique_id"])
        if node is None and test["unique_id"] in kept:
            node = NodeResult("pass", 0.0, KEPT)
        if node is None or key is None or key not in context.selected_asset_check_keys:
            continue
        said = dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=node.status == "pass",
            severity=dg.AssetCheckSeverity.ERROR if node.is_failure else dg.AssetCheckSeverity.WARN,
            metadata={"said": node.message, "seconds": node.seconds},
        )
        yield as_evaluation(said, key.asset_key) if node.is_failure else said


def _say_models(
    context: dg.AssetExecutionContext, settings: Settings, manifest: Manifest, result: BuildResult, kept: frozenset[str]
) -> Iterator[dg.MaterializeResult[None]]:
    there = {
        key: node
        for key, node in built_nodes(manifest).items()
        if key in context.selected_asset_keys
        and (node["unique_id"] in kept or _is_built(result.nodes.get(node["unique_id"])))
    }
    if not there:
        return
    rows, window = _measure(settings, there)
    for key, node in there.items():
        built = result.nodes.get(node["unique_id"])
        yield dg.MaterializeResult(
            asset_key=key,
            metadata=describe(
                rows=rows[key],
                window=window,
                seconds=built.seconds if built else 0.0,
                link=settings.project_dir / node["original_file_path"],
                build=result.build_id if built else KEPT,
            ),
        )


def _is_built(result: NodeResult | None) -> bool:
    return result is not None and not result.is_failure


def _measure(settings: Settings, nodes: Mapping[dg.AssetKey, Mapping[str, Any]]) -> tuple[dict[dg.AssetKey, int], str]:
    """Count the rows of tables, and tell from which days of arrival the build took the lake."""
    with open_build(settings) as build:
        rows = {
            key: build.execute(f'select count(*) from "{node["schema"]}"."{node["alias"]}"').fetchall()[0][0]
            for key, node in nodes.items()
        }
        first, last = build.execute(
            "select min(ingest_date), max(ingest_date) from lake.files where ingest_date > date '1970-01-01'"
        ).fetchall()[0]
    return rows, f"arrived {first} to {last}"
