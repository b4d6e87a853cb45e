"""What a gate of quality found, as results of asset checks."""

from __future__ import annotations

import dagster as dg

from cardinal.quality.report import Finding, GateReport
from cardinal.settings import Settings

SHOWN = 20


def check_metadata(settings: Settings, report: GateReport, findings: list[Finding]) -> dict[str, dg.MetadataValue]:
    """Return what is shown with a check: what wasn't met, on which day or build, and where the pages of it lie."""
    unmet = [finding for finding in findings if not finding.is_met]
    lines = [f"| {finding.rule} | {finding.severity} | {finding.expected} | {finding.found} |" for finding in unmet]
    table = ["| rule | severity | expected | found |", "|---|---|---|---|", *lines[:SHOWN]]
    return {
        "expectations": dg.MetadataValue.int(len(findings)),
        "not met": dg.MetadataValue.md("\n".join(table)) if unmet else dg.MetadataValue.int(0),
        "window": dg.MetadataValue.text(report.batch),
        "pages": dg.MetadataValue.path(str(settings.quality / "site" / "index.html")),
    }


def as_evaluation(result: dg.AssetCheckResult, asset: dg.AssetKey) -> dg.AssetCheckEvaluation:
    """Return a failed result as a record without an output: what waits for that doesn't run (see steps.EXECUTOR)."""
    assert result.check_name is not None  # noqa: S101 - those of the gates have one
    return dg.AssetCheckEvaluation(
        asset_key=asset,
        check_name=result.check_name,
        passed=result.passed,
        metadata=result.metadata,
        severity=result.severity,
        blocking=True,
    )


def severity_of(findings: list[Finding]) -> dg.AssetCheckSeverity:
    """Return what a check that isn't met weighs: only what is critical stops what is downstream."""
    critical = any(not finding.is_met and finding.severity == "critical" for finding in findings)
    return dg.AssetCheckSeverity.ERROR if critical else dg.AssetCheckSeverity.WARN
