"""Names: models by their layer, columns by their type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.conventions.project import Node, Project, Violation, layer_of

MODEL_NAMES = {
    "staging": "stg_{folder}__<plural>",
    "intermediate": "int_{folder}__<what>",
    "marts": "a name without the prefix of another layer",
    "segments": "seg_<slug> or segment_<what>",
    "activation": "sync_<destination>__<object> or audience_<what>",
}
PREFIXES = ("stg_", "int_", "seg_", "sync_", "ftr_")

# Google's own export shape and the half-open validity keep the names everyone knows.
TIMESTAMP_NAMES = re.compile(r"(_at|^event_timestamp|^valid_from|^valid_to)$")
DATE_NAMES = re.compile(r"(_date|^date_of_birth|^valid_from|^valid_to|_month|_month_end)$")
BOOLEAN_NAMES = re.compile(r"^_?(is|has|holds|was)_(?!not_|no_)")
TYPES = {
    "_at": re.compile(r"timestamp"),
    "_date": re.compile(r"date$"),
    "_amount": re.compile(r"decimal\(\d+,\s*2\)$"),
    "_count": re.compile(r"(tiny|small|big|huge)?int(eger)?$"),
    "_rate": re.compile(r"decimal|double"),
}


def model_names_follow_their_layer(project: Project) -> list[Violation]:
    """A model lies in the folder of a layer and its name says which."""
    return [
        Violation(model["original_file_path"], f"is named {model['name']}, should be {expected}")
        for model in project.models()
        if (expected := _expected_name(model))
    ]


def _expected_name(model: Node) -> str | None:
    layer, folder, name = layer_of(model), model["original_file_path"].split("/")[-2], model["name"]
    if layer not in MODEL_NAMES:
        return f"in a folder of {', '.join(MODEL_NAMES)}"
    fits = {
        "staging": re.fullmatch(rf"stg_{folder}__[a-z0-9_]+", name),
        "intermediate": re.fullmatch(rf"int_{folder}__[a-z0-9_]+", name),
        "marts": re.fullmatch(r"ftr_[a-z0-9]+(_[a-z0-9]+)*__[a-z0-9_]+", name)
        if folder == "features"
        else not name.startswith(PREFIXES),
        "segments": re.fullmatch(r"seg(ment)?_[a-z0-9_]+", name),
        "activation": re.fullmatch(r"sync_[a-z0-9]+(_[a-z0-9]+)*__[a-z0-9_]+|audience_[a-z0-9_]+", name),
    }
    return None if fits[layer] else MODEL_NAMES[layer].format(folder=folder)


def column_names_tell_their_type(project: Project) -> list[Violation]:
    """Times end in _at, days in _date, money in _amount and is decimal; booleans ask a positive question."""
    found = []
    for node in (*project.sources(), *project.models()):
        for column in node["columns"].values():
            found += [
                Violation(f"{node['name']}.{column['name']}", message)
                for message in _misnomers(column["name"], (column.get("data_type") or "").lower())
            ]
    return found


def _misnomers(name: str, data_type: str) -> Iterator[str]:
    if not data_type:
        return
    for ending, types in TYPES.items():
        if name.endswith(ending) and not types.match(data_type):
            yield f"a column in {ending} can't be {data_type}"
    if data_type == "boolean" and not BOOLEAN_NAMES.search(name):
        yield "a boolean begins with is_, has_ or holds_ and is never negative"
    if data_type.startswith("timestamp") and not TIMESTAMP_NAMES.search(name):
        yield "a timestamp ends in _at"
    if data_type == "date" and not DATE_NAMES.search(name):
        yield "a date ends in _date"


def marts_have_one_yml_each(project: Project) -> list[Violation]:
    """The yml of a public model lies beside it under the same name."""
    found = []
    for model in project.models("marts", "segments", "activation"):
        expected = re.sub(r"\.(sql|py)$", ".yml", model["original_file_path"])
        if _patch_path(model) != expected:
            found.append(
                Violation(model["original_file_path"], f"is described in {_patch_path(model)}, not {expected}")
            )
    return found


def _patch_path(model: dict[str, Any]) -> str:
    return str(model["patch_path"] or "no file").removeprefix("cardinal://")
