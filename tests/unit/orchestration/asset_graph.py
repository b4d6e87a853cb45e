"""The asset graph as text, which a change of it changes: python -m tests.unit.orchestration.asset_graph."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

FILE = Path(__file__).with_name("asset_graph.txt")


def graph_text(defs: dg.Definitions) -> str:
    """Return one line per asset: its key, its group, and what it reads."""
    graph = defs.resolve_asset_graph()
    lines = []
    for key in sorted(graph.get_all_asset_keys(), key=lambda key: key.to_user_string()):
        node = graph.get(key)
        parents = " ".join(sorted(parent.to_user_string() for parent in node.parent_keys))
        lines.append(f"{key.to_user_string()} ({node.group_name}) < {parents}".rstrip(" <"))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    from orchestration.definitions import defs as project

    FILE.write_text(graph_text(project), encoding="utf-8")
