"""The first gate: what landed, against its contracts and the weeks before. What is critical stops the build."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from cardinal.quality.gate import check_landed
from cardinal.settings import load_settings
from orchestration.defs.ingestion.lake import TABLES
from orchestration.lib.findings import as_evaluation, check_metadata, severity_of
from orchestration.lib.progress import show_progress
from orchestration.lib.steps import MORE_TO_COME, RETRIES

GATE = "landed"
# Dagster's tag of the runs that a schedule starts.
SCHEDULED = "dagster/schedule_name"


@dg.multi_asset_check(
    name=GATE,
    specs=[dg.AssetCheckSpec(GATE, asset=key, blocking=True) for key in TABLES],
    can_subset=True,
    retry_policy=RETRIES,
)
def landed(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult | dg.AssetCheckEvaluation]:
    """Hold the newest day of arrival against the days before, table by table."""
    settings, tags = load_settings(), context.run.tags
    # By the clock where the clock started it, to be told when nothing comes any more; else by what came last.
    as_of = datetime.now(UTC).replace(tzinfo=None) if SCHEDULED in tags else None
    with show_progress(context, "Looking at what landed") as progress:
        report = check_landed(settings, progress, as_of, is_over=not MORE_TO_COME.items() <= tags.items())
    broken = []
    for key in sorted(context.selected_asset_check_keys, key=str):
        findings = [finding for finding in report.findings if finding.table == ".".join(key.asset_key.path)]
        result = dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=all(finding.is_met for finding in findings),
            severity=severity_of(findings),
            metadata=check_metadata(settings, report, findings),
        )
        if result.passed or result.severity is dg.AssetCheckSeverity.WARN:
            yield result
        else:
            broken.append(key.asset_key.to_user_string())
            yield as_evaluation(result, key.asset_key)
    if broken:
        raise dg.Failure(f"what landed isn't as it should be: {', '.join(broken)}", allow_retries=False)
