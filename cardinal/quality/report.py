"""What a gate found: each expectation, whether it was met, and where the rows lie that didn't meet it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from cardinal.quality.rule_book import Severity

Gate = Literal["landed", "published"]
GATES: tuple[Gate, ...] = ("landed", "published")


@dataclass(frozen=True)
class Finding:
    """One expectation and what became of it; `rows_file` lies in the folder of the gates, None if there is none."""

    table: str
    rule: str
    severity: Severity
    expected: str
    found: str
    is_met: bool
    rows_file: str | None = None

    @property
    def name(self) -> str:
        """Name it on the command line."""
        return f"{self.table}:{self.rule}"


@dataclass(frozen=True)
class GateReport:
    """One run of a gate.

    Attributes:
        gate: Which gate.
        batch: The day of arrival or the build.
        ran_at: When, UTC.
        findings: Every expectation.
        notes: What couldn't be checked and why.
    """

    gate: Gate
    batch: str
    ran_at: datetime
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    def failed(self, severity: Severity) -> list[Finding]:
        """Return what wasn't met; of an expectation with two limits only the worse one."""
        critical = [finding for finding in self.findings if not finding.is_met and finding.severity == "critical"]
        if severity == "critical":
            return critical
        named = {finding.name for finding in critical}
        return [finding for finding in self.findings if not finding.is_met and finding.name not in named]

    @property
    def passed(self) -> bool:
        """Whether nothing critical failed."""
        return not self.failed("critical")


def write_report(folder: Path, report: GateReport) -> None:
    """Keep a report as the gate's last one, for whoever builds the site or reads it by program."""
    said = {**asdict(report), "ran_at": report.ran_at.isoformat(), "passed": report.passed}
    path = folder / f"{report.gate}.json"
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)


def read_reports(folder: Path) -> Sequence[GateReport]:
    """Return the last report of each gate that ever ran."""
    reports = []
    for gate in GATES:
        path = folder / f"{gate}.json"
        if path.exists():
            said = json.loads(path.read_text(encoding="utf-8"))
            findings = tuple(Finding(**finding) for finding in said["findings"])
            ran_at = datetime.fromisoformat(said["ran_at"])
            reports.append(GateReport(gate, said["batch"], ran_at, findings, tuple(said["notes"])))
    return reports
