"""Privacy: what a mart may show in which file, and what no decision may know."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cardinal.contracts import PII_CLASSES
from tests.conventions.project import Node, Project, Violation
from tests.conventions.rules.code import SQL_COMMENT

PUBLIC = ("marts", "segments", "activation")
SHOWING_PEOPLE = {"personal", "secret"}
DECISIONS = {"credit", "pricing"}
# Attributes that the law bars from such decisions go by these names everywhere.
PROTECTED_NAMES = {
    *("gender", "sex", "marital_status", "nationality", "date_of_birth", "age_years", "birth_year"),
    *("religion", "ethnicity", "race", "disability", "pregnancy", "political_opinion", "sexual_orientation"),
}
WHOLE_ROWS = re.compile(r"\bcolumns\s*\(|\bunpivot\b", re.IGNORECASE)


def marts_lie_where_their_columns_may(project: Project) -> list[Violation]:
    """What BI reads (`serving`) shows nobody; what shows people says `database: restricted` in its yml.

    Both files are published whole, so that a view, which would point back to the warehouse, has no place in them.
    """
    found = []
    for model in project.models(*PUBLIC):
        place, database = model["original_file_path"], model["database"]
        if database not in ("serving", "restricted"):
            found.append(Violation(place, f"is built in {database}: marts lie in serving or restricted"))
        if model["config"]["materialized"] in ("view", "ephemeral"):
            found.append(Violation(place, "is no table: a view would point back to the warehouse"))
        if database == "serving":
            found += [
                Violation(f"{model['name']}.{column['name']}", f"is {pii}: its model must say database: restricted")
                for column in model["columns"].values()
                if (pii := column["config"]["meta"].get("pii")) in SHOWING_PEOPLE
            ]
    return found


def mart_columns_have_a_pii_class(project: Project) -> list[Violation]:
    """Who publishes a column says how near to a person it is."""
    return [
        Violation(f"{model['name']}.{column['name']}", f"meta.pii must be one of {', '.join(PII_CLASSES)}")
        for model in project.models(*PUBLIC)
        for column in model["columns"].values()
        if column["config"]["meta"].get("pii") not in PII_CLASSES
    ]


def what_leaves_the_house_is_proven(project: Project) -> list[Violation]:
    """Each sync_ model proves row by row that consent and suppression were applied, and says where it goes."""
    found = []
    exposed = {node for item in project.manifest["exposures"].values() for node in item["depends_on"]["nodes"]}
    for model in project.models("activation"):
        place = model["original_file_path"]
        if not model["name"].startswith("sync_"):
            continue
        if not any(_proves_consent(test) for test in project.tests_of(model["unique_id"])):
            found.append(Violation(place, "has no test leaves_by_the_rules"))
        if model["unique_id"] not in exposed:
            found.append(Violation(place, "has no exposure that says where it goes"))
    return found


def _proves_consent(test: Node) -> bool:
    config = test["config"]
    return (
        test["test_metadata"]["name"] == "leaves_by_the_rules"
        and not config.get("where")
        and config.get("enabled", True)
        and config.get("severity", "error").lower() == "error"
    )


def protected_attributes_are_flagged(project: Project) -> list[Violation]:
    """A protected attribute says so (`meta.is_protected: true`), and so does every indicator that infers one."""
    return [
        Violation(f"{model['name']}.{name}", "is a protected attribute by its name: say meta.is_protected: true")
        for model in project.models(*PUBLIC)
        for name, column in model["columns"].items()
        if name in PROTECTED_NAMES and not is_flagged(column)
    ]


def decisions_know_no_protected_attribute(project: Project) -> list[Violation]:
    """A model with `meta.decision: credit` or `pricing` is made without gender, age and the like, at any remove.

    From it upwards, until a model declares the protected column as its own, no model's code may name that column, and
    no macro that it calls: renamed on the way, it would still decide. Naming is enough to fail, used or not, because
    no reading of SQL tells for sure what a name is used for. Take what is needed from a model that doesn't carry it.
    """
    found = []
    for decision in project.models():
        kind = (decision["config"].get("meta") or {}).get("decision")
        if kind not in DECISIONS:
            continue
        place = decision["original_file_path"]
        if not decision["contract"]["enforced"]:
            found.append(
                Violation(place, f"decides on {kind} without an enforced contract: a star could carry anything")
            )
        found += [
            Violation(place, f"decides on {kind}, and {what}") for what in protected_attributes_in(project, decision)
        ]
    return found


def protected_attributes_in(project: Project, model: Node) -> list[str]:
    """Say how protected attributes come into a model, at any remove."""
    return [
        f"{between['name']} {how} the protected attribute {name}"
        for name in sorted(_protected_names(project))
        for between in _models_between(project, model, name)
        for how in _ways_it_comes_through(project, between, name)
    ]


def is_flagged(column: Node) -> bool:
    """Tell whether a column says to be protected."""
    return bool(column["config"]["meta"].get("is_protected"))


def _protected_names(project: Project) -> set[str]:
    flagged = {name for model in project.models() for name, column in model["columns"].items() if is_flagged(column)}
    return flagged | PROTECTED_NAMES


def _carries(node: Node, name: str) -> bool:
    """Whether a model, seed or source declares the protected column as its own."""
    column = node["columns"].get(name)
    return column is not None and (name in PROTECTED_NAMES or is_flagged(column))


def _models_between(project: Project, decision: Node, name: str) -> list[Node]:
    """Return the decision and the models above it that lie below one that carries the column."""
    known = {**project.manifest["nodes"], **project.manifest["sources"]}
    reaches: dict[str, bool] = {}

    def reach(unique_id: str) -> bool:
        if unique_id not in reaches:
            node = known[unique_id]
            if node is not decision and _carries(node, name):
                return True
            parents = (node.get("depends_on") or {}).get("nodes", [])
            # All of them are followed, not only as far as the first that does: each has code to look at.
            reaches[unique_id] = sum(reach(parent) for parent in parents if parent in known) > 0
        return reaches[unique_id]

    reach(decision["unique_id"])
    return [known[unique_id] for unique_id, does in reaches.items() if does]


def _ways_it_comes_through(project: Project, model: Node, name: str) -> Iterator[str]:
    code = "\n".join([model["raw_code"], *_macro_code(project, model)])
    code = SQL_COMMENT.sub("", code)
    if re.search(rf"\b{re.escape(name)}\b", code, re.IGNORECASE):
        yield "names"
    elif name in model["columns"]:
        yield "lets through"
    elif WHOLE_ROWS.search(code):
        yield "uses whole rows with"


def _macro_code(project: Project, model: Node) -> Iterator[str]:
    ahead, seen = list(model["depends_on"]["macros"]), set()
    while ahead:
        unique_id = ahead.pop()
        macro = project.manifest["macros"].get(unique_id)
        if macro and unique_id not in seen:
            seen.add(unique_id)
            ahead += macro["depends_on"]["macros"]
            yield macro["macro_sql"]
