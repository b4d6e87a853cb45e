"""What a rule looks at: the manifest that dbt parses and the files beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Node = dict[str, Any]

LAYERS = ("staging", "intermediate", "marts", "segments", "activation")


@dataclass(frozen=True, order=True)
class Violation:
    """One breach of a rule: where, and what is wrong there."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


@dataclass(frozen=True)
class Project:
    """The dbt manifest and the folder of the repository."""

    root: Path
    manifest: dict[str, Any]

    def nodes(self, resource_type: str) -> list[Node]:
        """Return the project's own nodes of a type, in a fixed order."""
        found = [
            node
            for node in self.manifest["nodes"].values()
            if node["resource_type"] == resource_type and node["package_name"] == "cardinal"
        ]
        return sorted(found, key=lambda node: str(node["unique_id"]))

    def models(self, *layers: str) -> list[Node]:
        """Return the models, of these layers only if any is named."""
        return [model for model in self.nodes("model") if not layers or layer_of(model) in layers]

    def sources(self) -> list[Node]:
        """Return the source tables."""
        return sorted(self.manifest["sources"].values(), key=lambda node: str(node["unique_id"]))

    def macros(self) -> list[Node]:
        """Return the project's own macros, generic tests not among them."""
        found = [
            macro
            for macro in self.manifest["macros"].values()
            if macro["package_name"] == "cardinal" and macro["original_file_path"].startswith("macros/")
        ]
        return sorted(found, key=lambda node: str(node["unique_id"]))

    def tests_of(self, unique_id: str) -> list[Node]:
        """Return the generic tests that are declared on a model."""
        return [test for test in self.nodes("test") if test.get("attached_node") == unique_id]

    def files(self, folders: tuple[str, ...], *suffixes: str) -> Iterator[Path]:
        """Yield the files with these endings under some folders of the repository, sorted."""
        for folder in folders:
            for path in sorted((self.root / folder).rglob("*")):
                if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts:
                    yield path

    def place(self, path: Path) -> str:
        """Return a path as it is written in messages: relative to the repository."""
        return path.relative_to(self.root).as_posix()


def layer_of(node: Node) -> str:
    """Return the layer of a model or seed by its folder; sources are the layer `source`."""
    if node["resource_type"] == "source":
        return "source"
    if node["resource_type"] == "seed":
        return "seeds"
    parts = node["original_file_path"].split("/")
    return str(parts[1]) if len(parts) > 2 else ""


def parse_project(root: Path, target: Path) -> Project:
    """Let dbt parse the project, with its results in a folder of its own."""
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "parse", "--no-partial-parse"]
    places = ["--project-dir", root, "--profiles-dir", root, "--target-path", target, "--log-path", target]
    done = subprocess.run([*command, *map(str, places)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"dbt can't parse the project:\n{done.stdout}{done.stderr}")
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    # dbt's own macros are most of it, and no rule looks at them.
    manifest["macros"] = {name: macro for name, macro in manifest["macros"].items() if ".cardinal." in name}
    return Project(root, manifest)
