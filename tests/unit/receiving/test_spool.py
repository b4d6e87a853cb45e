"""What is answered is on the disk, and no reader sees half of it: full disks, full memory, kills."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from cardinal.contracts import load_contracts
from cardinal.ingestion.inbox import list_drops
from cardinal.receiving import intake
from cardinal.receiving.events import Taken
from cardinal.receiving.intake import Intake, OverloadedError
from cardinal.receiving.spool import Spool
from cardinal.settings import PROJECT_DIR, Settings
from tests.unit.receiving.serving import Sender, receiving
from tests.unit.receiving.test_app import event


def taken(*kinds: str) -> Taken:
    one = Taken()
    for kind in kinds:
        one.add("mailer", kind, datetime.now(UTC), {"row_id": str(uuid.uuid4())}, (str(uuid.uuid4()),))
    return one


def drops(settings: Settings) -> int:
    found, problems = list_drops(settings.inbox, load_contracts(PROJECT_DIR))
    assert not problems
    return len(found)


def test_many_events_are_one_file_which_appears_whole(home: Settings) -> None:
    with receiving(home, batch_rows=5) as sender:
        sender.post([event("delivered")])
        assert drops(home) == 0 and len(sender.rows(pattern="*.part")) == 1
        for number in range(6):
            sender.post([event("clicked", link=f"https://bank.example/{number}")])
        deadline = time.monotonic() + 10
        while not drops(home) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert drops(home) == 1
        assert 5 <= len(sender.rows(pattern="*.jsonl")) <= 7
    assert {path.stat().st_mode & 0o077 for path in home.inbox.glob("*/*/*/*.jsonl")} == {0}


def test_what_was_left_behind_is_cut_after_its_last_line_and_released(home: Settings) -> None:
    first = Spool(home)
    first.write([taken("opened", "opened")])
    (left,) = home.inbox.glob("*/*/*/*.part")
    with left.open("a") as file:
        file.write('{"message_event_id": "half')
    assert drops(home) == 0
    Spool(home).close()
    assert drops(home) == 1
    assert sum(1 for _ in next(home.inbox.glob("*/*/*/*.jsonl")).open()) == 2


def test_a_full_disk_is_no_answer_and_leaves_no_half_line(
    home: Settings, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sender.post([event()]).status_code == 200
    write = os.write

    def half(descriptor: int, content: bytes) -> int:
        if b"message_event_id" not in content:
            return write(descriptor, content)
        write(descriptor, content[:20])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", half)
    answer = sender.post([event("clicked")])
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    monkeypatch.setattr(os, "write", write)
    assert sender.post([event("delivered")]).status_code == 200
    assert [row["event_type"] for row in sender.rows()] == ["opened", "delivered"]


def test_a_file_that_cannot_be_cut_is_written_no_more(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Spool(home)
    own.write([taken("opened")])
    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", lambda _: (_ for _ in ()).throw(OSError(5, "I/O error")))
        broken.setattr(os, "ftruncate", lambda *_: (_ for _ in ()).throw(OSError(5, "I/O error")))
        with pytest.raises(OSError, match="I/O"):
            own.write([taken("bounced")])
    own.write([taken("bounced")])
    own.close()
    assert len(list(home.inbox.glob("*/*/*/*.jsonl"))) == 1
    assert len(list(home.outbox.glob("withdrawn/*.jsonl"))) == 2


def test_memory_for_what_waits_is_bounded(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "WAITING_ROWS", 3)
    let_go = threading.Event()

    class SlowDisk(Spool):
        def write(self, taken: Iterable[Taken]) -> None:
            let_go.wait(10)
            super().write(taken)

    async def burst() -> list[object]:
        own = Intake(SlowDisk(home))
        own.start()
        asking = [asyncio.create_task(own.take(taken("opened"))) for _ in range(9)]
        await asyncio.sleep(0.1)
        let_go.set()
        answers = await asyncio.gather(*asking, return_exceptions=True)
        await own.stop()
        return list(answers)

    answers = asyncio.run(burst())
    assert sum(answer is None for answer in answers) == 3
    assert sum(isinstance(answer, OverloadedError) for answer in answers) == 6


@pytest.mark.parametrize("seconds", [0.2, 0.5])
def test_a_kill_loses_nothing_that_was_answered(home: Settings, seconds: float) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answered: set[str] = set()
    process = subprocess.Popen(
        [sys.executable, "-m", "cardinal", "receive", "--port", str(port)],
        env={**os.environ, "CARDINAL_HOME": str(home.home)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            _wait_for(client)
            posting = Sender(home, client)
            stop = threading.Event()

            def post(worker: int) -> None:
                number = 0
                while not stop.is_set():
                    number += 1
                    row = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{worker} {number}"))
                    try:
                        answer = posting.post([event("unsubscribed", id=row)], f"{worker} {number}")
                    except httpx.HTTPError:
                        return
                    if answer.status_code == 200:
                        answered.add(row)

            with ThreadPoolExecutor(4) as pool:
                for worker in range(4):
                    pool.submit(post, worker)
                time.sleep(seconds)
                process.send_signal(signal.SIGKILL)
                process.wait()
                stop.set()
    finally:
        process.kill()
    assert answered
    Spool(home).close()
    sender = Sender(home, httpx.Client())
    assert answered <= {row["row_id"] for row in sender.rows(pattern="*.jsonl")}
    assert answered <= {one["row_id"] for one in sender.withdrawals()}
    assert not sender.rows(pattern="*.part")


def _wait_for(client: httpx.Client) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if client.get("/health").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError("the receiver didn't come up")


def test_one_receiver_a_home(home: Settings, tmp_path: Path) -> None:
    from cardinal.errors import CardinalError
    from cardinal.receiving.server import serve
    from cardinal.single_run import single_run

    home.outbox.mkdir(parents=True)
    with (
        single_run(home.outbox / "receiving.lock", CardinalError("held")),
        pytest.raises(CardinalError, match="another receiver is running"),
    ):
        serve(home, "127.0.0.1", 0, None)
