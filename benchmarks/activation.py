"""How long the difference of a million rows takes, and how fast rows reach a local HTTP server.

The table has a key, an e-mail and a phone. First everything is new and a destination in this process accepts it; then
one row in a hundred changed, one in two hundred left and as many came; then one in
fifty withdrew. Baselines, in the same run: a full join of both
sides that only counts, and the same requests posted by a bare loop without ledger. The server is a process of its own
that reads each request, parses it and answers.

    python -m benchmarks.activation --rows 1000000 --sent 100000
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb
import httpx

from cardinal.activation.declaration import Sync, parse_sync
from cardinal.activation.destination import Answer, Batch
from cardinal.activation.destinations.webhook import Webhook
from cardinal.activation.ledger import open_ledger
from cardinal.activation.planning import make_plan
from cardinal.activation.sending import apply_sync
from cardinal.receiving.events import unsubscribed
from cardinal.receiving.spool import Spool
from cardinal.settings import Settings

SECRET = b"a secret of the benchmark"
NO_GUARD = ("removals", "emptied", "invalid", "deviation", "stale")
PEOPLE = """
create or replace table marts.audience as
select
    'p' || lpad(cast(n as varchar), 24, '0') as person_id,
    'somebody' || n || if(n % 100 = {round}, '.new', '') || '@example.com' as email,
    '+668' || lpad(cast(n as varchar), 8, '0') as phone
from range({first}, {first} + {rows}) as people (n)
"""


class AcceptsAll:
    """A destination in this process."""

    def send(self, _batch: Batch) -> Answer:
        """Accept."""
        return Answer()

    def was_taken(self, _batch_key: str) -> bool | None:
        """It can't be asked."""
        return None

    def close(self) -> None:
        """Nothing is open."""


class Handler(BaseHTTPRequestHandler):
    """Reads, parses, answers."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take a batch."""
        json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serve(port: Connection) -> None:
    """Listen for ever on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port.send(server.server_port)
    server.serve_forever()


def sync_to(url: str, batch_rows: int) -> Sync:
    """Return the sync of the benchmark."""
    return parse_sync(
        "people",
        {
            "model": "marts.audience",
            "key": "person_id",
            "columns": {"email": "email", "phone": "phone"},
            "mode": "mirror",
            "destination": {"type": "webhook", "url": url},
            "delivery": {"batch_rows": batch_rows},
        },
    )


def publish(settings: Settings, rows: int, first: int, round_no: int) -> None:
    """Let the snapshot hold so many people."""
    settings.published.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.published / "serving.duckdb")) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute(PEOPLE.format(rows=rows, first=first, round=round_no))


def measure_difference(home: Path, rows: int) -> None:
    """Fill the ledger, change the table, and take the difference three times."""
    settings, sync = Settings(home), sync_to("http://127.0.0.1", 10_000)
    publish(settings, rows, 0, -1)
    started = time.perf_counter()
    apply_sync(settings, sync, lambda *_: None, despite=NO_GUARD, destination=AcceptsAll())
    print(f"| first load of {rows:,} rows, planned, accepted in this process, folded | {_since(started):.2f} | |")
    publish(settings, rows, rows // 200, 50)
    with open_ledger(settings.outbox) as ledger:
        ledger.execute("set threads = 2")
        snapshot = settings.published / "serving.duckdb"
        ledger.execute(f"attach '{snapshot}' as s (read_only)")
        started = time.perf_counter()
        ledger.execute(
            "select count(*), count(*) filter (where email is distinct from acked ->> 'email')"
            " from s.marts.audience full join state on key = person_id"
        ).fetchall()
        baseline = _since(started)
        ledger.execute("detach s")
        print(f"| baseline: a full join of both that compares one field | {baseline:.2f} | 1.0 |")
        seconds, cpu = [], []
        for _ in range(3):
            started, processor = time.perf_counter(), time.process_time()
            plan = make_plan(ledger, sync, snapshot)
            seconds.append(_since(started))
            cpu.append(time.process_time() - processor)
    best = min(seconds)
    print(
        f"| difference of {rows:,} rows, best of 3 ({min(cpu):.1f} core seconds) | {best:.2f} | {best / baseline:.1f} |"
    )
    print("  " + ", ".join(f"{action} {count:,}" for action, count in plan.counts.items() if count))
    measure_withdrawals(settings, sync, rows, baseline)


def measure_withdrawals(settings: Settings, sync: Sync, rows: int, baseline: float) -> None:
    """Let one in fifty have withdrawn since the build: the first plan finds out who they are, the next ones know."""
    spool = Spool(settings)
    spool.write([unsubscribed("people", f"p{n:024}", datetime.now(UTC)) for n in range(0, rows, 50)])
    spool.close()
    seconds = []
    with open_ledger(settings.outbox) as ledger:
        ledger.execute("set threads = 2")
        for _ in range(3):
            started = time.perf_counter()
            plan = make_plan(ledger, sync, settings.published / "serving.duckdb")
            seconds.append(_since(started))
    first, best = seconds[0], min(seconds[1:])
    withdrawn = f"{plan.counts['withdrawn']:,}"
    print(f"| the same with {withdrawn} withdrawn, the first time | {first:.2f} | {first / baseline:.1f} |")
    print(f"| the same again, better of 2 | {best:.2f} | {best / baseline:.1f} |")


def measure_sending(home: Path, rows: int, batch_rows: int) -> None:
    """Send to a server, with the ledger and without."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{here.recv()}"
    settings, sync = Settings(home), sync_to(url, batch_rows)
    publish(settings, rows, 0, -1)
    body = json.dumps(
        {"rows": [{"id": "0" * 36, "op": "add", "key": f"p{n:024}", "fields": {"email": f"somebody{n}@example.com",
         "phone": f"+668{n:08}"}} for n in range(batch_rows)]}
    ).encode()  # fmt: skip
    with httpx.Client() as client:
        started = time.perf_counter()
        for _ in range(rows // batch_rows):
            client.post(url, content=body)
        bare = _since(started)
    started, processor = time.perf_counter(), time.process_time()
    apply_sync(settings, sync, lambda *_: None, despite=NO_GUARD, destination=Webhook(url, SECRET, 30))
    seconds, cpu = _since(started), time.process_time() - processor
    server.terminate()
    print(f"| baseline: {rows:,} rows posted by a bare loop ({rows / bare:,.0f} rows/s) | {bare:.2f} | 1.0 |")
    speed, ratio = rows / seconds, seconds / bare
    what = f"{rows:,} rows sent, {batch_rows} a batch ({speed:,.0f} rows/s; {cpu:.1f} core seconds)"
    print(f"| {what} | {seconds:.2f} | {ratio:.1f} |")


def _since(started: float) -> float:
    return time.perf_counter() - started


def main() -> None:
    """Read the sizes from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--sent", type=int, default=100_000)
    parser.add_argument("--batch-rows", type=int, default=500)
    arguments = parser.parse_args()
    print("| what | seconds | x baseline |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        measure_sending(Path(folder) / "sending", arguments.sent, arguments.batch_rows)
        measure_difference(Path(folder) / "difference", arguments.rows)
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
