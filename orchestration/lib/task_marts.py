"""Which marts a task of ml/ reads: what its SQL names."""

from __future__ import annotations

import re
from collections.abc import Iterable

import dagster as dg

from ml.task import Task
from orchestration.lib.dbt_project import built_nodes, load_manifest

# By it, people of earlier months are found among those of today (ml/frames.py).
IDS = "person_id_changes"


def learned_from(task: Task) -> list[dg.AssetKey]:
    """Return the marts from which a task is learned: its features, and what became of people."""
    return mart_keys({task.mart, IDS, *re.findall(r"marts\.(\w+)", task.label)})


def scored_from(tasks: Iterable[Task]) -> list[dg.AssetKey]:
    """Return the marts that a scoring of tasks reads: what is known of people now, and what became of those scored."""
    return sorted({key for task in tasks for key in learned_from(task)})


def mart_keys(names: set[str]) -> list[dg.AssetKey]:
    """Return the assets that marts of these names are."""
    found = {node["name"]: key for key, node in built_nodes(load_manifest()).items() if node["name"] in names}
    return [found[name] for name in sorted(names)]
