"""A copy of a house to try other rules in: nothing that is done there reaches the home or the project."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from cardinal.errors import CardinalError
from cardinal.identity.rule_file import SEED, RuleColumn, Rules, write_rules
from cardinal.settings import MARKET_FILE, Settings
from cardinal.yaml_files import read_yaml

# What the rules decide, as far as to persons. What is kept for ever of ids, and all behind it, isn't built.
SELECTION = "identifier_rules+,+int_identity__person_records"
# The copied file, what the build replaces in it before the old is dropped, and the tables as they were.
ROOM = 2.5
PIECE = 64 * 1024 * 1024
PATH_SETTINGS = ("model-paths", "seed-paths", "macro-paths", "test-paths", "analysis-paths", "snapshot-paths")


@dataclass(frozen=True)
class TrialHouse:
    """A copied home with a copied project in it.

    Attributes:
        settings: Settings of the copy.
        arguments: What to build there, for `dbt build`.
    """

    settings: Settings
    arguments: tuple[str, ...]


def copy_house(
    settings: Settings,
    folder: Path,
    rules: Rules,
    columns: list[RuleColumn],
    progress: Callable[[str, int, int], None],
) -> TrialHouse:
    """Copy warehouse and project into an empty folder, with other rules.

    The caller holds the warehouse open meanwhile, so that nobody writes it.
    """
    folder = folder.resolve()
    _check_room(settings, folder)
    trial = replace(settings, home=folder / "home", project_dir=folder / "project")
    trial.home.mkdir()
    market = settings.home / MARKET_FILE
    if market.exists():
        shutil.copy(market, trial.home / MARKET_FILE)
    _borrow_lake(settings.lake, trial.lake)
    _copy_project(settings.project_dir, trial.project_dir)
    write_rules(trial.project_dir / SEED, rules, columns)
    _copy_file(settings.warehouse, trial.warehouse, progress)
    log = settings.warehouse.with_name(settings.warehouse.name + ".wal")
    if log.exists():
        shutil.copyfile(log, trial.warehouse.with_name(log.name))
    return TrialHouse(
        settings=trial,
        arguments=(
            *("--select", SELECTION),
            *("--exclude-resource-type", "test", "unit_test"),
            "--full-refresh",
            *("--target-path", str(folder / "target")),
        ),
    )


def _check_room(settings: Settings, folder: Path) -> None:
    needed, free = int(settings.warehouse.stat().st_size * ROOM), shutil.disk_usage(folder).free
    if free < needed:
        raise CardinalError(
            f"trying rules needs {needed / 1e9:,.1f} GB in {folder.parent}, and {free / 1e9:,.1f} GB are free:"
            " make room, or set TMPDIR to a folder with more"
        )


def _borrow_lake(lake: Path, copy: Path) -> None:
    """Make a lake of links to the files of another, table by table.

    Its folders are its own, so whatever a build would write into the lake stays in the copy.
    """
    copy.mkdir()
    if not lake.exists():
        return
    for source in sorted(path for path in lake.iterdir() if path.is_dir()):
        if source.name.startswith("_"):
            # What the house keeps of its own in the lake is small, and read by the build.
            if source.name != "_rejects":
                shutil.copytree(source, copy / source.name)
            continue
        for table in sorted(path for path in source.iterdir() if path.is_dir()):
            for file in sorted(table.glob("*/*.parquet")):
                link = copy / file.relative_to(lake)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(file.resolve())


def _copy_project(project_dir: Path, copy: Path) -> None:
    """Copy what dbt reads of a project."""
    copy.mkdir()
    described = read_yaml(project_dir / "dbt_project.yml")
    folders = [folder for setting in PATH_SETTINGS for folder in described.get(setting, [])]
    folders.append(described.get("packages-install-path", "dbt_packages"))
    for folder in folders:
        if (project_dir / folder).is_dir():
            shutil.copytree(project_dir / folder, copy / folder)
    for name in ("dbt_project.yml", "profiles.yml", "selectors.yml", "packages.yml", "dependencies.yml"):
        if (project_dir / name).exists():
            shutil.copy(project_dir / name, copy / name)


def _copy_file(source: Path, target: Path, progress: Callable[[str, int, int], None]) -> None:
    total, done = source.stat().st_size, 0
    with source.open("rb") as reading, target.open("wb") as writing:
        while piece := reading.read(PIECE):
            writing.write(piece)
            done += len(piece)
            progress("copying the warehouse", done, total)
