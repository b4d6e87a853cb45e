"""Contracts: of the sources, and of the models that others build on."""

from __future__ import annotations

import ast
import re

from cardinal.contracts import PII_CLASSES
from tests.conventions.project import Node, Project, Violation

ARRIVALS = re.compile(
    r"latest_arrivals\(\s*'(?P<source>\w+)'\s*,\s*'(?P<table>\w+)'\s*,\s*(?:key\s*=\s*)?(?P<key>\[[^\]]*\])"
)
NULL_TESTS = ("not_null", "not_null_columns")


def source_columns_have_a_pii_class(project: Project) -> list[Violation]:
    """Privacy begins at the door: each source column says how near to a person it is."""
    return [
        Violation(f"{_name(table)}.{column['name']}", f"meta.pii must be one of {', '.join(PII_CLASSES)}")
        for table in project.sources()
        for column in table["columns"].values()
        if column["config"]["meta"].get("pii") not in PII_CLASSES
    ]


def source_contracts_are_whole(project: Project) -> list[Violation]:
    """A source table has an owner, a key and a time of event; its columns have types and meanings."""
    found = []
    for table in project.sources():
        meta, columns = table["config"]["meta"], table["columns"]
        key = meta.get("key") or []
        checks = {
            "has no owner": bool(meta.get("owner")),
            "has no description": bool(table["description"].strip()),
            f"meta.key {key} isn't made of its columns": bool(key) and set(key) <= set(columns),
            "a key column isn't required": all(
                columns[name]["config"]["meta"].get("required") for name in key if name in columns
            ),
            f"meta.event_time {meta.get('event_time')} isn't a column": meta.get("event_time") in columns,
            "has no freshness": bool((table["freshness"] or {}).get("warn_after", {}).get("count")),
        }
        found += [Violation(_name(table), message) for message, holds in checks.items() if not holds]
        for column in columns.values():
            for what in ("data_type", "description"):
                if not (column[what] or "").strip():
                    found.append(Violation(f"{_name(table)}.{column['name']}", f"has no {what}"))
    return found


def arrivals_use_the_key_of_the_contract(project: Project) -> list[Violation]:
    """A staging model replaces records by the same key as its contract, else corrections go astray."""
    keys = {(table["source_name"], table["name"]): table["config"]["meta"].get("key") for table in project.sources()}
    found = []
    for model in project.models("staging"):
        call = ARRIVALS.search(model["raw_code"])
        if call is None:
            found.append(
                Violation(model["original_file_path"], "doesn't call latest_arrivals(source, table, key=[...])")
            )
            continue
        key, expected = ast.literal_eval(call["key"]), keys.get((call["source"], call["table"]))
        if key != expected:
            found.append(Violation(model["original_file_path"], f"its key {key} should be the contract's {expected}"))
    return found


def public_layers_enforce_their_contract(project: Project) -> list[Violation]:
    """What others build on has a contract that the engine enforces, each column with its type."""
    found = []
    for model in project.models("marts", "segments", "activation"):
        if not model["contract"]["enforced"]:
            found.append(Violation(model["original_file_path"], "its contract isn't enforced"))
        if model["access"] != "public":
            found.append(Violation(model["original_file_path"], f"its access is {model['access']}, not public"))
    return found


def columns_never_null_are_tested_together(project: Project) -> list[Violation]:
    """A test costs dbt more than what it looks for: `not_null_columns` looks at all columns of a table at once."""
    return [
        Violation(node["original_file_path"], "more than one not_null: name its columns in one not_null_columns")
        for node in (*project.models(), *project.nodes("seed"))
        if sum(
            test["test_metadata"]["name"] in NULL_TESTS and not test["config"].get("where")
            for test in project.tests_of(node["unique_id"])
        )
        > 1
    ]


def _name(table: Node) -> str:
    return f"{table['source_name']}.{table['name']}"
