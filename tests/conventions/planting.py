"""How a violation is planted: a copy of the project, and a register of what is planted for which rule."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from tests.conventions.project import Project
from tests.conventions.rules import Rule
from tests.conventions.rules.documentation import UNIQUENESS_TESTS

STAGING = "model.cardinal.stg_cards__credit_cards"
OTHER_STAGING = "model.cardinal.stg_lending__loans"
SOURCE = "source.cardinal.cards.credit_cards"
SEED = "seed.cardinal.products"
Node = dict[str, Any]
Plant = Callable[[Project], str]
PLANTS: dict[Rule, list[Plant]] = {}


def plants_for(rule: Rule) -> Callable[[Plant], Plant]:
    """Register a function that plants a violation of a rule and returns a part of the message expected."""

    def register(plant: Plant) -> Plant:
        PLANTS.setdefault(rule, []).append(plant)
        return plant

    return register


def model_in(project: Project, layer: str, name: str, **changed: Any) -> Node:
    """Add a sound model of a layer, made like a staging one, with some of it changed."""
    model = copy.deepcopy(project.manifest["nodes"][STAGING])
    path = f"models/{layer}/core/{name}.sql"
    model.update(name=name, unique_id=f"model.cardinal.{name}", original_file_path=path, access="public")
    model.update(patch_path=f"cardinal://{path.removesuffix('.sql')}.yml", sources=[])
    model["contract"]["enforced"] = True
    model["depends_on"]["nodes"] = []
    if layer == "activation":
        model["database"] = "restricted"
        proof = {**next(uniqueness_tests(project)), "unique_id": f"test.cardinal.leaves_{name}"}
        proof.update(attached_node=model["unique_id"], test_metadata={"name": "leaves_by_the_rules", "kwargs": {}})
        project.manifest["nodes"][proof["unique_id"]] = proof
        project.manifest["exposures"][f"exposure.cardinal.{name}"] = {
            "name": name,
            "depends_on": {"nodes": [model["unique_id"]]},
        }
    if layer in ("marts", "segments", "activation"):
        for column in model["columns"].values():
            column["config"]["meta"]["pii"] = "pseudonymous"
    if layer in ("marts", "segments"):
        model["database"] = "serving"
        project.manifest["exposures"]["exposure.cardinal.published_serving"]["depends_on"]["nodes"].append(
            f"model.cardinal.{name}"
        )
    model.update(changed)
    project.manifest["nodes"][model["unique_id"]] = model
    return model


def write(project: Project, path: str, text: str) -> None:
    """Write one file of the copy."""
    (project.root / path).parent.mkdir(parents=True, exist_ok=True)
    (project.root / path).write_text(text, encoding="utf-8")


def uniqueness_tests(project: Project) -> Iterator[Node]:
    """Yield the tests that prove the grain of the staging model."""
    for test in project.tests_of(STAGING):
        if test["test_metadata"]["name"] in UNIQUENESS_TESTS:
            yield test
