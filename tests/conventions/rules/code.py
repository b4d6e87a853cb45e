"""Handwriting that a linter doesn't know."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.conventions.project import Project, Violation

STATIONS = ("cardinal", "ml", "orchestration")
VAGUE_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}
SETTINGS = "cardinal/settings.py"
SQL_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", re.DOTALL)
# Written in pieces, so that this file doesn't break its own rule.
MACHINE_PATH = re.compile("/(?:" + "home" + r"/[a-z]\w*|" + "Users" + r"/\w+|" + "root" + r"/|" + "work" + r"/\w+)")


def no_select_distinct(project: Project) -> list[Violation]:
    """`select distinct` hides a fan-out; group by says what is meant."""
    return [
        Violation(model["original_file_path"], "select distinct hides a fan-out: group by the grain")
        for model in project.models()
        if re.search(r"\bselect\s+distinct\b", SQL_COMMENT.sub("", model["raw_code"]), re.IGNORECASE)
    ]


def modules_are_named_for_what_they_are(project: Project) -> list[Violation]:
    """A drawer called utils takes in everything."""
    found = []
    for path in project.files((*STATIONS, "benchmarks", "tests", "macros"), ".py", ".sql"):
        words = {path.stem, *path.relative_to(project.root).parts[:-1]}
        for name in sorted(words & VAGUE_NAMES):
            found.append(Violation(project.place(path), f"'{name}' says nothing about what is in it"))
    return found


def only_settings_read_the_environment(project: Project) -> list[Violation]:
    """One place reads the environment, so that one place tells what can be set."""
    found = []
    for path in project.files(STATIONS, ".py"):
        if project.place(path) == SETTINGS:
            continue
        for line in _environment_reads(path):
            found.append(Violation(f"{project.place(path)}:{line}", f"only {SETTINGS} reads the environment"))
    return found


def _environment_reads(path: Path) -> list[int]:
    names = {"environ", "environb", "getenv", "getenvb"}
    lines = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        attribute = isinstance(node, ast.Attribute) and node.attr in names
        imported = isinstance(node, ast.ImportFrom) and any(alias.name in names for alias in node.names)
        if attribute or imported:
            lines.append(node.lineno)
    return lines


def no_paths_of_one_machine(project: Project) -> list[Violation]:
    """A path that exists on one machine only breaks on all others."""
    folders = (*STATIONS, "benchmarks", "tests", "models", "macros", "seeds", "docs", ".ci")
    files = list(project.files(folders, ".py", ".sql", ".yml", ".yaml", ".md", ".toml", ".sh", ""))
    files += [path for path in sorted(project.root.glob("*")) if path.suffix in {"", ".md", ".yml", ".toml"}]
    found = []
    for path in files:
        # In a worktree, .git is a file that says where the repository is.
        if not path.is_file() or path.name == ".git":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if MACHINE_PATH.search(line):
                found.append(Violation(f"{project.place(path)}:{number}", "a path of one machine"))
    return found
