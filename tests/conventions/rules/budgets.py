"""Budgets: what is short is read, what is long is skipped."""

from __future__ import annotations

import re

from tests.conventions.project import Project, Violation, layer_of

MODEL_LINES = {"staging": 60, "intermediate": 120, "marts": 150, "segments": 120, "activation": 120}
JINJA_BLOCKS = 3
YML_LINES = 200
# One select of one join, as wide as the single view is: parts of it would only repeat its names.
SINGLE_VIEW = ("customer_360", "customer_360_pseudonymous")
SINGLE_VIEW_LINES = 300
PYTHON_LINES = 300


def models_keep_their_line_budget(project: Project) -> list[Violation]:
    """A model that outgrows its budget is two models."""
    found = []
    for model in project.models():
        lines, budget = len(model["raw_code"].splitlines()), MODEL_LINES.get(layer_of(model), 120)
        budget = SINGLE_VIEW_LINES if model["name"] in SINGLE_VIEW else budget
        if lines > budget:
            found.append(Violation(model["original_file_path"], f"has {lines} lines, {budget} are allowed"))
    return found


def models_keep_their_jinja_budget(project: Project) -> list[Violation]:
    """SQL that must be rendered to be understood isn't readable; plain macro calls don't count."""
    found = []
    for model in project.models():
        blocks = re.findall(r"\{%-?\s*(?!end|else|elif)\w+", model["raw_code"])
        if len(blocks) > JINJA_BLOCKS:
            found.append(
                Violation(model["original_file_path"], f"has {len(blocks)} Jinja blocks, {JINJA_BLOCKS} are allowed")
            )
    return found


def yml_files_stay_short(project: Project) -> list[Violation]:
    """A yml that nobody scrolls through is edited by nobody."""
    return _too_long(project, ("models", "seeds", "macros", "tests/dbt"), (".yml", ".yaml"), YML_LINES)


def python_modules_stay_short(project: Project) -> list[Violation]:
    """A module has one duty."""
    folders = ("cardinal", "ml", "orchestration", "benchmarks", "tests")
    return _too_long(project, folders, (".py",), PYTHON_LINES)


def _too_long(project: Project, folders: tuple[str, ...], suffixes: tuple[str, ...], budget: int) -> list[Violation]:
    found = []
    for path in project.files(folders, *suffixes):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        allowed = SINGLE_VIEW_LINES if path.stem in SINGLE_VIEW else budget
        if lines > allowed:
            found.append(Violation(project.place(path), f"has {lines} lines, {allowed} are allowed"))
    return found
