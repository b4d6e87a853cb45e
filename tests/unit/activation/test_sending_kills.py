"""A sender that is killed by SIGKILL, at a request of its receiver's choice: the next run makes it whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from cardinal.settings import PROJECT_DIR
from tests.unit.activation.desk import desk
from tests.unit.activation.destinations.receiver import CODED_SECRET, Receiver, listening

PEOPLE = [(f"p{number:02d}", f"08{number}") for number in range(40)]


class Killer(Receiver):
    """Kills the sender at a request, before or after taking it."""

    process: subprocess.Popen[bytes] | None = None
    started = threading.Event()
    at_request = 0
    after_taking = False

    def take(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        is_now = len(self.requests) == self.at_request
        refused = super().take(rows) if not is_now or self.after_taking else []
        if is_now:
            self.started.wait()
            assert self.process
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        return refused


@pytest.mark.parametrize(("at_request", "after_taking"), [(1, False), (1, True), (4, True), (10, True)])
def test_killed_at_a_request_nothing_is_lost_or_doubled(tmp_path: Path, at_request: int, after_taking: bool) -> None:
    killer = Killer()
    killer.at_request, killer.after_taking, killer.started = at_request, after_taking, threading.Event()
    with listening(killer):
        table = desk(tmp_path / "home", killer.url)
        table.publish(PEOPLE)
        declared = {
            "model": table.sync.model,
            "database": table.sync.database,
            "key": table.sync.key,
            "columns": dict(table.sync.columns),
            "mode": "mirror",
            "destination": dict(table.sync.destination),
            "delivery": {"batch_rows": 4},
        }
        syncs = tmp_path / "syncs.yml"
        syncs.write_text(yaml.safe_dump({"syncs": {"people": declared}}))
        command = [sys.executable, "-m", "cardinal", "activate", "apply", "people", "--syncs", str(syncs)]
        environment = {
            **os.environ, "CARDINAL_HOME": str(table.settings.home), "CARDINAL_SECRET_TEST": CODED_SECRET,
        }  # fmt: skip
        killer.process = subprocess.Popen(command, cwd=PROJECT_DIR, env=environment, stderr=subprocess.DEVNULL)
        killer.started.set()
        assert killer.process.wait(timeout=60) == -signal.SIGKILL
        again = subprocess.run(command, cwd=PROJECT_DIR, env=environment, capture_output=True, text=True, check=False)
        assert again.returncode == 0, again.stderr
        assert {key: fields["phone"] for key, fields in killer.rows.items()} == dict(PEOPLE)
        assert len(killer.taken) == len(PEOPLE)
        # What was accepted before the kill isn't sent again; the batch in the air is.
        before = 4 * (at_request - 1)
        assert f"{len(PEOPLE) - before} rows accepted" in again.stdout
        final = subprocess.run(command, cwd=PROJECT_DIR, env=environment, capture_output=True, text=True, check=False)
        assert "nothing to send" in final.stdout
    assert [status for (status,) in table.runs("status")] == ["killed", "done", "done"]
