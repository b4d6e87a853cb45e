"""Who may read whom: data walks through the house once, left to right."""

from __future__ import annotations

from tests.conventions.project import Node, Project, Violation, layer_of

ALLOWED = {
    "staging": {"source"},
    "intermediate": {"staging", "intermediate", "seeds"},
    "marts": {"intermediate", "marts", "seeds"},
    "segments": {"marts", "segments"},
    "activation": {"segments", "marts", "activation", "seeds"},
}
# What Cardinal itself did and learned goes from staging straight into the marts.
OWN = ("stg_ml__", "stg_activation__")


def models_read_only_what_their_layer_may(project: Project) -> list[Violation]:
    """Staging reads its source; intermediate staging; marts intermediate; and nothing else reads activation."""
    found = []
    for model in project.models():
        allowed = ALLOWED.get(layer_of(model), set())
        for parent in _parents(project, model):
            is_own = layer_of(model) == "marts" and parent["name"].startswith(OWN)
            if layer_of(parent) not in allowed and not is_own:
                what = f"{layer_of(model)} may not read {parent['name']} ({layer_of(parent)})"
                found.append(Violation(model["original_file_path"], what))
    return found


def staging_reads_one_table_of_its_own_source(project: Project) -> list[Violation]:
    """A staging model stands for one source table, named in the model's own name."""
    found = []
    for model in project.models("staging"):
        read = [f"stg_{source}__{table}" for source, table in model["sources"]]
        if sorted(set(read)) != [model["name"]]:
            tables = ", ".join(f"{source}.{table}" for source, table in model["sources"]) or "nothing"
            found.append(Violation(model["original_file_path"], f"reads {tables}"))
    return found


def _parents(project: Project, model: Node) -> list[Node]:
    known = {**project.manifest["nodes"], **project.manifest["sources"]}
    return [known[parent] for parent in sorted(set(model["depends_on"]["nodes"]))]
