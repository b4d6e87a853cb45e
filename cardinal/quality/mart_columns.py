"""The PII classes of the columns of marts, as their ymls declare them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardinal.yaml_files import read_yaml

# Folders of models that dbt builds into the files of marts.
FOLDERS = ("marts", "segments")
# The parser in C is ten times as fast, where PyYAML was built with it.


def read_pii_classes(project_dir: Path) -> Mapping[str, Mapping[str, str]]:
    """Return the PII class of each declared column by the name of its model."""
    return {
        model["name"]: {
            column["name"]: ((column.get("config") or {}).get("meta") or {}).get("pii", "undeclared")
            for column in model.get("columns") or ()
        }
        for model in _models(project_dir)
    }


def _models(project_dir: Path) -> Iterator[dict[str, Any]]:
    for folder in FOLDERS:
        for path in sorted((project_dir / "models" / folder).rglob("*.yml")):
            said = read_yaml(path)
            yield from (said or {}).get("models") or ()
