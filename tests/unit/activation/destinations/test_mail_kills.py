"""A sender of e-mail that is killed by SIGKILL: nobody gets a message twice, and what may be missing is told."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
import yaml

from cardinal.activation.journal import IN_DOUBT
from cardinal.settings import PROJECT_DIR
from tests.unit.activation.desk import AWAKE, TOLD, Desk, desk
from tests.unit.activation.destinations.post_office import Office, open_office

PEOPLE = [(f"p{number:02d}", f"p{number:02d}@example.com") for number in range(30)]


class Sender:
    """The command that sends, in a process of its own."""

    def __init__(self, folder: Path, office: Office) -> None:
        self.office, self.table, self.started = office, desk(folder / "home"), threading.Event()
        self.table.publish(list(PEOPLE), channel="email", **AWAKE)
        fields = ("full_name", "next_best_offer")
        declared = {
            "model": self.table.sync.model,
            "database": "restricted",
            "key": "person_id",
            "columns": {"to": "phone", **dict.fromkeys(fields, "note"), **TOLD},
            "mode": "append",
            "delivery": {"batch_rows": 7, "first_wait_seconds": 0.01},
            "destination": {
                "type": "email", "host": "127.0.0.1", "port": office.port, "tls": "none",
                "from": "news@bank.example", "template": "win_back", "why": "made up", "unsubscribe_secret": "links",
                "unsubscribe_url": "https://bank.example",
            },
        }  # fmt: skip
        syncs = folder / "syncs.yml"
        syncs.write_text(yaml.safe_dump({"syncs": {"people": declared}}))
        self.command = [sys.executable, "-m", "cardinal", "activate", "apply", "people", "--syncs", str(syncs)]
        self.environment = {
            **os.environ, "CARDINAL_HOME": str(self.table.settings.home), "CARDINAL_SECRET_LINKS": "l1nks",
        }  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        self.started.clear()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(self.command, cwd=PROJECT_DIR, env=self.environment, **quiet)
        self.started.set()
        return self.process

    def kill(self) -> None:
        self.started.wait()
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def finish(self) -> None:
        """Let it run to the end: all messages are said, or told to be in doubt."""
        again = subprocess.run(
            self.command, cwd=PROJECT_DIR, env=self.environment, capture_output=True, text=True, check=False
        )
        assert again.returncode == 0, again.stderr


def check(table: Desk, office: Office) -> int:
    """Check that nobody got two, and who got none is told; returns how many are in doubt."""
    sent = Counter(to for to, _ in office.letters)
    assert max(sent.values()) == 1
    states = table.state("key, acked is not null, reason")
    doubtful = {key for key, _, reason in states if reason == IN_DOUBT}
    said = {key for key, is_said, _ in states if is_said}
    assert doubtful | said == {key for key, _ in PEOPLE}
    # Who counts as said has got it; nobody who has not is missing from the doubtful.
    assert {f"{key}@example.com" for key in said} <= set(sent)
    return len(doubtful)


@pytest.mark.parametrize(("number", "at"), [(0, "at_text"), (11, "after_text")])
def test_killed_at_a_message_nobody_gets_two(tmp_path: Path, number: int, at: str) -> None:
    with open_office(Office()) as office:
        sender = Sender(tmp_path, office)
        setattr(office, at, lambda count: sender.kill() if count == number else None)
        assert sender.start().wait(timeout=60) == -signal.SIGKILL
        setattr(office, at, lambda _: None)
        sender.finish()
        assert check(sender.table, office) == 1
        assert len(office.letters) == len(PEOPLE)


def test_killed_again_and_again_nobody_gets_two(tmp_path: Path) -> None:
    seed = 20261129
    moments = random.Random(seed)
    with open_office(Office()) as office:
        sender = Sender(tmp_path, office)
        for _ in range(3):
            # From the first message on, after some milliseconds: wherever it is by then.
            office.at_text = lambda _: threading.Timer(moments.uniform(0, 0.03), sender.kill).start()
            sender.start().wait(timeout=60)
        office.at_text = lambda _: None
        sender.finish()
        assert check(sender.table, office) <= 3
