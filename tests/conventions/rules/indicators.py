"""Indicators: one shape, one owner each, united in customer_indicators, and what the free ones may know."""

from __future__ import annotations

from tests.conventions.project import Node, Project, Violation
from tests.conventions.rules.privacy import is_flagged, protected_attributes_in

UNION = "customer_indicators"
FOLDER = "models/marts/indicators/"
# indicator_quality tells how good the others are.
NO_INDICATORS = {"indicator_quality"}
ABOUT_THE_PERSON = ("value_amount", "probability", "score", "band")


def indicators_have_one_shape_and_an_owner(project: Project) -> list[Violation]:
    """An indicator has the columns of customer_indicators, in their types, and a business unit that answers for it."""
    shape = _types(_union(project))
    found = []
    for model in _indicators(project):
        place = model["original_file_path"]
        if _types(model) != shape:
            found.append(Violation(place, f"has other columns or types than {UNION}"))
        if not (model["config"].get("meta") or {}).get("owner_unit"):
            found.append(Violation(place, "names no business unit: config.meta.owner_unit"))
    return found


def indicators_are_united(project: Project) -> list[Violation]:
    """Each indicator has its line in customer_indicators, which flags as protected what any of them flags."""
    union = _union(project)
    found = []
    for model in _indicators(project):
        if model["unique_id"] not in union["depends_on"]["nodes"]:
            line = model["name"].removeprefix("indicator_")
            found.append(Violation(union["original_file_path"], f"add '{line}' to its indicators"))
        found += [
            Violation(f"{UNION}.{name}", f"is protected in {model['name']}: say meta.is_protected: true")
            for name, column in model["columns"].items()
            if is_flagged(column) and not is_flagged(union["columns"][name])
        ]
    return found


def free_indicators_know_no_protected_attribute(project: Project) -> list[Violation]:
    """An indicator that decisions may read, because nothing in it is flagged, is made without protected attributes."""
    return [
        Violation(model["original_file_path"], f"isn't flagged as protected, and {what}")
        for model in _indicators(project)
        if not any(is_flagged(model["columns"][name]) for name in ABOUT_THE_PERSON if name in model["columns"])
        for what in protected_attributes_in(project, model)
    ]


def _indicators(project: Project) -> list[Node]:
    return [
        model
        for model in project.models("marts")
        if model["name"].startswith("indicator_") and model["name"] not in NO_INDICATORS
    ]


def _union(project: Project) -> Node:
    return next(model for model in project.models("marts") if model["name"] == UNION)


def _types(model: Node) -> dict[str, str]:
    return {name: column["data_type"] for name, column in model["columns"].items()}
