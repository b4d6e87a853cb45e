"""Words: what a row is and the proof of it, whose it is, what each column means."""

from __future__ import annotations

import csv
import re
from collections import defaultdict

from tests.conventions.project import Node, Project, Violation

UNIQUENESS_TESTS = {"unique", "unique_combination", "unique_combination_of_columns"}
GRAIN = "One row per "


def models_say_their_grain(project: Project) -> list[Violation]:
    """The description of a model or seed opens with what one row is."""
    return [
        Violation(node["original_file_path"], f"the description doesn't begin with '{GRAIN}'")
        for node in (*project.models(), *project.nodes("seed"))
        if not node["description"].startswith(GRAIN)
    ]


def models_prove_their_grain(project: Project) -> list[Violation]:
    """A uniqueness test over all rows, or a primary key, proves the sentence.

    A view over tables whose grain is proven may say in meta.grain_follows_from why its own follows: computing it for a
    test alone can cost as much as the build.
    """
    return [
        Violation(model["original_file_path"], "no uniqueness test over all rows proves its grain")
        for model in project.models()
        if not (
            _has_primary_key(model)
            or any(_proves_grain(test) for test in project.tests_of(model["unique_id"]))
            or (model["config"]["materialized"] == "view" and model["config"]["meta"].get("grain_follows_from"))
        )
    ]


def _has_primary_key(model: Node) -> bool:
    constraints = [*model["constraints"]]
    for column in model["columns"].values():
        constraints += column["constraints"]
    return model["contract"]["enforced"] and any(item["type"] == "primary_key" for item in constraints)


def _proves_grain(test: Node) -> bool:
    config = test["config"]
    return (
        test["test_metadata"]["name"] in UNIQUENESS_TESTS
        and not config.get("where")
        and config.get("enabled", True)
        and config.get("severity", "error").lower() == "error"
    )


def models_have_an_owner(project: Project) -> list[Violation]:
    """Each model belongs to a group, and each group to somebody."""
    found = []
    owned = {
        group["name"]
        for group in project.manifest["groups"].values()
        if group["owner"].get("name") or group["owner"].get("email")
    }
    for model in project.models():
        if model["group"] not in owned:
            found.append(Violation(model["original_file_path"], f"has no group with an owner ({model['group']})"))
    return found


def public_columns_are_described(project: Project) -> list[Violation]:
    """Who reads a public model finds every column explained."""
    return [
        Violation(f"{model['name']}.{column['name']}", "a column of a public model has no description")
        for model in project.models()
        if model["access"] == "public"
        for column in model["columns"].values()
        if not column["description"].strip()
    ]


def the_single_view_names_source_and_owner(project: Project) -> list[Violation]:
    """Each column of customer_360 says which model it comes from and which unit answers for it."""
    found = []
    groups = {group["name"] for group in project.manifest["groups"].values()}
    indicators = {
        model["name"]: model["group"] for model in project.models("marts") if model["name"].startswith("indicator_")
    }
    for model in project.models("marts"):
        if model["name"] != "customer_360":
            continue
        parents = {parent.split(".")[-1] for parent in model["depends_on"]["nodes"]}
        for column in model["columns"].values():
            place, meta = f"customer_360.{column['name']}", column["meta"]
            if meta.get("source") not in parents:
                found.append(
                    Violation(place, f"meta.source must be a model that customer_360 reads ({meta.get('source')})")
                )
            if meta.get("owner") not in groups:
                found.append(
                    Violation(place, f"meta.owner must be a group of models/_groups.yml ({meta.get('owner')})")
                )
            group = indicators.get(meta.get("source"))
            if group is not None and meta.get("owner") != group:
                found.append(Violation(place, f"meta.owner must be the indicator's own group, {group}"))
    return found


def published_marts_are_in_their_exposure(project: Project) -> list[Violation]:
    """What leaves the house is seen in the lineage: each mart stands in the exposure of the file it is published in."""
    found = []
    exposures = {exposure["name"]: exposure for exposure in project.manifest["exposures"].values()}
    for model in project.models("marts", "segments"):
        exposure = exposures.get(f"published_{model['database']}")
        if exposure is None or model["unique_id"] not in exposure["depends_on"]["nodes"]:
            what = f"add ref('{model['name']}') to published_{model['database']} in models/exposures/published.yml"
            found.append(Violation(model["original_file_path"], what))
    return found


def seeds_are_typed_and_described(project: Project) -> list[Violation]:
    """Each column of a seed has a type and a meaning; nothing is left to guessing."""
    found = []
    for seed in project.nodes("seed"):
        with (project.root / seed["original_file_path"]).open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        for name in header:
            column = seed["columns"].get(name, {})
            if not (seed["config"]["column_types"].get(name) or column.get("data_type")):
                found.append(Violation(f"{seed['original_file_path']}.{name}", "a seed's column has no type"))
            if not column.get("description", "").strip():
                found.append(Violation(f"{seed['original_file_path']}.{name}", "a seed's column has no description"))
    return found


def macros_are_one_a_file_and_documented(project: Project) -> list[Violation]:
    """One public macro a file, named like the file, that says what it is for."""
    found = []
    public: dict[str, list[Node]] = defaultdict(list)
    for macro in project.macros():
        names = public[macro["original_file_path"]]
        # What stands behind a dispatch and what begins with _ is the file's own affair.
        if not re.match(r"(?:[a-z]+__|_)", macro["name"]):
            names.append(macro)
    for path, macros in public.items():
        # dbt keeps a materialisation as a macro of a longer name.
        names = [re.sub(r"^materialization_(\w+)_(?:default|duckdb)$", r"\1", macro["name"]) for macro in macros]
        stem = path.rsplit("/", 1)[-1].removesuffix(".sql")
        if names != [stem]:
            found.append(Violation(path, f"holds the public macros {', '.join(names) or 'none'}, should hold {stem}"))
        found += [Violation(path, f"{macro['name']} isn't documented") for macro in macros if not _documented(macro)]
    return found


def _documented(macro: Node) -> bool:
    opening = r"\{%-?\s*(?:macro|materialization)\b.*?-?%\}\s*\{#-?\s*\S"
    return bool(macro["description"].strip() or re.match(opening, macro["macro_sql"].strip(), re.DOTALL))


def segments_are_listed(project: Project) -> list[Violation]:
    """Each segment stands in segment_names(): one that doesn't has members and no history."""
    macro = project.manifest["macros"]["macro.cardinal.segment_names"]
    listed = set(re.findall(r"'(\w+)',", macro["macro_sql"]))
    models = {model["name"] for model in project.models("segments")}
    there = {name.removeprefix("seg_") for name in models if name.startswith("seg_")}
    place = macro["original_file_path"]
    missing = [Violation(place, f"'{name}' is missing") for name in sorted(there - listed)]
    return missing + [Violation(place, f"there is no model seg_{name}") for name in sorted(listed - there)]
