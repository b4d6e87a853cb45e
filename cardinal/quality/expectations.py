"""What was measured, as suites of Great Expectations: it decides what is met and writes the pages that tell of it.

Great Expectations sees one row of figures a table, and takes seconds to import: nothing but this module imports it, and
only once a gate is run.
"""

from __future__ import annotations

import logging
import shutil
import warnings
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cardinal.quality.checks import Check, Measured

if TYPE_CHECKING:
    from great_expectations.data_context import EphemeralDataContext


def evaluate(gate: str, measured: Measured, site: Path, ran_at: datetime) -> list[bool]:
    """Return for each check whether it is met, and write a page for each table into the site."""
    pages = site / gate
    shutil.rmtree(pages, ignore_errors=True)
    if not measured.checks:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("great_expectations").setLevel(logging.ERROR)
        return _evaluate(_open_context(pages), gate, measured, ran_at)


def _open_context(pages: Path) -> EphemeralDataContext:
    """Begin a context that keeps nothing but the pages, and tells nobody of it."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import DataContextConfig

    config = DataContextConfig(
        config_version=4.0,
        analytics_enabled=False,
        progress_bars={"globally": False},
        fluent_datasources={},
        stores={
            "expectations_store": {"class_name": "ExpectationsStore"},
            "validation_results_store": {"class_name": "ValidationResultsStore"},
            "checkpoint_store": {"class_name": "CheckpointStore"},
            "validation_definition_store": {"class_name": "ValidationDefinitionStore"},
        },
        expectations_store_name="expectations_store",
        validation_results_store_name="validation_results_store",
        checkpoint_store_name="checkpoint_store",
        data_docs_sites={
            "quality": {
                "class_name": "SiteBuilder",
                "show_how_to_buttons": False,
                "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(pages)},
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            }
        },
    )
    context: EphemeralDataContext = gx.get_context(mode="ephemeral", project_config=config)
    return context


def _evaluate(context: EphemeralDataContext, gate: str, measured: Measured, ran_at: datetime) -> list[bool]:
    import great_expectations as gx
    import pandas as pd
    from great_expectations.core.run_identifier import RunIdentifier

    source = context.data_sources.add_pandas(gate)
    run = RunIdentifier(run_name=measured.batch, run_time=ran_at)
    numbered = sorted(enumerate(measured.checks), key=lambda pair: pair[1].table)
    met = [False] * len(measured.checks)
    for table, of_table in groupby(numbered, key=lambda pair: pair[1].table):
        checks = list(of_table)
        name = f"{gate}.{table}"
        expectations = [_expectation(number, check) for number, check in checks]
        suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
        batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(measured.batch)
        definition = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=suite))
        figures = pd.DataFrame([{check.rule: float(check.found) for _, check in checks}])
        result = definition.run(batch_parameters={"dataframe": figures}, run_id=run)
        for one in result.results:
            met[one.expectation_config.meta["check"]] = bool(one.success)
    context.build_data_docs()
    return met


def _expectation(number: int, check: Check) -> Any:
    """Expect one figure within its bounds; its number tells the result's check, as results come in another order."""
    import great_expectations.expectations as gxe

    return gxe.ExpectColumnMaxToBeBetween(
        column=check.rule,
        min_value=check.lowest,
        max_value=check.highest,
        severity=check.severity,
        description=f"{check.severity}: {check.expected}. Found: {check.found_text}.",
        meta={"check": number},
    )
