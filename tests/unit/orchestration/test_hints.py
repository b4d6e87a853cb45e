"""`cardinal run`: what it says is next when something failed."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from cardinal.cli.main import app


@pytest.mark.parametrize(
    ("step", "reason", "hint"),
    [
        ("build", "1 failed: customer_360", "Next: put it right, then cardinal run daily --from-failure"),
        (
            "landed",
            "what landed isn't as it should be: cards.credit_cards",
            "Next: let what is missing or broken be delivered again, then cardinal run daily (without --from-failure)",
        ),
    ],
)
def test_what_is_next_helps(
    location: dg.Definitions, step: str, reason: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From failure, what landed would be looked at again and nothing taken in."""
    from orchestration.lib.headless import JobReport

    monkeypatch.setenv("CARDINAL_HOME", str(tmp_path))
    report = JobReport("r1", 39, 12, {step: reason}, [], [])
    monkeypatch.setattr("orchestration.lib.headless.run_job", lambda *_: report)
    result = CliRunner().invoke(app, ["run", "daily"])
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == hint
