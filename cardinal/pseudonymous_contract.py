"""The contract of customer_360_pseudonymous, written from that of customer_360: its columns but the personal ones.

`python -m cardinal.pseudonymous_contract` writes it; a test fails while it isn't current.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from cardinal.settings import PROJECT_DIR
from cardinal.yaml_files import read_yaml

FOLDER = Path("models") / "marts" / "core"
SHOWING_PEOPLE = {"personal", "secret"}
HEADER = """\
# Written by `make docs` from customer_360.yml: change that, then run `make docs`.
models:
  - name: customer_360_pseudonymous
    description: "{description}"
    config:
      group: {group}
    columns:
"""


def render_contract(project_dir: Path) -> str:
    """Return the yml for a project: the same columns, descriptions and meta, without what shows people."""
    path = project_dir / FOLDER / "customer_360.yml"
    (model,) = read_yaml(path)["models"]
    description = str(model["description"]).rstrip(".") + ": `customer_360` without its personal columns."
    header = HEADER.format(description=description, group=model["config"]["group"])
    shown = [column for column in model["columns"] if column["config"]["meta"]["pii"] not in SHOWING_PEOPLE]
    return header + "".join(f"      - {_column(column)}\n" for column in shown)


def write_contract(project_dir: Path) -> Path:
    """Write the yml of a project and return its path."""
    path = project_dir / FOLDER / "customer_360_pseudonymous.yml"
    path.write_text(render_contract(project_dir), encoding="utf-8")
    return path


def _column(column: dict[str, Any]) -> str:
    """One line; of the tests only those of the key, because the values are tested where they are made."""
    parts = [f"name: {column['name']}", f"data_type: {_scalar(column['data_type'])}"]
    parts += [
        f"description: {json.dumps(column['description'], ensure_ascii=False)}",
        f"config: {_flow(column['config'])}",
    ]
    if column["name"] == "person_id":
        parts.append("data_tests: [unique, not_null]")
    return "{" + ", ".join(parts) + "}"


def _scalar(text: str) -> str:
    return json.dumps(text) if "," in text else text


def _flow(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000).strip()


if __name__ == "__main__":
    write_contract(PROJECT_DIR)
