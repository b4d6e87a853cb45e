"""What is published in spite of a failed expectation, by whose word, and the log of it."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from cardinal.errors import CardinalError
from cardinal.quality.report import GateReport

LOG = "published_in_spite.jsonl"


class QualityError(CardinalError):
    """An expectation that must hold doesn't; what was published before stays as it is."""


def decide(report: GateReport, accepted: Collection[str], quality: Path) -> None:
    """Let a build pass if nothing critical failed but what is accepted by name, and log what was accepted.

    Raises:
        QualityError: Something critical failed that nobody accepted.
    """
    failed = sorted({finding.name for finding in report.failed("critical")})
    refused = [name for name in failed if name not in accepted]
    if refused:
        options = " ".join(f"--despite-quality {name}" for name in refused)
        raise QualityError(
            f"nothing was published, because {len(refused)} expectations failed: put it right, or look at"
            f" {quality / 'site' / 'index.html'} and publish in spite of them: cardinal publish {options}"
        )
    if failed:
        _log(report, failed, quality / LOG)


def _log(report: GateReport, names: list[str], path: Path) -> None:
    found = {finding.name: finding.found for finding in report.failed("critical")}
    said = {
        "decided_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "build": report.batch,
        "in_spite_of": {name: found[name] for name in names},
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as log:
        log.write(json.dumps(said, ensure_ascii=False) + "\n")
