"""Uplift: a model for each kind of campaign, and what they say of people."""

from collections.abc import Iterator
from time import monotonic

import dagster as dg

from cardinal.contracts import load_contracts
from cardinal.settings import PROJECT_DIR, Settings, load_settings
from ml import registry
from ml.delivery import SOURCE
from ml.task import TaskError
from ml.uplift import TABLE, learn_uplift, score_uplift
from ml.uplift_tasks import UPLIFT_TASKS, UpliftTask
from orchestration.defs.learning.training import model_key
from orchestration.lib.dbt_project import team
from orchestration.lib.freshness import NIGHTLY, WEEKLY
from orchestration.lib.metadata import describe, since
from orchestration.lib.steps import RETRIES, WRITER
from orchestration.lib.task_marts import learned_from, mart_keys

CONTRACT = load_contracts(PROJECT_DIR)[SOURCE, TABLE]
UPLIFTS = dg.AssetKey([SOURCE, TABLE])
# Of whom campaigns were kept free, how messages were taken, and what is held.
READ = mart_keys({"fct_campaign_members", "ftr_customer__messages", "customer_products"})


def uplift_model_of(task: UpliftTask) -> dg.AssetsDefinition:
    """Return the asset that the model of a kind of campaign is."""

    @dg.asset(
        key=model_key(task.name),
        deps=list(dict.fromkeys([*learned_from(task), *READ])),
        description=f"By how much a {task.kind} campaign changes whether, or how much, somebody {task.question}",
        group_name=task.owner,
        owners=[team(task.owner)],
        kinds={"scikitlearn"},
        freshness_policy=WEEKLY,
        pool=WRITER,
        retry_policy=RETRIES,
    )
    def model() -> dg.MaterializeResult[None]:
        settings, started = load_settings(), monotonic()
        try:
            learned = learn_uplift(settings, task.kind)
        except TaskError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        first = min(begin for begin, _ in learned.window.values())
        last = max(end for _, end in learned.window.values())
        return dg.MaterializeResult(
            metadata=describe(
                rows=sum(learned.rows.values()),
                window=f"months {first} to {last}",
                seconds=since(started),
                link=settings.registry / task.name / learned.version / registry.REPORT,
                version=learned.version,
                learner=learned.learner,
                qini=learned.qini[learned.learner].value,
                **{"is champion": learned.is_champion},
            )
        )

    return model


UPLIFT_MODELS = [uplift_model_of(task) for task in UPLIFT_TASKS.values()]


@dg.asset(
    key=UPLIFTS,
    deps=[*mart_keys({"ftr_customer__monthly"}), *READ, *(model_key(task.name) for task in UPLIFT_TASKS.values())],
    check_specs=[dg.AssetCheckSpec(f"scored_{task.name}", asset=UPLIFTS) for task in UPLIFT_TASKS.values()],
    description=CONTRACT.description,
    group_name=CONTRACT.owner,
    owners=[team(CONTRACT.owner)],
    kinds={"scikitlearn", "parquet"},
    freshness_policy=NIGHTLY,
    pool=WRITER,
    retry_policy=RETRIES,
)
def uplifts() -> Iterator[dg.MaterializeResult[None]]:
    """Say of everybody by how much each kind of campaign changes them. What can't be done fails its check only."""
    settings, started = load_settings(), monotonic()
    said = {task.name: _score(settings, task) for task in UPLIFT_TASKS.values()}
    yield dg.MaterializeResult(
        metadata=describe(
            rows=sum(rows for _, rows, _ in said.values()),
            window="; ".join(f"{name} {words}" for name, (_, _, words) in said.items()),
            seconds=since(started),
            link=settings.lake / SOURCE / TABLE,
        ),
        check_results=[
            dg.AssetCheckResult(check_name=f"scored_{name}", passed=passed, metadata={"window": words})
            for name, (passed, _, words) in said.items()
        ],
    )


def _score(settings: Settings, task: UpliftTask) -> tuple[bool, int, str]:
    if registry.champion(settings, task.name) is None:
        return True, 0, "nothing scores yet"
    try:
        (scored,) = score_uplift(settings, [task.kind])
    except TaskError as error:
        return False, 0, str(error)
    return True, scored.rows, f"as of {scored.as_of_date} by {scored.version}: {scored.rows:,} rows"
