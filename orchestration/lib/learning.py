"""The two kinds of assets of ml/: a model that is learned, and a table of the lake that models deliver to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from time import monotonic
from typing import Any

import dagster as dg

from cardinal.build import WarehouseError
from cardinal.contracts import load_contracts
from cardinal.ingestion.errors import IngestionError
from cardinal.settings import PROJECT_DIR, Settings, load_settings
from ml import registry
from ml.delivery import SOURCE
from ml.task import SmallFoldError, TaskError, TooLittleDataError
from orchestration.lib.dbt_project import team
from orchestration.lib.failures import explain, is_full
from orchestration.lib.freshness import NIGHTLY, WEEKLY
from orchestration.lib.metadata import describe, since
from orchestration.lib.progress import show_progress
from orchestration.lib.steps import RETRIES, WRITER

MODELS = "models"
CONTRACTS = load_contracts(PROJECT_DIR)

# What is said of a delivery: whether nothing hindered it, its rows, and words.
Delivered = tuple[bool, int, str]


def model_key(name: str) -> dg.AssetKey:
    """Return the asset that a model of ml/ is."""
    return dg.AssetKey([MODELS, name])


def window_of(folds: Mapping[str, tuple[date, date]]) -> str:
    """Return the months that the folds of a model are of."""
    return f"months {min(first for first, _ in folds.values())} to {max(last for _, last in folds.values())}"


def learned(
    name: str, deps: Sequence[dg.AssetKey], description: str, owner: str, learn: Callable[[Settings], dict[str, Any]]
) -> dg.AssetsDefinition:
    """Return the asset of a model; `learn` returns what describe() says of it, but for the seconds.

    A bank too young to learn from is no failure: nothing is learned, and the asset says what is missing. One that was
    old enough before has lost data, unless a fold has merely fallen under the least: then what is in use stays so.
    """

    @dg.asset(
        key=model_key(name),
        deps=list(dict.fromkeys(deps)),
        description=description,
        group_name=owner,
        owners=[team(owner)],
        kinds={"scikitlearn"},
        freshness_policy=WEEKLY,
        pool=WRITER,
        retry_policy=RETRIES,
    )
    def model(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        settings, started = load_settings(), monotonic()
        try:
            with show_progress(context, f"Learning {name}") as progress:
                progress("", 0, 1)
                said = learn(settings)
                progress("", 1, 1)
        except TooLittleDataError as error:
            was_learned = bool(registry.versions(settings, name))
            if was_learned and not isinstance(error, SmallFoldError):
                raise dg.Failure(f"{error}; it was learned before, so data got lost", allow_retries=False) from error
            missing = f"{error}; what was learned before stays" if was_learned else str(error)
            context.log.warning(f"Nothing was learned: {missing}")
            return dg.MaterializeResult(
                metadata=describe(rows=0, window=missing, seconds=since(started), link=settings.registry)
            )
        except TaskError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        return dg.MaterializeResult(metadata=describe(seconds=since(started), **said))

    return model


def delivered(
    table: str, deps: Sequence[dg.AssetKey], deliveries: Mapping[str, Callable[[Settings], Delivered]]
) -> dg.AssetsDefinition:
    """Return the asset of a table; each delivery to it is a check of its own.

    What can't be delivered, whatever went wrong, fails its check only: what was delivered before stays, with its date,
    and keeps nobody from a customer 360 that is of today in everything else. Locks and a full disk are tried again.
    """
    contract, key = CONTRACTS[SOURCE, table], dg.AssetKey([SOURCE, table])

    @dg.asset(
        key=key,
        deps=list(dict.fromkeys(deps)),
        check_specs=[dg.AssetCheckSpec(check, asset=key) for check in deliveries],
        description=contract.description,
        group_name=contract.owner,
        owners=[team(contract.owner)],
        kinds={"scikitlearn", "parquet"},
        freshness_policy=NIGHTLY,
        pool=WRITER,
        retry_policy=RETRIES,
    )
    def rows(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        settings, started = load_settings(), monotonic()
        said: dict[str, Delivered] = {}
        with show_progress(context, f"Filling {SOURCE}.{table}") as progress:
            for check, deliver in deliveries.items():
                progress(check, len(said), len(deliveries))
                said[check] = _deliver(context, settings, deliver)
            progress("done", len(said), len(deliveries))
        words = [words if len(said) == 1 else f"{check}: {words}" for check, (_, _, words) in said.items()]
        yield dg.MaterializeResult(
            metadata=describe(
                rows=sum(count for _, count, _ in said.values()),
                window="; ".join(words),
                seconds=since(started),
                link=settings.lake / SOURCE / table,
            ),
            check_results=[
                dg.AssetCheckResult(check_name=check, passed=passed, metadata={"window": words})
                for check, (passed, _, words) in said.items()
            ],
        )

    return rows


def _deliver(
    context: dg.AssetExecutionContext, settings: Settings, deliver: Callable[[Settings], Delivered]
) -> Delivered:
    try:
        return deliver(settings)
    except (WarehouseError, IngestionError):
        # Locks: tried again.
        raise
    except Exception as error:
        if is_full(error):
            raise
        return False, 0, explain(context, error)
