"""Personas: the groups that are found in the marts, and which of them each customer is nearest to."""

from collections.abc import Iterator
from time import monotonic

import dagster as dg

from cardinal.contracts import load_contracts
from cardinal.settings import PROJECT_DIR, Settings, load_settings
from ml import registry
from ml.delivery import SOURCE
from ml.personas import MART, NAME, TABLE, assign_personas, find_personas
from ml.task import TaskError
from orchestration.defs.learning.training import model_key
from orchestration.lib.dbt_project import team
from orchestration.lib.freshness import NIGHTLY, WEEKLY
from orchestration.lib.metadata import describe, since
from orchestration.lib.steps import RETRIES, WRITER
from orchestration.lib.task_marts import mart_keys

CONTRACT = load_contracts(PROJECT_DIR)[SOURCE, TABLE]
ASSIGNED = dg.AssetKey([SOURCE, TABLE])
CHECK = "assigned"


@dg.asset(
    key=model_key(NAME),
    deps=mart_keys({MART}),
    description="Groups of customers that other samples of them find too, named and told in plain words.",
    group_name=CONTRACT.owner,
    owners=[team(CONTRACT.owner)],
    kinds={"scikitlearn"},
    freshness_policy=WEEKLY,
    pool=WRITER,
    retry_policy=RETRIES,
)
def found() -> dg.MaterializeResult[None]:
    """Look for personas among the customers of the last whole month, and use them if they are stable."""
    settings, started = load_settings(), monotonic()
    try:
        personas = find_personas(settings)
    except TaskError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    return dg.MaterializeResult(
        metadata=describe(
            rows=sum(persona.people for persona in personas.personas),
            window=f"customers of {personas.as_of_date}",
            seconds=since(started),
            link=settings.registry / NAME / personas.version,
            version=personas.version,
            personas="; ".join(f"{persona.name}: {persona.description}" for persona in personas.personas),
            agreement=personas.agreement.value,
            silhouette=personas.silhouette,
            **{"is champion": personas.is_champion},
        )
    )


@dg.asset(
    key=ASSIGNED,
    deps=[*mart_keys({MART}), model_key(NAME)],
    check_specs=[dg.AssetCheckSpec(CHECK, asset=ASSIGNED)],
    description=CONTRACT.description,
    group_name=CONTRACT.owner,
    owners=[team(CONTRACT.owner)],
    kinds={"scikitlearn", "parquet"},
    freshness_policy=NIGHTLY,
    pool=WRITER,
    retry_policy=RETRIES,
)
def assigned() -> Iterator[dg.MaterializeResult[None]]:
    """Assign every customer to the nearest persona, if any are in use. What can't be done fails the check only."""
    settings, started = load_settings(), monotonic()
    is_assigned, people, said = _assign(settings)
    yield dg.MaterializeResult(
        metadata=describe(rows=people, window=said, seconds=since(started), link=settings.lake / SOURCE / TABLE),
        check_results=[dg.AssetCheckResult(check_name=CHECK, passed=is_assigned, metadata={"window": said})],
    )


def _assign(settings: Settings) -> tuple[bool, int, str]:
    if registry.champion(settings, NAME) is None:
        return True, 0, "no personas are in use yet"
    try:
        done = assign_personas(settings)
    except TaskError as error:
        return False, 0, str(error)
    people = sum(done.people.values())
    return True, people, f"as of {done.as_of_date} by {done.version}: {people:,} customers"
